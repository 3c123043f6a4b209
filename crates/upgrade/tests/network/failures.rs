//! The error of a failed connection: two lines of text, one object for machines, and no secrets in either.

use std::collections::BTreeSet;
use std::io;

use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use websocket_upgrade::{
    ClientOptions, ConnectError, OptionsError, Phase, blocking, create_upgrade_request, upgrade_on,
};

use crate::certificates::trusting;
use crate::peers::{Servers, bind, read_head, redirect, refuse};

const URL: &str = "ws://user:s-password@a.example/path?token=s-query";

/// A long text of ASCII and other control characters, of Unicode's line breaks, and of those that reverse the
/// direction.
fn nasty() -> String {
    "no\n\r\x1b[2J\u{85}\u{2028}\u{202e}way ".repeat(1000)
}

fn options(options: ClientOptions) -> Result<ClientOptions, OptionsError> {
    options.header("Cookie", "id=s-cookie")?.sensitive_header("X-Key", "s-key")
}

async fn failed(url: &str, with: ClientOptions) -> ConnectError {
    let options = options(with).expect("options");
    create_upgrade_request(url, &options).await.expect_err("no connection")
}

async fn answered(answer: String, with: impl FnOnce(ClientOptions) -> ClientOptions) -> ConnectError {
    let servers = Servers::new(move |_, _| answer.clone());
    failed(URL, with(servers.client())).await
}

/// Returns the error with a proxy that answers like this.
async fn proxied(scheme: &str, answer: &[u8]) -> ConnectError {
    let (listener, address) = bind().await;
    let proxy = format!("{scheme}://user:s-password@{address}");
    let options = ClientOptions::new().proxy(&proxy).expect("a proxy");
    let serve = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        if scheme == "http" {
            read_head(&mut stream).await.expect("a request");
        }
        stream.write_all(answer).await.expect("a client");
        stream.shutdown().await.expect("a client");
        // The client may leave in any way.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    tokio::join!(serve, failed(URL, options)).1
}

async fn on_transport(error: Option<io::Error>) -> ConnectError {
    let error = std::sync::Mutex::new(error);
    let error = std::sync::Arc::new(error);
    let service = tower::service_fn(move |_: http::Uri| {
        let error = error.lock().expect("an error").take();
        // A stream whose other end is gone.
        let stream = TokioIo::new(duplex(1).0);
        std::future::ready(error.map_or(Ok::<TokioIo<DuplexStream>, io::Error>(stream), Err))
    });
    failed(URL, ClientOptions::new().transport(service)).await
}

/// Returns an error of every kind. A process without a crypto provider has its own test.
async fn every_kind() -> Vec<ConnectError> {
    let long = format!("/{}?token=s-query", "x".repeat(10_000));
    let body = nasty();
    let mut all = vec![
        failed("ws://user:s-password@/?s-query", ClientOptions::new()).await,
        failed("http://user:s-password@a.example/?s-query", ClientOptions::new()).await,
        failed(URL, ClientOptions::new().bearer_token("s-token").expect("a token")).await,
        on_transport(Some(io::Error::other(nasty()))).await,
        on_transport(None).await,
        proxied("http", b"").await,
        proxied(
            "http",
            format!("HTTP/1.1 407 No\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        )
        .await,
        proxied("socks5", b"\x05\xff").await,
        answered(refuse(403, "X: y\r\n", &body), |options| options).await,
        answered(refuse(403, "Set-Cookie: id=s-cookie\r\n", ""), |options| options).await,
        answered(redirect(302, &long), |options| options).await,
        answered(redirect(302, &long), |options| options.redirects(20)).await,
        answered(refuse(302, "", &body), |options| options.redirects(1)).await,
        answered("HTTP/1.1 101 s-token\r\nUpgrade: s-token\r\n\r\n".into(), |options| options).await,
        answered("\x1b[2J\n\n".into(), |options| options).await,
        answered(refuse(401, "", &body), |options| {
            options.on_unauthorized(|_| async {
                Some(http::HeaderMap::from_iter([(http::header::HOST, "s-token".parse().expect("a value"))]))
            })
        })
        .await,
    ];
    let servers = Servers::in_order(&[redirect(302, "ws://a.example/")]);
    all.push(failed("wss://a.example/", servers.client().redirects(1)).await);
    let other = ClientOptions::new().proxy("http://user:s-password@127.0.0.1:1").expect("a proxy");
    all.push(blocking::create_upgrade_request(URL, &other).expect_err("a proxy"));
    // A server with another name, after several redirects.
    let servers = Servers::new(move |_, _| redirect(307, "https://c.example/?token=s-query"));
    all.push(failed(URL, servers.client().redirects(1)).await);
    // A server that does not answer.
    let (near, _far) = duplex(1024);
    let options = options(ClientOptions::new().deadline(std::time::Duration::ZERO)).expect("options");
    all.push(upgrade_on(near, URL, &options).await.expect_err("no time"));
    all
}

/// Every label, in the order of the variants, without that of a process without a provider.
const LABELS: [&str; 15] = [
    "uri",
    "options",
    "unsupported",
    "connect",
    "proxy",
    "proxy_refused",
    "tls",
    "io",
    "deadline",
    "refused",
    "redirect_too_many",
    "redirect_downgrade",
    "redirect_location",
    "answer",
    "response",
];

#[tokio::test]
async fn one_line_and_another_with_the_report() {
    let all = every_kind().await;
    let labels: BTreeSet<_> = all.iter().map(|error| error.reason().label()).collect();
    assert_eq!(labels, LABELS.into_iter().collect(), "every kind is there");
    for error in &all {
        let text = format!("{error:#}");
        let lines: Vec<_> = text.split('\n').collect();
        assert!(lines.len() == 2 && lines.iter().all(|line| !line.is_empty()), "{text:?}");
        for line in &lines {
            assert!(
                !line.contains(|char: char| char.is_control() || "\u{2028}\u{202e}".contains(char)),
                "{line:?}"
            );
            assert!(line.len() < 2500, "{} bytes: {line}", line.len());
        }
        let (phase, way) = lines[1].split_once(": ").unwrap_or((lines[1], ""));
        assert_eq!((phase, way), (&*format!("phase {}", error.phase()), &*error.report().to_string()));
        assert_eq!(lines[0], format!("{:#}", error.reason()));
        assert!(!lines[0].ends_with(": ") && !lines[1].ends_with([' ', ',']), "{text:?}");
        let line = error.to_string();
        assert_eq!(line, error.reason().to_string());
        assert!(!line.contains('\n') && !line.ends_with(": ") && line.len() < 2500, "{line:?}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            assert!(!line.contains(&cause.to_string()), "{line:?} repeats {cause:?}");
            source = cause.source();
        }
    }
}

const SECRETS: [&str; 6] = ["s-password", "s-query", "s-cookie", "s-key", "s-token", "Sec-WebSocket-Key"];

#[tokio::test]
async fn no_secret_is_shown_or_written_down() {
    for error in every_kind().await {
        let written = serde_json::to_string(&error).expect("JSON");
        for text in [
            error.to_string(),
            format!("{error:#}"),
            format!("{error:?}"),
            format!("{:?}", error.report()),
            written,
        ] {
            // The error shows a wrong value in a field of the handshake, which is not secret.
            let own = if error.reason().label() == "response" { &SECRETS[..4] } else { &SECRETS[..] };
            let leaked: Vec<_> = own.iter().filter(|secret| text.contains(**secret)).collect();
            assert!(leaked.is_empty(), "{leaked:?} are in {text}");
        }
    }
}

#[tokio::test]
async fn it_is_written_down_as_a_whole() {
    let servers = Servers::in_order(&[
        redirect(302, "ws://user:s-password@b.example/there?token=s-query"),
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 503 No\r\nRetry-After: 7\r\n\
        Set-Cookie: id=s-cookie; Secure\r\nContent-Length: 19\r\n\r\nlater, p\u{fc}nktlich \u{1b}"
            .into(),
    ]);
    let mut error = serde_json::to_value(failed(URL, servers.client().redirects(1)).await).expect("JSON");
    let Some(Value::Object(times)) = error.pointer_mut("/report/times").map(Value::take) else {
        panic!("no times: {error}")
    };
    assert_eq!(times.keys().map(String::as_str).collect::<Vec<_>>(), ["connect", "handshake"]);
    assert!(times.values().all(|time| time.as_f64().is_some_and(|time| (0.0..60.0).contains(&time))));
    let expected = json!({
        "phase": "handshake",
        "reason": "refused",
        "message": "refused with status 503: later, p\u{fc}nktlich \\u{1b}",
        "retry": true,
        "refused": {
            "head": {
                "status": 503,
                "headers": [["Retry-After", "7"], ["Set-Cookie", "id=..."], ["Content-Length", "19"]],
            },
            "body": "later, p\u{fc}nktlich \u{1b}",
            "truncated": false,
        },
        "interim": [{ "status": 103, "headers": [["Link", "</a>"]] }],
        "report": {
            "url": "ws://b.example/there",
            "redirects": [{ "status": 302, "from": "ws://a.example/path", "to": "ws://b.example/there" }],
            "fallback": null,
            "proxy": null,
            "remote_address": null,
            "tls": null,
            "times": null,
        },
    });
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_proxy_and_tls_are_in_it() {
    let error =
        serde_json::to_value(proxied("http", b"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno").await);
    let error = error.expect("JSON");
    let at = |pointer: &str| error.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!((at("/phase").as_str(), at("/reason").as_str()), ("proxy", "proxy_refused"));
    assert_eq!(error.pointer("/refused/head/status"), Some(&json!(407)));
    assert_eq!(at("/report/proxy"), format!("http://{}", at("/report/remote_address")));

    let servers = Servers::in_order(&[refuse(403, "", "no")]);
    let error = serde_json::to_value(failed("wss://a.example/", servers.client()).await).expect("JSON");
    assert_eq!(error.pointer("/report/tls/version"), Some(&json!("TLS 1.3")));
    let subject = error.pointer("/report/tls/subject").and_then(Value::as_str).expect("a subject");
    assert!(subject.contains("rcgen"), "{error}");
}

/// A success has the same times, and can be serialised too.
#[tokio::test]
async fn a_success_has_the_same_report() {
    let servers = Servers::in_order(&[redirect(307, "/next")]);
    let address = servers.listen().await;
    let options =
        options(ClientOptions::new().no_proxy().redirects(1).tls_config(trusting())).expect("options");
    let url = format!("ws://user:s-password@{address}/?token=s-query");
    let upgraded = create_upgrade_request(&url, &options).await.expect("accepted");
    let report = upgraded.report();
    assert_eq!((report.url.clone(), report.redirects.len()), (format!("ws://{address}/next"), 1));
    assert_eq!(report.remote_address.map(|remote| remote.to_string()), Some(address.clone()));
    let phases: Vec<_> = report.times.iter().map(|(phase, _)| phase).collect();
    assert_eq!(phases, [Phase::Connect, Phase::Handshake]);
    let sum: std::time::Duration = report.times.iter().map(|(_, time)| time).sum();
    assert_eq!(report.times.total(), sum);
    let (line, written) = (report.to_string(), serde_json::to_string(&report).expect("JSON"));
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(
        SECRETS.iter().all(|secret| !line.contains(secret) && !written.contains(secret)),
        "{line} {written}"
    );
}
