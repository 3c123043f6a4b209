//! The servers of this project over HTTP/2, with TLS and by prior knowledge.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use websocket_upgrade_conformance::case::{Http, Role, cases};
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::server::ServerSuite;
use websocket_upgrade_conformance::wire::{Authority, Bounds, Trust};

use super::drivers::{by_hyper, listen, next, on_axum, options};

/// What the crate `h2` below hyper decides.
const H2: [(&str, &str); 5] = [
    ("http2/server/pseudo/path-fragment", "it leaves fragments out of :path"),
    ("http2/server/fields/content-length-zero", "it counts DATA on a CONNECT against Content-Length"),
    ("http2/server/settings/preface-without-settings", "it does not look at the first frame"),
    ("http2/server/streams/trailers", "it takes trailers on a CONNECT as the end"),
    ("http2/server/streams/headers-again-pseudo", "it does not look at the fields of trailers"),
];

/// hyper reads the requests, over TLS if there is an acceptor.
async fn on_hyper(tls: Option<TlsAcceptor>) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (stream, tls) = (next(&listener).await, tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => serve(stream, false).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, true).await;
                        }
                    }
                }
            });
        }
    });
    address
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, secure: bool) {
    let service = service_fn(move |mut request| {
        let response = by_hyper(&mut request, &options(secure));
        async move { Ok::<_, Infallible>(response) }
    });
    let mut server = Builder::new(TokioExecutor::new());
    server.timer(TokioTimer::new()).enable_connect_protocol();
    // How a connection ends is what the suite looks at.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Every case passes, but for those that the library below us decides.
fn passes(report: &Report) {
    let failed: Vec<_> = report.failed().map(|outcome| outcome.id.as_str()).collect();
    let expected: Vec<_> = H2.iter().map(|(id, _)| *id).collect();
    assert_eq!(failed, expected, "{report}");
    let skipped: Vec<_> = report.skipped().map(|outcome| outcome.id.as_str()).collect();
    let intrusive = cases(Role::Server, Http::Http2).iter().filter(|case| case.intrusive);
    assert_eq!(skipped, intrusive.map(|case| case.id.as_str()).collect::<Vec<_>>(), "{report}");
}

/// Tests a server over HTTP/2. One case lasts as long as an exchange may.
fn suite(url: &str) -> ServerSuite {
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_secs(10);
    ServerSuite::new(url).unwrap().http2().bounds(bounds).jobs(8)
}

async fn report(address: SocketAddr) -> Report {
    suite(&format!("ws://{address}/")).run().await
}

#[test]
fn there_are_many_cases() {
    assert!(cases(Role::Server, Http::Http2).len() >= 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn hyper_passes() {
    passes(&report(on_hyper(None).await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn hyper_passes_over_tls() {
    let authority = Authority::new().unwrap();
    let address = on_hyper(Some(authority.acceptor(&["h2"]).unwrap())).await;
    let suite = suite(&format!("wss://{address}/"));
    let report = suite.trust(&Trust::Roots(authority.pem().to_owned())).unwrap().run().await;
    passes(&report);
}

#[tokio::test(flavor = "multi_thread")]
async fn axum_passes() {
    passes(&report(on_axum().await).await);
}

/// Nothing that is sent in masses brings the server down. It does not end a field block that never ends.
#[tokio::test(flavor = "multi_thread")]
async fn hyper_survives_floods() {
    let url = format!("ws://{}/", on_hyper(None).await);
    let mut suite = suite(&url).intrusive(true);
    for case in cases(Role::Server, Http::Http2).iter().filter(|case| case.intrusive) {
        suite = suite.only(&case.id);
    }
    let report = suite.run().await;
    let failed: Vec<_> = report.failed().map(|outcome| outcome.id.as_str()).collect();
    assert_eq!(failed, ["http2/server/framing/never-ends"], "{report}");
    assert_eq!(report.counts().passed, 6, "{report}");
}

/// A server of HTTP/1.1 is not tested over HTTP/2, and one that is not there fails.
#[tokio::test(flavor = "multi_thread")]
async fn other_servers() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            // Each connection is closed at once.
            drop(next(&listener).await);
        }
    });
    let report = report(address).await;
    assert_eq!(report.counts().skipped, report.counts().all(), "{report}");
}
