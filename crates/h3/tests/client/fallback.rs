//! Where HTTP/3 is not possible, other versions are asked, and the report says why.

use std::time::Duration;

use quinn::VarInt;
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, Fallback, Http3Fallback, Phase};
use websocket_upgrade_h3::{Session, create_upgrade_request, create_upgrade_request_on};

use crate::kit::raw;
use crate::server::{EXTENDED_CONNECT, Opened, URL};
use crate::tcp::{Ports, Udp};

const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];
const HTTP11: &[&[u8]] = &[b"http/1.1"];

const H3_VERSION_FALLBACK: u64 = 0x110;

/// With so little time, QUIC has less than a second.
fn brief(options: &ClientOptions) -> ClientOptions {
    options.clone().deadline(Duration::from_millis(2400))
}

fn is_over(opened: Result<Opened, ConnectError>, http2: bool, why: Http3Fallback) {
    let opened = opened.unwrap_or_else(|error| panic!("{why:?}: {error:#}"));
    let stream = opened.get_ref();
    assert_eq!((stream.is_http3(), stream.is_http2(), stream.is_tls()), (false, http2, true), "{why:?}");
    let report = stream.report();
    assert_eq!(report.http3_fallback, Some(why));
    assert_eq!(
        report.fallback,
        (!http2).then_some(Fallback::Alpn).filter(|_| why != Http3Fallback::Required)
    );
    assert!(report.to_string().contains(&format!("not over HTTP/3, as {why}")), "{report}");
    let alpn = report.tls.as_ref().and_then(|tls| tls.alpn.as_deref());
    assert_eq!(alpn, Some(if http2 { "h2" } else { "http/1.1" }));
    assert!(stream.as_fallback().is_some());
}

/// Nobody answers: QUIC has a third of the time, and TCP the rest.
#[tokio::test]
async fn quic_that_does_not_get_through_leaves_time_for_tcp() {
    for udp in [Udp::Closed, Udp::Silent] {
        for (tcp, http2) in [(BOTH, true), (HTTP11, false)] {
            let ports = Ports::new(udp, tcp).await;
            let options = brief(&ports.options);
            let asked = create_upgrade_request(URL, &options);
            if http2 {
                let (opened, _kept) = tokio::join!(asked, ports.accept_http2());
                is_over(opened, true, Http3Fallback::Unreachable);
            } else {
                let (opened, _kept) = tokio::join!(asked, ports.accept_http11());
                is_over(opened, false, Http3Fallback::Unreachable);
            }
        }
    }
}

/// A session remembers it.
#[tokio::test]
async fn a_session_without_http_3_is_one_over_http_2() {
    let ports = Ports::new(Udp::Closed, BOTH).await;
    let options = brief(&ports.options);
    let connecting = async {
        let session = Session::connect(URL, &options).await.expect("a fallback");
        assert!(!session.is_http3());
        session.open(URL, &options).await
    };
    let (opened, _kept) = tokio::join!(connecting, ports.accept_http2());
    is_over(opened, true, Http3Fallback::Unreachable);
}

/// The server of QUIC speaks something else, and says so at once.
#[tokio::test]
async fn a_server_that_does_not_choose_h3() {
    let ports = Ports::new(Udp::Quic(b"other"), BOTH).await;
    let endpoint = ports.endpoint.clone().expect("QUIC");
    let quic = tokio::spawn(async move { endpoint.accept().await.expect("a client").await.is_err() });
    let (opened, _kept) = tokio::join!(create_upgrade_request(URL, &ports.options), ports.accept_http2());
    is_over(opened, true, Http3Fallback::Alpn);
    assert!(quic.await.expect("no panic"));
}

/// What a server of HTTP/3 does that leads to another version.
async fn serve(endpoint: quinn::Endpoint, why: Http3Fallback, asked: bool) {
    let connection = endpoint.accept().await.expect("a client").await.expect("a handshake");
    let code = VarInt::from_u64(H3_VERSION_FALLBACK).expect("a code");
    match (why, asked) {
        (Http3Fallback::NotOffered, _) => {
            let _control = raw::control(&connection, &[]).await;
            connection.closed().await;
        }
        (Http3Fallback::Required, false) => connection.close(code, b""),
        (Http3Fallback::Required, true) => {
            let _control = raw::control(&connection, &[EXTENDED_CONNECT]).await;
            let (mut send, _receive) = connection.accept_bi().await.expect("a request");
            send.reset(code).expect("an open stream");
            connection.closed().await;
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_of_http_3_that_has_no_websocket_there() {
    for (why, asked) in [
        (Http3Fallback::NotOffered, false),
        (Http3Fallback::Required, false),
        (Http3Fallback::Required, true),
    ] {
        let ports = Ports::new(Udp::Quic(b"h3"), BOTH).await;
        let quic = tokio::spawn(serve(ports.endpoint.clone().expect("QUIC"), why, asked));
        let opening = create_upgrade_request(URL, &ports.options);
        if why == Http3Fallback::NotOffered {
            let (opened, _kept) = tokio::join!(opening, ports.accept_http2());
            is_over(opened, true, why);
        } else {
            let (opened, _kept) = tokio::join!(opening, ports.accept_http11());
            is_over(opened, false, why);
        }
        quic.await.expect("no panic");
    }
}

/// A stream that requires HTTP/1.1 says nothing about the next one, and the end of a connection does.
#[tokio::test]
async fn a_session_whose_server_requires_http_11() {
    for connection in [false, true] {
        let ports = Ports::new(Udp::Quic(b"h3"), BOTH).await;
        let endpoint = ports.endpoint.clone().expect("QUIC");
        let accept = async {
            let connection = endpoint.accept().await.expect("a client").await.expect("a handshake");
            let control = raw::control(&connection, &[EXTENDED_CONNECT]).await;
            (connection, control)
        };
        let (session, (quic, _control)) = tokio::join!(Session::connect(URL, &ports.options), accept);
        let session = session.expect("a session");
        let code = VarInt::from_u64(H3_VERSION_FALLBACK).expect("a code");
        for _ in 0..2 {
            let serving = async {
                if !connection {
                    let (mut send, _receive) = quic.accept_bi().await.expect("a request");
                    send.reset(code).expect("an open stream");
                } else if quic.close_reason().is_none() {
                    let _request = quic.accept_bi().await.expect("a request");
                    quic.close(code, b"");
                }
            };
            let (opened, (), _kept) =
                tokio::join!(session.open(URL, &ports.options), serving, ports.accept_http11());
            is_over(opened, false, Http3Fallback::Required);
        }
        assert_eq!(session.is_http3(), !connection);
    }
}

/// `ws` has no TLS, and HTTP/3 always has: nothing is sent over UDP.
#[tokio::test]
async fn ws_is_asked_over_http_11() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("ws://{}/chat", listener.local_addr().expect("an address"));
    let options = ClientOptions::new().no_proxy();
    let accept = async || {
        let (socket, _) = listener.accept().await.expect("a client");
        websocket_upgrade::accept(socket, &websocket_upgrade::ServerOptions::new()).await.expect("an upgrade")
    };
    let session = Session::connect(&url, &options).await.expect("a session");
    assert!(!session.is_http3());
    for alone in [true, false] {
        let opening = async {
            if alone {
                create_upgrade_request(&url, &options).await
            } else {
                session.open(&url, &options).await
            }
        };
        let (opened, _kept) = tokio::join!(opening, accept());
        let report = opened.expect("accepted").get_ref().report();
        assert_eq!((report.http3_fallback, report.fallback), (Some(Http3Fallback::NoTls), None));
        assert!(report.to_string().contains("not over HTTP/3, as it needs wss://"), "{report}");
    }
}

/// HTTP/3 does not go through a proxy or a transport, and never around them.
#[tokio::test]
async fn nothing_goes_around_a_proxy_or_a_transport() {
    let ports = Ports::new(Udp::Quic(b"h3"), BOTH).await;
    let nobody = tower::service_fn(|_: http::Uri| async {
        Err::<hyper_util::rt::TokioIo<tokio::io::DuplexStream>, _>(std::io::Error::other("nobody is there"))
    });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let proxy = format!("http://{}", closed.expect("a port"));
    for (options, why, phase) in [
        (ports.options.clone().proxy(&proxy).expect("a proxy"), Http3Fallback::Proxy, Phase::Connect),
        (ports.options.clone().transport(nobody), Http3Fallback::Connector, Phase::Connect),
        (ports.options.clone().connector(nobody), Http3Fallback::Connector, Phase::Prepare),
    ] {
        let error = create_upgrade_request(URL, &options).await.expect_err("no way");
        assert_eq!(error.report().http3_fallback, Some(why), "{error:#}");
        assert_eq!(error.phase(), phase, "{error:#}");
        let error = Session::connect(URL, &options).await.expect_err("no way");
        assert_eq!(error.report().http3_fallback, Some(why), "{error:#}");
    }
    let endpoint = ports.endpoint.as_ref().expect("QUIC");
    assert_eq!(endpoint.stats().accepted_handshakes + endpoint.stats().refused_handshakes, 0);
}

/// Where nobody answers at all, the error is TCP's.
#[tokio::test]
async fn a_host_that_answers_nowhere() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let url = format!("wss://{}/", closed.expect("a port"));
    let options = brief(&ClientOptions::new().no_proxy());
    let error = create_upgrade_request(&url, &options).await.expect_err("nobody");
    assert!(matches!(error.reason(), ConnectReason::Connect(_)), "{error:#}");
    assert_eq!(
        (error.phase(), error.report().http3_fallback),
        (Phase::Connect, Some(Http3Fallback::Unreachable))
    );
}

/// SETTINGS that never come are awaited up to the deadline, which is not QUIC's part of it.
#[tokio::test(start_paused = true)]
async fn settings_that_never_come_end_at_the_deadline() {
    let host = crate::server::Host::new();
    let options = host.options.clone().deadline(Duration::from_secs(20));
    let start = tokio::time::Instant::now();
    let (opened, connection) =
        tokio::join!(create_upgrade_request_on(&host.client, URL, &options), host.connection());
    let error = opened.expect_err("no settings");
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:#}");
    assert_eq!((error.phase(), start.elapsed().as_secs()), (Phase::Handshake, 20));
    // The connection is then closed.
    connection.closed().await;
}
