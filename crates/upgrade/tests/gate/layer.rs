//! The gate before a tower service.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::hyper::body::Incoming;
use ::hyper::ext::Protocol;
use ::hyper_util::rt::{TokioExecutor, TokioIo};
use ::hyper_util::server::conn::auto::Builder;
use ::hyper_util::service::TowerToHyperService;
use ::tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use ::tokio::sync::Semaphore;
use ::tokio::task::yield_now;
use ::tokio::time::sleep;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Version};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt, service_fn};
use websocket_upgrade::gate::{Gate, GateOptions, TurnedAway};
use websocket_upgrade::hyper::handle_upgrade_request;
use websocket_upgrade::{ClientOptions, ServerOptions, upgrade_on};

/// A service that answers 200 as often as it has permits.
fn service(
    permits: &Arc<Semaphore>,
) -> impl Service<Request<()>, Response = Response<Bytes>, Error = Infallible, Future: Send> + Clone + use<> {
    let permits = Arc::clone(permits);
    service_fn(move |_: Request<()>| {
        let permits = Arc::clone(&permits);
        async move {
            permits.acquire().await.expect("never closed").forget();
            Ok(Response::new(Bytes::new()))
        }
    })
}

fn upgrade() -> Request<()> {
    let builder = Request::get("/chat").header("Host", "a").header("Upgrade", "websocket");
    let builder = builder.header("Connection", "Upgrade").header("Sec-WebSocket-Version", "13");
    builder.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").body(()).expect("a request")
}

fn connect() -> Request<()> {
    let builder = Request::builder().method(Method::CONNECT).version(Version::HTTP_2).uri("https://a/chat");
    let builder = builder.header("Sec-WebSocket-Version", "13");
    builder.extension(Protocol::from_static("websocket")).body(()).expect("a request")
}

/// Returns the same request without a version, which every entrance refuses.
fn broken(mut request: Request<()>) -> Request<()> {
    request.headers_mut().remove("Sec-WebSocket-Version");
    request
}

fn from<T: Clone + Send + Sync + 'static>(mut request: Request<()>, peer: T) -> Request<()> {
    request.extensions_mut().insert(peer);
    request
}

fn socket(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

#[tokio::test]
async fn only_what_would_be_a_handshake_is_turned_away() {
    let gate = Gate::new(GateOptions::new().total(0).retry_after(9));
    let service = gate.layer().layer(service(&Arc::new(Semaphore::new(usize::MAX >> 3))));
    let plain = |method: Method, version| {
        Request::builder().method(method).version(version).uri("/health").body(()).expect("a request")
    };
    let mut other = connect();
    other.extensions_mut().insert(Protocol::from_static("connect-udp"));
    for (request, status) in [
        (plain(Method::GET, Version::HTTP_11), 200),
        (plain(Method::POST, Version::HTTP_2), 200),
        (plain(Method::CONNECT, Version::HTTP_2), 200),
        (other, 200),
        (broken(upgrade()), 200),
        (broken(connect()), 200),
        (upgrade(), 503),
        (connect(), 503),
    ] {
        let case = format!("{request:?}");
        let over_http_1 = request.version() == Version::HTTP_11;
        let response = service.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status().as_u16(), status, "{case}");
        if status == 503 {
            let headers = response.headers();
            assert_eq!(headers.get("Retry-After"), Some(&HeaderValue::from_static("9")));
            assert_eq!(headers.contains_key("Connection"), over_http_1);
            assert!(!headers.contains_key("Upgrade"));
            assert_eq!(response.body(), "too many handshakes under way: the limit `total` of 0 is reached\n");
            assert_eq!(response.extensions().get(), Some(&TurnedAway::Total { limit: 0 }));
        }
    }
    assert_eq!(gate.under_way(), 0);
}

#[tokio::test]
async fn a_handshake_is_under_way_until_its_response() {
    let gate = Gate::new(GateOptions::new().total(2));
    let permits = Arc::new(Semaphore::new(0));
    let service = gate.layer().layer(service(&permits));
    let call = |request| ::tokio::spawn(service.clone().oneshot(request));
    let (first, second) = (call(upgrade()), call(connect()));
    yield_now().await;
    assert_eq!(gate.under_way(), 2);
    assert_eq!(call(upgrade()).await.expect("no panic").expect("infallible").status().as_u16(), 503);

    second.abort();
    assert!(second.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(gate.under_way(), 1, "dropped, it gives its place back");
    permits.add_permits(1);
    assert_eq!(first.await.expect("no panic").expect("infallible").status().as_u16(), 200);
    assert_eq!(gate.under_way(), 0);

    gate.drain();
    let response = call(connect()).await.expect("no panic").expect("infallible");
    assert_eq!(response.status().as_u16(), 503);
    assert_eq!(response.body(), "draining: no handshake begins any more\n");
    gate.drained().await;
}

#[tokio::test]
async fn a_peer_is_what_the_server_says() {
    let gate = Gate::new(GateOptions::new().per_peer(1));
    let service = gate.layer().layer(service(&Arc::new(Semaphore::new(0))));
    let (one, other) = (socket("192.0.2.1:1000"), socket("192.0.2.2:1000"));
    let cases = [
        (from(upgrade(), one), true),
        (from(upgrade(), socket("192.0.2.1:2000")), false),
        (from(connect(), ConnectInfo(one)), false),
        (from(connect(), ConnectInfo(other)), true),
        (from(upgrade(), other), false),
        (upgrade(), true),
        (upgrade(), true),
    ];
    let mut waiting = Vec::new();
    for (number, (request, enters)) in cases.into_iter().enumerate() {
        let mut call = ::tokio::spawn(service.clone().oneshot(request));
        if enters {
            yield_now().await;
            assert!(!call.is_finished(), "{number}");
            waiting.push(call);
        } else {
            let response = (&mut call).await.expect("no panic").expect("infallible");
            assert_eq!(response.status().as_u16(), 503, "{number}");
            assert_eq!(
                response.body(),
                "too many handshakes under way from this address: the limit `per_peer` of 1 is reached\n",
                "{number}"
            );
        }
    }
    assert_eq!(gate.under_way(), waiting.len());
}

#[tokio::test]
async fn a_connection_s_first_head_goes_on_with_its_place() {
    let permits = Arc::new(Semaphore::new(0));
    // The cases: the gate's own layer, that of another gate, and none.
    for (layers, counted) in [(Some(true), 1), (Some(false), 0), (None, 1)] {
        let gate = Gate::new(GateOptions::new().total(1));
        let admitted = gate.admit(duplex(16).1, None).expect("room");
        let head = admitted.first_head();
        let inner = match layers {
            Some(own) => {
                let gate = if own { gate.clone() } else { Gate::default() };
                head.layer(gate.layer().layer(service(&permits))).boxed_clone()
            }
            None => head.layer(service(&permits)).boxed_clone(),
        };
        let call = ::tokio::spawn(inner.clone().oneshot(upgrade()));
        yield_now().await;
        assert!(head.is_complete() && !call.is_finished());
        assert_eq!(gate.under_way(), counted, "{layers:?}");
        permits.add_permits(1);
        assert_eq!(call.await.expect("no panic").expect("infallible").status().as_u16(), 200);
        assert_eq!(gate.under_way(), 0, "{layers:?}");
        // Later requests on the connection have no place until they ask for one.
        permits.add_permits(1);
        inner.oneshot(Request::new(())).await.expect("infallible");
        drop(admitted);
    }
}

/// Serves one client by hyper, with the gate before the entrance.
fn serve(gate: &Gate) -> DuplexStream {
    let (client, server) = duplex(4096);
    let admitted = gate.admit(server, None).expect("room");
    let entrance = service_fn(|mut request: Request<Incoming>| async move {
        let (response, upgrading) = match handle_upgrade_request(&mut request, &ServerOptions::new()) {
            Ok(accepted) => accepted,
            Err(rejected) => return Ok::<_, Infallible>(rejected.into_http().map(Full::new)),
        };
        ::tokio::spawn(async move {
            let mut stream = upgrading.await.expect("established").into_stream();
            let byte = stream.read_u8().await.expect("a byte");
            stream.write_u8(byte).await.expect("room");
            stream.flush().await.expect("room");
        });
        Ok(response.map(Full::new))
    });
    let service = admitted.first_head().layer(gate.layer().layer(entrance));
    ::tokio::spawn(async move {
        let (builder, service) = (Builder::new(TokioExecutor::new()), TowerToHyperService::new(service));
        builder.serve_connection_with_upgrades(TokioIo::new(admitted), service).await.expect("served");
    });
    client
}

#[tokio::test(start_paused = true)]
async fn a_handshake_through_hyper_has_one_place_and_its_connection_none() {
    let gate = Gate::new(GateOptions::new().total(1));
    for _ in 0..2 {
        let client = serve(&gate);
        assert_eq!(gate.under_way(), 1);
        let upgraded = upgrade_on(client, "ws://a/", &ClientOptions::new()).await.expect("accepted");
        assert_eq!(gate.under_way(), 0);
        sleep(Duration::from_secs(60)).await;
        let mut stream = upgraded.into_stream();
        stream.write_u8(7).await.expect("the deadline has no say any more");
        assert_eq!(stream.read_u8().await.expect("an echo"), 7);
    }
    let client = serve(&gate);
    gate.drain();
    // The handshake had begun before the drain.
    upgrade_on(client, "ws://a/", &ClientOptions::new()).await.expect("accepted");
    let client = serve(&gate);
    let error = upgrade_on(client, "ws://a/", &ClientOptions::new()).await.expect_err("draining");
    let refused = error.refused().expect("a refusal");
    assert_eq!((refused.status(), refused.head.field("Retry-After")), (503, Some(&b"1"[..])));
    gate.drained().await;
}
