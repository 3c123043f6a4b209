//! Requests that are checked against the options before an application is asked: the answer is that of an entrance
//! which asks nobody.

use websocket_upgrade::ServerOptions;

use crate::answer::{Answer, undated};
use crate::entrance::Entrance;
use crate::http1::play;
use crate::http2::{Client, body, connect};

fn options() -> ServerOptions {
    let options = ServerOptions::new().subprotocol("chat").expect("a token").require_subprotocol();
    options.authorities(["server.example.com"]).expect("an authority")
}

type Fields = &'static [(&'static str, &'static str)];

/// The authority, the field lines that each version of HTTP has, and the status and the text of the refusal.
const REFUSED: [(&str, Fields, u16, &str); 6] = [
    ("server.example.com", &[("origin", "https://elsewhere.example"), CHAT], 403, "Origin: not allowed"),
    ("server.example.com", &[("origin", "null"), CHAT], 403, "Origin: not allowed"),
    ("elsewhere.example", &[CHAT], 421, "authority: "),
    ("server.example.com", &[], 400, "Sec-WebSocket-Protocol: "),
    ("server.example.com", &[("sec-websocket-protocol", "chat chat")], 400, "Sec-WebSocket-Protocol: "),
    ("server.example.com", &[CHAT, ("sec-websocket-extensions", "=")], 400, "Sec-WebSocket-Extensions: "),
];

const CHAT: (&str, &str) = ("sec-websocket-protocol", "chat");

/// A request over HTTP/1.1.
fn upgrade(authority: &str, fields: &[(&str, &str)]) -> String {
    let lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let lines = lines.concat();
    format!(
        "GET /chat HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n"
    )
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_a_foreign_origin_over_http_1() {
    for (authority, fields, status, text) in REFUSED {
        let request = upgrade(authority, fields);
        let expected = play(Entrance::Hyper, options(), request.as_bytes()).await;
        for entrance in Entrance::ASKING {
            let played = play(entrance, options(), request.as_bytes()).await;
            assert_eq!(played.asked, 0, "{entrance}: {fields:?}");
            assert_eq!(undated(&played.answer), undated(&expected.answer), "{entrance}: {fields:?}");
            let answer = Answer::parse(&played.answer).expect("an answer");
            assert_eq!(answer.status, status, "{entrance}: {fields:?}");
            assert!(answer.text().starts_with(text), "{entrance}: {}", answer.text());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_a_foreign_origin_over_http_2() {
    for (authority, fields, status, text) in REFUSED {
        let expected = refusal(Entrance::Hyper, authority, fields).await;
        assert_eq!((expected.0, expected.2.starts_with(text)), (status, true), "{}", expected.2);
        for entrance in Entrance::ASKING {
            assert_eq!(refusal(entrance, authority, fields).await, expected, "{entrance}: {fields:?}");
        }
    }
}

/// Returns the status, the fields and the text of the answer to a request about which nobody may be asked.
async fn refusal(
    entrance: Entrance,
    authority: &str,
    fields: &[(&str, &str)],
) -> (u16, Vec<(String, String)>, String) {
    let mut client = Client::connect(entrance, options()).await;
    let fields = [&[("sec-websocket-version", "13")], fields].concat();
    let request = connect(&format!("https://{authority}/chat"), &fields);
    let (response, stream) = client.send(request, false).await.expect("a legal request");
    let response = response.await.expect("an answer");
    assert_eq!(client.served.asked(), 0, "{entrance}: {fields:?}");
    let status = response.status().as_u16();
    let lines = response.headers().iter().filter(|(name, _)| *name != "date");
    let lines =
        lines.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    let lines = lines.collect();
    let text = String::from_utf8(body(response).await.expect("a body")).expect("text");
    drop(stream);
    client.leave().await;
    (status, lines, text)
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_asked_about_once() {
    for entrance in Entrance::ASKING {
        let played = play(entrance, options(), upgrade("server.example.com", &[CHAT]).as_bytes()).await;
        assert_eq!((played.asked, played.established.is_some()), (1, true), "{entrance}");

        let mut client = Client::connect(entrance, options()).await;
        let fields = [("sec-websocket-version", "13"), CHAT];
        let request = connect("https://server.example.com/chat", &fields);
        let (response, _stream) = client.send(request, false).await.expect("a legal request");
        assert_eq!(response.await.expect("an answer").status(), 200, "{entrance}");
        assert_eq!(client.served.asked(), 1, "{entrance}");
    }
}
