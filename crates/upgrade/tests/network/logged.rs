//! The log at its most verbose: the events of all crates, over redirects, proxies and refusals.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Once};

use base64::prelude::{BASE64_STANDARD, Engine};
use tokio::io::AsyncWriteExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, callsite, subscriber};
use websocket_upgrade::cookies::MemoryJar;
use websocket_upgrade::{ClientOptions, OptionsError, create_upgrade_request};

use crate::certificates::trusting;
use crate::peers::{Servers, accept, bind, read_head, redirect, refuse};

thread_local! {
    /// The text of events on this thread, while it is recorded.
    static SAID: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Keeps the text of every event and span of all crates. The process has one collector, since `tracing` remembers the
/// answer of the first thread that reached a callsite.
struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        keep(span.metadata(), |text| span.record(text));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        SAID.with_borrow_mut(|said| said.iter_mut().for_each(|said| said.push(text.0.clone())));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        keep(event.metadata(), |text| event.record(text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn keep(metadata: &Metadata<'_>, record: impl FnOnce(&mut Text)) {
    let mut text = Text(format!("{} {} ", metadata.target(), metadata.name()));
    record(&mut text);
    SAID.with_borrow_mut(|said| said.iter_mut().for_each(|said| said.push(text.0.clone())));
}

/// Records crates that use the crate `log` as well.
impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}", record.target(), record.args());
        SAID.with_borrow_mut(|said| said.iter_mut().for_each(|said| said.push(line.clone())));
    }

    fn flush(&self) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").expect("text");
    }
}

/// Records events from now on, until [`said`].
fn listen() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        subscriber::set_global_default(Collector).expect("the only one");
        log::set_logger(&Collector).expect("the only one");
        log::set_max_level(log::LevelFilter::Trace);
        // Another thread may have just reached a callsite.
        callsite::rebuild_interest_cache();
    });
    SAID.set(Some(Vec::new()));
}

fn said() -> Vec<String> {
    SAID.take().unwrap_or_default()
}

const PLAIN: [&str; 9] = [
    "s-password",
    "s-query",
    "s-cookie",
    "s-set-cookie",
    "s-token",
    "s-key",
    "s-proxy",
    "s-location",
    "s-body",
];

/// Checks that the log has none of the secrets and no key, and has each of the expected texts.
fn judge(said: &[String], servers: &Servers, expected: &[&str]) {
    let encoded = ["user:s-password", "user:s-proxy"].map(|plain| BASE64_STANDARD.encode(plain));
    let asked = servers.asked();
    let keys = asked.iter().filter_map(|asked| asked.field("Sec-WebSocket-Key"));
    let secrets: Vec<&str> =
        PLAIN.into_iter().chain(encoded.iter().map(String::as_str)).chain(keys).collect();
    for line in said {
        let leaked: Vec<_> = secrets.iter().filter(|secret| line.contains(**secret)).collect();
        assert!(leaked.is_empty(), "{leaked:?} are in {line}");
    }
    for expected in expected {
        assert!(said.iter().any(|line| line.contains(expected)), "{expected:?} is not in {said:?}");
    }
}

fn known(options: ClientOptions) -> Result<ClientOptions, OptionsError> {
    let options = options.header("Cookie", "id=s-cookie")?.sensitive_header("X-Key", "s-key")?;
    Ok(options.subprotocol("s-token")?.cookies(Arc::new(MemoryJar::new())))
}

#[tokio::test]
async fn over_redirects_and_refusals() {
    let set = "Set-Cookie: id=s-set-cookie\r\n";
    let answers = [
        redirect(302, &format!("/next?s-location\r\n{}", set.trim_end())),
        redirect(307, "https://user:s-location@b.example/?s-location"),
        refuse(401, set, "s-body"),
        refuse(503, set, "s-body"),
    ];
    for (count, word) in [(0, "established"), (1, "established"), (4, "refused")] {
        let servers = Servers::in_order(&answers[..count]);
        let options = known(servers.client().redirects(2)).expect("options");
        let options = options.on_unauthorized(|_| async {
            Some(http::HeaderMap::from_iter([(
                http::header::AUTHORIZATION,
                "s-token".parse().expect("a value"),
            )]))
        });
        listen();
        let url = "ws://user:s-password@a.example/?token=s-query";
        let connected = create_upgrade_request(url, &options).await;
        let said = said();
        judge(&said, &servers, &["websocket_upgrade", "role=\"client\"", word]);
        assert_eq!(connected.is_ok(), count < 4);
    }
}

#[tokio::test]
async fn through_a_proxy() {
    for (answer, word) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "established"),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: s-token\r\nContent-Length: 6\r\n\r\ns-body", "status=407"),
        ("s-token s-token\r\n\r\n", "proxy"),
        ("", "proxy"),
    ] {
        let servers = Servers::in_order(&[]);
        let (listener, address) = bind().await;
        let options = ClientOptions::new().proxy(&format!("http://user:s-proxy@{address}")).expect("a proxy");
        let options = known(options.tls_config(trusting())).expect("options");
        let serve = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            read_head(&mut stream).await.expect("a request");
            stream.write_all(answer.as_bytes()).await.expect("a client");
            if word == "established" {
                let head = read_head(&mut stream).await.expect("a request");
                stream.write_all(accept(&head, "").as_bytes()).await.expect("a client");
            }
        };
        listen();
        let url = "ws://user:s-password@name.invalid/?token=s-query";
        let (connected, ()) = tokio::join!(create_upgrade_request(url, &options), serve);
        judge(&said(), &servers, &["websocket_upgrade", word]);
        assert_eq!(connected.is_ok(), word == "established");
    }
}

#[tokio::test]
async fn where_it_does_not_begin() {
    let servers = Servers::in_order(&[]);
    for (url, word) in [
        ("ws://user:s-password@/?s-query", "uri"),
        ("ftp://user:s-password@a.example/?s-query", "uri"),
        ("ws://user:s-password@a.example:99999/?s-query", "uri"),
        ("ws://user:s-password@a.example/?s-query#s-token", "uri"),
        ("ws://user:s-password@a.example/", "options"),
    ] {
        let options = known(servers.client()).and_then(|options| options.bearer_token("s-token"));
        listen();
        create_upgrade_request(url, &options.expect("options")).await.expect_err(url);
        judge(&said(), &servers, &["websocket_upgrade", word]);
    }
}
