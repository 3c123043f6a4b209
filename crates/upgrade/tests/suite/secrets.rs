//! Checks that no text has a secret: a marker is in every place of secrets, in every kind of failure.

use std::error::Error;
use std::fmt::{Debug, Display};

use websocket_upgrade::{ClientOptions, Rejection, ServerOptions};

use super::collector::events;
use super::model::{Client, Decision, FRAME, RESPONSE, Server, Then, key_of};
use super::report::{Outcome, holds, run};
use crate::driver;

const SECRET: &str = "s3cr3t";

/// A valid request, except for the frames after it, with secrets in all places.
const REQUEST: &str = "GET /chat?token=s3cr3t HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Cookie: id=s3cr3t\r\nAuthorization: Bearer s3cr3t\r\nProxy-Authorization: Basic s3cr3t\r\n\
    Sec-WebSocket-Protocol: chat, s3cr3t\r\nSec-WebSocket-Extensions: x-test; a=s3cr3t\r\nX-Token: s3cr3t\r\n\r\n";

/// What is replaced in it, and by what.
const FAULTS: [(&str, &str, &str); 29] = [
    ("nothing", "", ""),
    ("a space in the query", "token=s3cr3t", "token=a s3cr3t"),
    ("a space before the query's end", "s3cr3t HTTP", "s3cr3t b HTTP"),
    ("a byte that no target has", "token=", "token=\u{7f}"),
    ("a fragment", "?token=", "#"),
    ("no version", "s3cr3t HTTP/1.1", "s3cr3t"),
    ("a line end in the target", "token=", "token=\r\n"),
    ("no slash before the path", "/chat?", "chat?"),
    ("user information in the target", "/chat?token=s3cr3t", "http://user:s3cr3t@server.example.com/"),
    (
        "a password with a slash in the target",
        "/chat?token=s3cr3t",
        "http://user:a/s3cr3t@server.example.com/",
    ),
    ("a scheme with one slash", "/chat?token=s3cr3t", "http:/user:s3cr3t@server.example.com/"),
    ("a scheme that is none", "/chat?token=s3cr3t", "?s3cr3t://server.example.com/"),
    ("user information in Host", "Host: ", "Host: user:s3cr3t@"),
    ("a URL in Host", "Host: ", "Host: http://user:s3cr3t@"),
    ("a query in Host", "example.com\r", "example.com?s3cr3t\r"),
    ("no port in Host", "example.com\r", "example.com:s3cr3t\r"),
    ("no colon", "Authorization: Bearer", "Authorization Bearer"),
    ("no colon, and one behind it", "Authorization: Bearer s3cr3t", "Authorization Bearer s3cr3t: a"),
    ("a line end in a cookie", "id=s3cr3t", "id=\r\ns3cr3t=; Path=/"),
    ("a fold in a cookie", "id=s3cr3t", "id=\r\n s3cr3t"),
    ("a control character in a cookie", "id=", "id=\0"),
    ("a key of another length", "dGhlIHNhbXBsZSBub25jZQ==", "s3cr3t"),
    ("a key with another character", "dGhlIHNhbXBsZSBub25jZQ==", "s3cr3ts3cr3ts3cr3ts3cr3*"),
    ("a subprotocol that is no token", "chat, s3cr3t", "chat, Bearer s3cr3t"),
    ("a subprotocol with a slash", "chat, s3cr3t", "s3cr3t/a"),
    ("extensions without a value", "a=s3cr3t", "a=; b=s3cr3t"),
    ("a value of extensions in quotes", "a=s3cr3t", "a=\"b s3cr3t\""),
    ("an origin with user information", "X-Token: ", "Origin: https://user:s3cr3t@a.example\r\nX-Token: "),
    ("an origin with a query", "X-Token: ", "Origin: https://a.example?s3cr3t\r\nX-Token: "),
];

/// Returns Display, both forms of Debug, and the same of all causes.
fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        texts.extend([error.to_string(), format!("{error:?}"), format!("{error:#?}")]);
        cause = error.source();
    }
    texts
}

fn hidden<T: Display>(texts: impl IntoIterator<Item = T>) -> Outcome {
    texts
        .into_iter()
        .map(|text| text.to_string())
        .try_for_each(|text| holds(!text.contains(SECRET), || format!("it is shown: {text}")))
}

fn no_debug(value: &impl Debug) -> Outcome {
    hidden([format!("{value:?}"), format!("{value:#?}")])
}

fn server_options() -> ServerOptions {
    let options = ServerOptions::new().subprotocol("superchat").expect("a token").extension("x-b");
    options.and_then(|options| options.header("Set-Cookie", "id=s3cr3t")).expect("legal options")
}

#[test]
fn of_a_request() {
    run(
        "requests",
        &FAULTS,
        |(name, ..)| (*name).to_owned(),
        |(_, from, to)| {
            let request = REQUEST.replacen(from, to, 1);
            let bytes = [request.as_bytes(), FRAME, SECRET.as_bytes()].concat();
            let client = Client { closes: true, ..Client::new(&bytes) };
            let (events, served) = events(|| driver::accept(&client, &server_options()));
            hidden(events)?;
            match &served.outcome {
                // The agreed settings are not secret.
                Ok(established) => no_debug(&established.settings),
                Err(error) => {
                    hidden(texts(error))?;
                    hidden([String::from_utf8_lossy(&served.answer)])
                }
            }
        },
    );
}

#[test]
fn of_what_an_application_decides() {
    let rejection = Rejection::new(401).expect("a status").header("X-Token", SECRET).expect("a header");
    let rejection = rejection.body(SECRET);
    no_debug(&rejection).expect("no secret");
    no_debug(&server_options()).expect("no secret");
    for decision in [Decision::Accept, Decision::Reject(rejection), Decision::Drop] {
        let headers = [("Set-Cookie", "id=s3cr3t")];
        let client = Client { closes: true, ..Client::new(REQUEST.as_bytes()) };
        let (events, served) = events(|| driver::receive(&client, &server_options(), &headers, decision));
        hidden(events).expect("no secret");
        assert!(served.outcome.is_ok_and(|decided| decided.is_upgrade));
    }
}

fn client_options() -> ClientOptions {
    let options = ClientOptions::new().subprotocol("chat").and_then(|options| options.subprotocol(SECRET));
    let options = options.and_then(|options| options.extension("x-test"));
    let options = options.and_then(|options| options.header("Cookie", "id=s3cr3t"));
    let options = options.and_then(|options| options.sensitive_header("X-Token", SECRET));
    options.and_then(|options| options.header("Proxy-Authorization", "Basic s3cr3t")).expect("legal options")
}

#[test]
fn of_a_url() {
    let cases = [
        "wss//user:s3cr3t@server.example.com/",
        "user:s3cr3t@server.example.com",
        "user:s3cr3t://server.example.com",
        "?s3cr3t://server.example.com",
        "http://user:s3cr3t@server.example.com/",
        "ws:/user:s3cr3t@server.example.com/",
        "ws://user:s3cr3t@server.example.com:99999/?s3cr3t",
        "ws://user:s3cr3t@server.example.com:a/?s3cr3t",
        "ws://user:s3cr3t@/?s3cr3t",
        "ws://user:s3cr3t@[::1/?s3cr3t",
        "ws://user:s3cr3t@a b/?s3cr3t",
        "ws://user:s3cr3t@gr\u{fc}n.example/?s3cr3t",
        "ws://us er:s3cr3t@server.example.com/",
        "ws://us%zz:s3cr3t@server.example.com/",
        "ws://user:pass/s3cr3t@server.example.com/",
        "ws://user:s3cr3t/word@server.example.com/",
        "ws://user:1s3cr3t?word@server.example.com/",
        "ws://server.example.com/?token=%zzs3cr3t",
        "ws://server.example.com/%z?s3cr3t",
        "ws://server.example.com/?token=a s3cr3t",
        "ws://server.example.com/?token=s3cr3t#s3cr3t",
        "ws://server.example.com:s3cr3t",
        // The secret is in the request twice.
        "ws://user:s3cr3t@server.example.com/?s3cr3t",
    ];
    run(
        "URLs",
        &cases,
        |url| (*url).to_owned(),
        |url| {
            let options = client_options().header("Authorization", "Bearer s3cr3t").expect("legal");
            let response = format!("{RESPONSE}\r\n");
            let server = Server::new(response.as_bytes(), Then::Silence);
            let (events, connected) = events(|| driver::upgrade_on(url, &options, &server));
            hidden(events)?;
            let error = connected.outcome.err().ok_or("accepted")?;
            hidden(texts(&error))?;
            no_debug(error.report())?;
            hidden(texts_of_reason(&error))
        },
    );
}

/// Returns the texts of the causes, which the text of the reason repeats.
fn texts_of_reason(error: &websocket_upgrade::ConnectError) -> Vec<String> {
    vec![error.reason().to_string(), format!("{:?}", error.reason()), error.report().to_string()]
}

#[test]
fn of_a_response() {
    let with = |more: &str| format!("{RESPONSE}Set-Cookie: id=s3cr3t\r\nX-Token: s3cr3t\r\n{more}\r\n");
    let cases = [
        with(""),
        with("Sec-WebSocket-Protocol: chat, s3cr3t\r\n"),
        with("Sec-WebSocket-Protocol: S3CR3T\r\n"),
        with("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: s3cr3t\r\n"),
        with("Sec-WebSocket-Extensions: x-test; a=s3cr3t\r\n"),
        with("Sec-WebSocket-Extensions: x-test; a=\"b s3cr3t\"\r\n"),
        with("Location /?s3cr3t: a\r\n"),
        with("Location: /\0?s3cr3t\r\n"),
        with("").replace("101 Switching Protocols", "1O1 Switching s3cr3t"),
        with("").replace("101 Switching Protocols", "302 Found").replace("X-Token: ", "Location: /?"),
        with("").replace("101 Switching Protocols", "401 s3cr3t").replace("X-Token", "WWW-Authenticate"),
        "SSH-2.0-s3cr3t\r\n".to_owned(),
    ];
    run("responses", &cases, Clone::clone, |response| {
        let options = client_options();
        no_debug(&options)?;
        let server = Server::new(response.as_bytes(), Then::Close);
        let url = "ws://user:s3cr3t@server.example.com/chat?token=s3cr3t";
        let (said, connected) = events(|| driver::upgrade_on(url, &options, &server));
        hidden(&said)?;
        // The key of a finished handshake is not shown either.
        let key = key_of(&connected.request).ok_or("no key")?;
        let no_key = |text: &String| holds(!text.contains(&key), || format!("the key is shown: {text}"));
        match &connected.outcome {
            Ok(established) => no_debug(&established.settings),
            Err(error) => {
                hidden(texts(error))?;
                hidden(texts_of_reason(error))?;
                texts(error).iter().chain(&texts_of_reason(error)).chain(&said).try_for_each(no_key)
            }
        }
    });
}

/// The server sends the key back.
#[test]
fn of_a_key() {
    let response = RESPONSE.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "dGhlIHNhbXBsZSBub25jZQ==") + "\r\n";
    let server = Server::new(response.as_bytes(), Then::Close);
    let connected = driver::upgrade_on("ws://server.example.com/", &ClientOptions::new(), &server);
    let error = connected.outcome.expect_err("another accept value");
    let text = error.to_string();
    assert!(text.contains("got 24 bytes") && !text.contains("dGhlIHNhbXBsZSBub25jZQ=="), "{text}");
}

#[test]
fn of_options() {
    let errors = [
        ClientOptions::new().header("Cookie: s3cr3t", "").err(),
        ClientOptions::new().header("Cookie", "s3cr3t\n").err(),
        ClientOptions::new().sensitive_header("Bearer s3cr3t", "").err(),
        ClientOptions::new().subprotocol("Bearer s3cr3t").err(),
        ClientOptions::new().subprotocol(SECRET).and_then(|options| options.subprotocol(SECRET)).err(),
        ClientOptions::new().extension("x; a=s3cr3t").err(),
        ClientOptions::new().origin("https://user:s3cr3t@a.example").err(),
        ClientOptions::new().origin("https://*.a.example/?s3cr3t").err(),
        ClientOptions::new().basic_authorization("a:b", SECRET).err(),
        ClientOptions::new().bearer_token("s3cr3t\n").err(),
        ServerOptions::new().origin("https://a.example?s3cr3t").err(),
        websocket_upgrade::Origins::same().trusted_proxy("http://user:s3cr3t@10.0.0.1").err(),
    ];
    for (at, error) in errors.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("number {at} is legal"));
        hidden(texts(&error)).expect("no secret");
    }
}
