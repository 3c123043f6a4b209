//! Servers over HTTP/2 with faults, under the suite for servers. Their HTTP/2 is hyper's, and their handshake this
//! project's, with something wrong before it or behind it.

use std::convert::Infallible;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::ext::Protocol;
use hyper::header::HeaderValue;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use websocket_upgrade::ServerOptions;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_conformance::server::ServerSuite;

use crate::echo::echo;

/// A fault, and the case that is meant to notice it.
struct Fault {
    does: &'static str,
    caught_by: &'static str,
    /// Changes the request before it is looked at.
    before: fn(&mut Request<Incoming>),
    /// Changes the answer.
    behind: fn(&Request<Incoming>, &mut Response<Bytes>),
    /// Whether messages are inflated.
    inflates: bool,
}

impl Fault {
    /// A server with this name and no fault.
    const fn new(does: &'static str, caught_by: &'static str) -> Self {
        Self { does, caught_by, before: |_| {}, behind: |_, _| {}, inflates: true }
    }
}

const VERSION: &str = "sec-websocket-version";

const FAULTS: &[Fault] = &[
    Fault {
        before: |request| {
            request.extensions_mut().insert(Protocol::from_static("websocket"));
        },
        ..Fault::new("takes every protocol for WebSocket", "http2/server/pseudo/protocol-other")
    },
    Fault {
        before: |request| {
            if request.headers().contains_key(VERSION) {
                request.headers_mut().insert(VERSION, HeaderValue::from_static("13"));
            }
        },
        ..Fault::new("takes every version of WebSocket", "http2/server/handshake/version-8")
    },
    Fault {
        before: |request| {
            request.headers_mut().entry(VERSION).or_insert(HeaderValue::from_static("13"));
        },
        ..Fault::new("needs no version of WebSocket", "http2/server/handshake/version-missing")
    },
    Fault {
        behind: |request, response| {
            if !request.headers().contains_key("sec-websocket-key") {
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
        },
        ..Fault::new("needs a key", "http2/server/handshake/key-none")
    },
    Fault {
        behind: |_, response| {
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("chat"));
        },
        ..Fault::new("names a subprotocol to every client", "http2/server/handshake/subprotocol-none")
    },
    Fault {
        behind: |_, response| {
            response.headers_mut().insert("sec-websocket-extensions", HeaderValue::from_static("x-test"));
        },
        ..Fault::new("agrees on an extension with every client", "http2/server/pseudo/base")
    },
    Fault {
        behind: |_, response| {
            response.headers_mut().remove(VERSION);
        },
        ..Fault::new(
            "refuses another version without saying which it knows",
            "http2/server/handshake/version-14",
        )
    },
    Fault {
        inflates: false,
        ..Fault::new("agrees on permessage-deflate, and can't inflate", "http2/server/deflate/plain")
    },
];

async fn serve(stream: TcpStream, fault: &'static Fault) {
    let service = service_fn(move |mut request| {
        let response = answer(&mut request, fault);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut server = Builder::new(TokioExecutor::new());
    server.timer(TokioTimer::new()).enable_connect_protocol();
    // How a connection ends is what the suite looks at.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

fn answer(request: &mut Request<Incoming>, fault: &'static Fault) -> Response<Full<Bytes>> {
    let options = ServerOptions::new().secure(false).subprotocol("chat").expect("a token");
    let options =
        options.permessage_deflate(PermessageDeflate::new(Codec::FULL)).expect("the first extension");
    (fault.before)(request);
    let mut response = match websocket_upgrade::hyper::handle_upgrade_request(request, &options) {
        Ok((response, upgrading)) => {
            tokio::spawn(async move {
                if let Ok(upgraded) = upgrading.await {
                    let (stream, settings, ()) = upgraded.into_parts();
                    let (stream, early) = stream.into_parts();
                    let deflate = settings.permessage_deflate().filter(|_| fault.inflates);
                    echo(stream, &early, deflate).await;
                }
            });
            response
        }
        Err(rejected) => rejected.into_http(),
    };
    (fault.behind)(request, &mut response);
    response.map(Full::new)
}

/// Runs the cases that the faults are about.
async fn failed(fault: &'static Fault, only: &[&str]) -> Vec<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, fault));
        }
    });
    let mut suite = ServerSuite::new(&url).expect("a URL").http2().jobs(4);
    for id in only {
        suite = suite.only(*id);
    }
    let report = suite.run().await;
    serving.abort();
    assert!(report.counts().skipped == 0, "{report}");
    report.failed().map(|outcome| outcome.id.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_over_http_2_is_noticed() {
    static HONEST: Fault = Fault::new("", "");
    let ids: Vec<&str> = FAULTS.iter().map(|fault| fault.caught_by).collect();
    assert_eq!(failed(&HONEST, &ids).await, [""; 0]);
    let mut missed = Vec::new();
    for fault in FAULTS {
        if !failed(fault, &[fault.caught_by]).await.iter().any(|id| id == fault.caught_by) {
            missed.push(format!("it {}: {} passes", fault.does, fault.caught_by));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
