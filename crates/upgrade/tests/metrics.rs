//! The metrics: every handshake is counted once, with labels from a fixed set.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::axum::Router;
use ::axum::http::StatusCode;
use ::axum::middleware::map_response;
use ::axum::response::Response;
use ::axum::routing::any;
use ::hyper::ext::Protocol;
use ::hyper::server::conn::http1;
use ::hyper_util::rt::TokioIo;
use ::hyper_util::service::TowerToHyperService;
use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, duplex, join, sink};
use ::tokio::runtime::Builder;
use http::{Method, Request, Version};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::metrics::{HANDSHAKES, SECONDS, describe};
use websocket_upgrade::tower::RefusalLayer;
use websocket_upgrade::{
    Rejected, Rejection, ServerOptions, Socket, accept, handle_upgrade_request, hyper, receive, respond,
};

/// Records counts by name and labels, and the times in seconds.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    counts: BTreeMap<String, u64>,
    seconds: Vec<(String, f64)>,
    described: Vec<String>,
}

impl Kept {
    fn with<T>(&self, each: impl FnOnce(&mut State) -> T) -> T {
        each(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.with(|state| state.described.push(name.as_str().to_owned()));
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.with(|state| state.described.push(name.as_str().to_owned()));
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.with(|state| state.described.push(name.as_str().to_owned()));
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Named(self.clone(), name(key))))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("no gauge: {key}")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Named(self.clone(), name(key))))
    }
}

/// Returns name and labels.
fn name(key: &Key) -> String {
    let labels: Vec<String> =
        key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
    format!("{} {}", key.name(), labels.join(" "))
}

struct Named(Kept, String);

impl CounterFn for Named {
    fn increment(&self, value: u64) {
        self.0.with(|state| *state.counts.entry(self.1.clone()).or_default() += value);
    }

    fn absolute(&self, value: u64) {
        panic!("{value} of {}", self.1)
    }
}

impl HistogramFn for Named {
    fn record(&self, value: f64) {
        self.0.with(|state| state.seconds.push((self.1.clone(), value)));
    }
}

/// Returns what `work` has recorded: the labels of its one counter, and whether there is a time.
fn counted(work: impl AsyncFnOnce()) -> String {
    let kept = Kept::default();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    with_local_recorder(&kept, || runtime.block_on(work()));
    kept.with(|state| {
        assert_eq!(state.counts.values().sum::<u64>(), 1, "{state:?}");
        let counter = state.counts.keys().next().expect("one");
        let labels = counter.strip_prefix(HANDSHAKES).expect("the counter").trim_start();
        let [(histogram, seconds)] = &state.seconds[..] else {
            assert!(state.seconds.is_empty(), "{state:?}");
            return format!("{labels} untimed");
        };
        assert!((0.0..60.0).contains(seconds), "{state:?}");
        let shared = histogram.strip_prefix(SECONDS).expect("the histogram").trim_start();
        assert!(shared.split(' ').all(|label| labels.split(' ').any(|other| other == label)), "{state:?}");
        labels.to_owned()
    })
}

fn labels(result: &str, reason: &str, version: &str, subprotocol: &str) -> String {
    format!("result={result} reason={reason} http_version={version} subprotocol={subprotocol}")
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: s3cret, chat\r\n\r\n";

fn options() -> ServerOptions {
    ServerOptions::new().subprotocol("chat").expect("a token")
}

#[test]
fn every_handshake_of_the_raw_driver_is_counted_once() {
    let cases = [
        ("", "", "accepted", "", "chat"),
        ("s3cret, chat", "s3cret", "accepted", "", ""),
        ("Version: 13", "Version: 8", "rejected", "version_unsupported", ""),
        ("Upgrade: websocket", "Upgrade: s3cret", "rejected", "not_upgrade", ""),
        ("Host: a.example\r\nUpgrade: websocket\r\n", "", "rejected", "host_missing", ""),
        (
            "Host: a.example",
            "Host: a.example\r\nOrigin: https://s3cret",
            "rejected",
            "origin_not_allowed",
            "",
        ),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "rejected", "key_missing", ""),
        ("GET /", "G(T /", "rejected", "syntax", ""),
        ("\r\n\r\n", "\r\n", "rejected", "deadline", ""),
    ];
    for (from, to, result, reason, subprotocol) in cases {
        let request = REQUEST.replacen(from, to, 1);
        for (decides, checks) in [(false, false), (true, false), (true, true)] {
            let got = counted(async || {
                let (mut client, server) = duplex(4096);
                client.write_all(request.as_bytes()).await.expect("room");
                if decides {
                    let incoming = match receive(server, &options()).await {
                        Ok(incoming) if checks => incoming.check(&options()).await,
                        received => received,
                    };
                    if let Ok(incoming) = incoming {
                        let _ = incoming.accept(&options()).await;
                    }
                } else {
                    let _ = accept(server, &options()).await;
                }
            });
            assert_eq!(got, labels(result, reason, "1.1", subprotocol), "{from:?} as {to:?}, {checks}");
        }
    }
}

#[test]
fn what_the_application_the_gate_and_the_network_do_is_counted() {
    let decided = |drops| {
        counted(async || {
            let (mut client, server) = duplex(4096);
            client.write_all(REQUEST.as_bytes()).await.expect("room");
            let incoming = receive(server, &options()).await.expect("a request");
            if drops {
                drop(incoming);
            } else {
                client.shutdown().await.expect("a stream in memory");
                incoming.reject(Rejection::new(401).expect("a status")).await.expect("sent");
            }
        })
    };
    assert_eq!(decided(false), labels("rejected", "application", "1.1", ""));
    assert_eq!(decided(true), labels("rejected", "application", "1.1", ""));

    for (gate, drains, reason) in [
        (GateOptions::new().total(0), false, "gate_total"),
        (GateOptions::new().per_peer(0), false, "gate_per_peer"),
        (GateOptions::new(), true, "gate_draining"),
    ] {
        let got = counted(async || {
            let gate = Gate::new(gate);
            if drains {
                gate.drain();
            }
            let address = "192.0.2.1".parse::<IpAddr>().expect("an address");
            gate.accept(duplex(4096).1, address, &options()).await.expect_err("turned away");
        });
        assert_eq!(got, labels("rejected", reason, "1.1", "") + " untimed");
    }

    let silent = counted(async || {
        let (_client, server) = duplex(16);
        accept(server, &options()).await.expect_err("overdue");
    });
    assert_eq!(silent, labels("rejected", "deadline", "1.1", "") + " untimed");

    let overdue = counted(async || {
        let (_client, server) = duplex(16);
        let mut admitted = Gate::default().admit(server, None).expect("room");
        admitted.read_u8().await.expect_err("overdue");
        admitted.read_u8().await.expect_err("still");
    });
    assert_eq!(overdue, labels("broken", "deadline", "1.1", "") + " untimed");

    let broken = counted(async || {
        let begun = (&b"GET / HT"[..]).chain(Reset);
        accept(join(begun, sink()), &options()).await.expect_err("broken");
    });
    assert_eq!(broken, labels("broken", "connection", "1.1", ""));
}

/// A client that does not take the answer was not accepted.
#[test]
fn an_answer_that_is_not_sent_is_no_acceptance() {
    for (stalls, reason) in [(false, "connection"), (true, "deadline")] {
        for decides in [false, true] {
            let got = counted(async || {
                let asked = REQUEST.as_bytes().chain(Stalled);
                let io = join(asked, Deaf { stalls });
                if decides {
                    let incoming = receive(io, &options()).await.expect("a request");
                    incoming.accept(&options()).await.expect_err("not sent");
                } else {
                    accept(io, &options()).await.expect_err("not sent");
                }
            });
            assert_eq!(got, labels("broken", reason, "1.1", ""), "{decides}");
        }
        let got = counted(async || {
            let request = Request::get("/").header("Host", "a.example").header("Upgrade", "websocket");
            let request = request.header("Connection", "Upgrade").header("Sec-WebSocket-Version", "13");
            let request = request.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").body(());
            let socket = Socket::new(join(Stalled, Deaf { stalls }));
            let answered = handle_upgrade_request(&request.expect("a request"), socket, &options()).await;
            answered.expect_err("not sent");
        });
        assert_eq!(got, labels("broken", reason, "1.1", ""));
    }
}

/// A stream that delivers nothing.
#[derive(Debug)]
struct Stalled;

impl AsyncRead for Stalled {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

/// A stream that accepts no writes: they wait, or fail.
#[derive(Debug)]
struct Deaf {
    stalls: bool,
}

impl AsyncWrite for Deaf {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        if self.stalls { Poll::Pending } else { Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The ways of an application to use the extractor.
fn application() -> Router {
    let later = async |upgrade: Upgrade| {
        let (response, upgrading) = upgrade.accept().expect("allowed");
        // The connection is dropped, whatever is sent.
        drop(upgrading);
        response
    };
    let kept = async |upgrade: Upgrade| {
        drop(upgrade.on_upgrade(async |_| {}));
        StatusCode::FORBIDDEN
    };
    let checked = async |upgrade: Upgrade| {
        upgrade.check().map(|upgrade| upgrade.reject(&Rejection::new(401).expect("legal")))
    };
    let seen = async |response: Response| {
        // A response that a layer makes from it is the same refusal.
        if let Some(rejected) = response.extensions().get::<Rejected>() {
            let _ = rejected.clone().into_http();
        }
        response
    };
    Router::new()
        .route("/accepted", any(async |upgrade: Upgrade| upgrade.on_upgrade(async |_| {})))
        .route("/forbidden", any(async |_: Upgrade| StatusCode::FORBIDDEN))
        .route(
            "/rejected",
            any(async |upgrade: Upgrade| upgrade.reject(&Rejection::new(401).expect("legal"))),
        )
        .route("/checked", any(checked))
        .route("/kept", any(kept))
        .route("/later", any(later))
        .layer(map_response(seen))
        .layer(RefusalLayer::new())
}

#[test]
fn what_an_application_on_axum_does_is_counted_once() {
    let plain = "GET /accepted HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n".to_owned();
    let of = |path: &str| REQUEST.replacen("GET /", &format!("GET {path}"), 1);
    for (request, result, reason) in [
        (of("/accepted"), "accepted", ""),
        (of("/forbidden"), "rejected", "application"),
        (of("/rejected"), "rejected", "application"),
        (of("/checked"), "rejected", "application"),
        (of("/checked").replacen("Host", "Origin: null\r\nHost", 1), "rejected", "origin_not_allowed"),
        (of("/kept"), "rejected", "application"),
        (of("/later"), "rejected", "application"),
        (of("/accepted").replacen("Version: 13", "Version: 8", 1), "rejected", "version_unsupported"),
        (plain, "rejected", "not_upgrade"),
    ] {
        let got = counted(async || {
            let (mut client, server) = duplex(4096);
            let service = TowerToHyperService::new(application());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
            let serving = ::tokio::spawn(connection.with_upgrades());
            client.write_all(request.as_bytes()).await.expect("room");
            client.read_to_end(&mut Vec::new()).await.expect("a stream in memory");
            let _ = serving.await.expect("no panic");
            ::tokio::task::yield_now().await;
        });
        assert_eq!(got, labels(result, reason, "1.1", ""), "{request}");
    }
}

/// hyper's connection breaks before the answer is sent.
#[test]
fn what_hyper_loses_is_no_acceptance() {
    let got = counted(async || {
        let service = TowerToHyperService::new(application());
        let io = join(of_client().chain(Stalled), Deaf { stalls: false });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(io), service);
        let _ = connection.with_upgrades().await;
        ::tokio::task::yield_now().await;
    });
    assert_eq!(got, labels("broken", "connection", "1.1", ""));
}

fn of_client() -> &'static [u8] {
    b"GET /accepted HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
}

/// A stream that is reset.
#[derive(Debug)]
struct Reset;

impl AsyncRead for Reset {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

#[test]
fn a_connection_that_says_nothing_is_no_handshake() {
    let kept = Kept::default();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    with_local_recorder(&kept, || {
        runtime.block_on(async {
            let (client, server) = duplex(16);
            drop(client);
            accept(server, &options()).await.expect_err("closed");
        });
    });
    kept.with(|state| assert!(state.counts.is_empty() && state.seconds.is_empty(), "{state:?}"));
}

#[test]
fn the_frameworks_entrance_counts_by_its_version() {
    let upgrade = || {
        let builder = Request::get("/").header("Host", "a.example").header("Upgrade", "websocket");
        let builder = builder.header("Connection", "Upgrade").header("Sec-WebSocket-Version", "13");
        builder.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").header("Origin", "https://b.example")
    };
    let connect = || {
        let builder = Request::builder().method(Method::CONNECT).version(Version::HTTP_2);
        let builder = builder.uri("https://a.example/").header("Sec-WebSocket-Version", "13");
        builder.header("Origin", "https://b.example").extension(Protocol::from_static("websocket"))
    };
    for (builder, version, protocol) in [(upgrade(), "1.1", None), (connect(), "2", Some("websocket"))] {
        let mut request = builder.body(()).expect("a request");
        for checks in [false, true] {
            let got = counted(async || {
                let rejected = if checks {
                    let incoming = hyper::receive(&mut request).expect("a valid request");
                    incoming.check(&options()).expect_err("rejected")
                } else {
                    hyper::handle_upgrade_request(&mut request, &options()).expect_err("rejected")
                };
                assert_eq!(rejected.into_http().status().as_u16(), 403);
            });
            assert_eq!(got, labels("rejected", "origin_not_allowed", version, ""));
        }
        let got = counted(async || {
            let rejected = respond(&request, protocol, &options()).expect_err("rejected");
            assert_eq!(rejected.into_http().status().as_u16(), 403);
        });
        assert_eq!(got, labels("rejected", "origin_not_allowed", version, ""));
        let got = counted(async || {
            let _ = respond(&request, protocol, &options().danger_any_origin()).expect("accepted");
        });
        assert_eq!(got, labels("accepted", "", version, ""));
    }
}

#[test]
fn the_names_are_described() {
    let kept = Kept::default();
    with_local_recorder(&kept, describe);
    kept.with(|state| assert_eq!(state.described, [HANDSHAKES, SECONDS]));
}
