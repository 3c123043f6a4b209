//! The caller's own connectors and transports.

use std::convert::Infallible;
use std::error::Error;
use std::future::{pending, ready};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tower::{Service, ServiceExt};
use websocket_upgrade::connect::Connector;
use websocket_upgrade::{
    ClientOptions, ClientStream, ConnectError, ConnectReason, Phase, blocking, create_upgrade_request,
    futures,
};

use crate::certificates::{acceptor, trusting};
use crate::peers::{Servers, accept, bind, read_head};

type Boxed = Box<dyn Error + Send + Sync>;

/// A connector always gets scheme, host and port.
#[tokio::test]
async fn what_a_connector_is_called_with() {
    for (url, expected) in [
        ("ws://a.example/", "http://a.example:80/"),
        ("wss://a.example/chat?x=y", "https://a.example:443/"),
        ("ws://user:secret@A.Example:8080", "http://a.example:8080/"),
        ("wss://[::1]/", "https://[::1]:443/"),
    ] {
        for whole in [true, false] {
            let servers = Servers::in_order(&[]);
            let called = Arc::new(Mutex::new(Vec::new()));
            let (calls, near) = (Arc::clone(&called), servers.clone());
            let service = tower::service_fn(move |uri: http::Uri| {
                calls.lock().expect("calls").push(uri.to_string());
                // A whole connector does TLS itself; here there is none.
                let uri = if whole { http::Uri::from_static("http://a.example") } else { uri };
                ready(Ok::<_, Infallible>(near.connect(uri)))
            });
            let options = ClientOptions::new().tls_config(trusting());
            let options = if whole { options.connector(service) } else { options.transport(service) };
            let upgraded = create_upgrade_request(url, &options).await.expect(url);
            assert_eq!(*called.lock().expect("calls"), [expected]);
            assert_eq!(upgraded.get_ref().is_tls(), !whole && url.starts_with("wss"), "{url}");
            assert_eq!(upgraded.report().tls.is_some(), upgraded.get_ref().is_tls());
            let report = upgraded.report();
            assert!(report.remote_address.is_none() && report.proxy.is_none(), "{report:?}");
            assert!(report.times.of(Phase::Connect).is_some(), "{report:?}");
            assert_eq!(report.times.of(Phase::Tls).is_some(), upgraded.get_ref().is_tls(), "{report:?}");
        }
    }
}

/// It replaces TCP and proxies: a proxy in the options is not used.
#[tokio::test]
async fn there_is_no_proxy_beside_it() {
    let servers = Servers::in_order(&[]);
    let options = servers.client().proxy("http://127.0.0.1:1").expect("a proxy");
    create_upgrade_request("ws://a.example/", &options).await.expect("accepted");
}

/// Serves one client with TLS on loopback.
async fn serve_tls(listener: tokio::net::TcpListener) {
    let (stream, _) = listener.accept().await.expect("a client");
    let mut stream = acceptor().accept(stream).await.expect("TLS");
    let head = read_head(&mut stream).await.expect("a request");
    tokio::io::AsyncWriteExt::write_all(&mut stream, accept(&head, "").as_bytes()).await.expect("a client");
    // The client may leave in any way.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn the_librarys_own_stays_known_where_it_is_wrapped() {
    let (listener, address) = bind().await;
    let server = tokio::spawn(serve_tls(listener));
    let own = Connector::new(ClientOptions::new().no_proxy().tls_config(trusting()));
    let wrapped = tower::service_fn(move |uri: http::Uri| {
        let connecting = own.clone().oneshot(uri);
        async move { Ok::<_, Boxed>(connecting.await?) }
    });
    let options = ClientOptions::new().connector(wrapped);
    let upgraded = create_upgrade_request(&format!("wss://{address}/"), &options).await.expect("accepted");
    let report = upgraded.report();
    assert_eq!(report.remote_address.map(|address| address.to_string()), Some(address.clone()));
    let phases: Vec<_> = report.times.iter().map(|(phase, _)| phase).collect();
    assert_eq!(phases, [Phase::Connect, Phase::Tls, Phase::Handshake]);
    assert_eq!(report.url, format!("wss://{address}/"));
    let tls = upgraded.report().tls.expect("TLS");
    assert_eq!((tls.version, tls.alpn.as_deref()), (Some("TLS 1.3"), None));
    assert!(upgraded.get_ref().tcp().is_some() && upgraded.get_ref().is_tls());
    drop(upgraded);
    server.await.expect("a server");
}

/// The library's connector can be used alone, and accepts the schemes of HTTP and WebSocket.
#[tokio::test]
async fn the_librarys_own_alone() {
    let servers = Servers::in_order(&[]);
    let address = servers.listen().await;
    for scheme in ["ws", "http"] {
        let uri = format!("{scheme}://{address}").parse().expect("a URI");
        let stream = Connector::new(ClientOptions::new().no_proxy()).oneshot(uri).await.expect("a stream");
        assert_eq!(stream.report().remote_address.map(|at| at.to_string()), Some(address.clone()));
    }
    let nowhere: http::Uri = "/path".parse().expect("a URI");
    let error = Connector::new(ClientOptions::new()).oneshot(nowhere).await.expect_err("no host");
    assert!(matches!(error.reason(), ConnectReason::Uri(_)), "{error:?}");
}

#[tokio::test]
async fn an_error_of_the_librarys_own_stays_what_it_is() {
    let (listener, address) = bind().await;
    drop(listener);
    let own = Connector::new(ClientOptions::new().proxy(&format!("http://{address}")).expect("a proxy"));
    let wrapped = tower::service_fn(move |uri: http::Uri| {
        let connecting = own.clone().oneshot(uri);
        async move { connecting.await.map_err(Boxed::from) }
    });
    let options = ClientOptions::new().connector(wrapped);
    let error = create_upgrade_request("ws://name.invalid/", &options).await.expect_err("nobody");
    let ConnectReason::Connect(cause) = error.reason() else { panic!("{error:?}") };
    assert_eq!((cause.kind(), error.phase()), (ErrorKind::ConnectionRefused, Phase::Connect));
    let report = error.report();
    assert_eq!(report.url, "ws://name.invalid/");
    assert_eq!(report.proxy, Some(format!("http://{address}")));
    assert_eq!(format!("{error:#}").matches("Connection refused").count(), 1, "{error:#}");
}

async fn failing(error: Boxed) -> ConnectError {
    let error = Arc::new(Mutex::new(Some(error)));
    let service = tower::service_fn(move |_: http::Uri| {
        let error = error.lock().expect("an error").take().expect("one call");
        ready(Err::<TokioIo<DuplexStream>, Boxed>(error))
    });
    let options = ClientOptions::new().transport(service);
    create_upgrade_request("ws://a.example/", &options).await.expect_err("no stream")
}

#[tokio::test]
async fn an_error_of_another_is_one_of_connecting() {
    let error = failing("no such\nsocket\u{1b}[2J".into()).await;
    let ConnectReason::Connect(cause) = error.reason() else { panic!("{error:?}") };
    assert_eq!((cause.kind(), error.phase()), (ErrorKind::Other, Phase::Connect));
    assert!(
        format!("{error:#}")
            .starts_with("could not connect: no such\\nsocket\\u{1b}[2J\nphase connect: ws://")
    );
    assert!(error.retry().is_worthwhile());

    let error = failing(Box::new(io::Error::from(ErrorKind::NotFound))).await;
    let ConnectReason::Connect(cause) = error.reason() else { panic!("{error:?}") };
    assert_eq!(cause.kind(), ErrorKind::NotFound);
}

/// An error of TLS in the caller's connector is classified like the library's.
#[tokio::test]
async fn a_certificate_is_not_accepted_by_trying_again() {
    let cause = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
    let error = failing(Box::new(io::Error::new(ErrorKind::InvalidData, cause))).await;
    assert!(
        matches!(error.reason(), ConnectReason::Connect(_)) && !error.retry().is_worthwhile(),
        "{error:?}"
    );
}

/// A service that is never ready, or fails before it is called.
#[derive(Clone)]
struct Unready(bool);

impl Service<http::Uri> for Unready {
    type Response = TokioIo<DuplexStream>;
    type Error = Boxed;
    type Future = std::future::Ready<Result<Self::Response, Boxed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Boxed>> {
        if self.0 { Poll::Ready(Err("closed".into())) } else { Poll::Pending }
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        panic!("it is not ready")
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_called_when_it_is_ready() {
    let closed = ClientOptions::new().connector(Unready(true));
    let error = create_upgrade_request("ws://a.example/", &closed).await.expect_err("not ready");
    assert!(matches!(error.reason(), ConnectReason::Connect(_)), "{error:?}");
    let hangs = tower::service_fn(|_: http::Uri| pending::<Result<TokioIo<DuplexStream>, Boxed>>());
    for options in [ClientOptions::new().connector(Unready(false)), ClientOptions::new().transport(hangs)] {
        let start = tokio::time::Instant::now();
        let options = options.phase_deadline(Phase::Connect, Duration::from_secs(3));
        let error = create_upgrade_request("ws://a.example/", &options).await.expect_err("never ready");
        assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
        assert_eq!((error.phase(), start.elapsed()), (Phase::Connect, Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn a_stream_comes_back_as_what_it_was() {
    let servers = Servers::in_order(&[]);
    let upgraded = create_upgrade_request("ws://a.example/", &servers.client()).await.expect("accepted");
    let (stream, _) = upgraded.into_stream().into_parts();
    let other: ClientStream = stream.downcast::<TokioIo<TcpStream>>().expect_err("another type");
    assert_eq!(other.report().url, "ws://a.example/");
    let stream = other.downcast::<TokioIo<DuplexStream>>().expect("this one");
    let mut rest = Vec::new();
    stream.into_inner().read_to_end(&mut rest).await.expect("a server");
    assert!(rest.is_empty());

    // A report of TLS below the transport is not available, and the library's TLS is above it.
    let upgraded = create_upgrade_request("wss://a.example/", &servers.client()).await.expect("accepted");
    let (stream, _) = upgraded.into_stream().into_parts();
    stream.downcast::<TokioIo<DuplexStream>>().expect_err("over TLS");
    let url = format!("ws://{}/", servers.listen().await);
    let upgraded = create_upgrade_request(&url, &ClientOptions::new().no_proxy()).await.expect("accepted");
    let (stream, _) = upgraded.into_stream().into_parts();
    stream.downcast::<TokioIo<TcpStream>>().expect_err("the library's own").tcp().expect("TCP");
}

/// Other drivers return an error for options that only tokio's driver supports.
#[test]
fn other_drivers_say_no() {
    let service = tower::service_fn(|_: http::Uri| ready(Ok::<_, Infallible>(TokioIo::new(duplex(1).0))));
    let options = ClientOptions::new;
    for (options, what) in [
        (options().connector(service), "connector"),
        (options().transport(service), "connector"),
        (options().proxy("http://127.0.0.1:1").expect("a proxy"), "proxy"),
        (options().proxy_except("socks5://127.0.0.1:1", "*").expect("a proxy"), "proxy"),
        (options().http2(), "HTTP/2"),
    ] {
        let blocking = blocking::create_upgrade_request("ws://127.0.0.1:1/", &options).expect_err(what);
        let futures =
            smol::block_on(futures::create_upgrade_request("ws://127.0.0.1:1/", &options)).expect_err(what);
        for error in [blocking, futures] {
            assert!(matches!(error.reason(), ConnectReason::Unsupported(_)), "{error:?}");
            assert!(error.to_string().contains(what) && error.phase() == Phase::Prepare, "{error}");
        }
    }
}
