//! Connections that vanish.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use websocket_upgrade::ServerOptions;
use websocket_upgrade_h3::Connection;

use super::kit::quic::Pair;
use super::kit::raw::{Exchange, connect, headers};
use super::roles::{Client, Server, URL, accept, soon};

#[tokio::test(start_paused = true)]
async fn a_client_that_has_gone_is_noticed_by_the_idle_timeout() {
    let server = Server::new().await;
    let mut exchange = Exchange::open(server.peer(), &headers(&connect("/", &[]))).await;
    assert_eq!(soon(exchange.head()).await.unwrap().status, 200);
    let half = Exchange::open(server.peer(), &headers(&connect("/", &[]))[..10]).await;
    server.pair.network.cut(server.pair.server.remote_address());
    server.pair.network.cut(server.pair.endpoints[1].local_addr().unwrap());
    soon(server.serving).await.expect("it ends");
    drop(half);
}

#[tokio::test(start_paused = true)]
async fn an_established_stream_says_that_its_client_has_gone() {
    let pair = Pair::new().await;
    let mut connection = Connection::new(pair.server.clone(), &ServerOptions::new()).await.unwrap();
    let mut exchange = Exchange::open(&pair.client, &headers(&connect("/", &[]))).await;
    let incoming = soon(connection.accept()).await.expect("a request").expect("a head");
    let mut stream = incoming.accept(&ServerOptions::new()).await.expect("allowed").into_stream();
    assert_eq!(soon(exchange.head()).await.unwrap().status, 200);
    pair.network.cut(pair.client_address);
    pair.network.cut(pair.endpoints[1].local_addr().unwrap());
    let error = soon(stream.read_to_end(&mut Vec::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    match soon(connection.accept()).await {
        Some(Err(websocket_upgrade::HandleError::Io(error))) => {
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        }
        other => panic!("{other:?}"),
    }
}

/// How long a connection is kept for a stream that was ended here and dropped, in seconds.
async fn kept(vanishes: bool) -> u64 {
    let pair = Pair::new().await;
    let mut connection = Connection::new(pair.server.clone(), &ServerOptions::new()).await.unwrap();
    let mut exchange = Exchange::open(&pair.client, &headers(&connect("/", &[]))).await;
    let incoming = soon(connection.accept()).await.expect("a request").expect("a head");
    let mut stream = incoming.accept(&ServerOptions::new()).await.expect("allowed").into_stream();
    assert_eq!(soon(exchange.head()).await.unwrap().status, 200);
    if vanishes {
        pair.network.cut(pair.client_address);
        pair.network.cut(pair.endpoints[1].local_addr().unwrap());
    } else {
        exchange.finish();
    }
    stream.write_all(b"bye").await.unwrap();
    stream.shutdown().await.unwrap();
    let before = Instant::now();
    drop((stream, connection));
    if !vanishes {
        assert_eq!(soon(exchange.body()).await.unwrap(), b"bye");
    }
    assert_eq!(soon(pair.server.closed()).await, quinn::ConnectionError::LocallyClosed);
    before.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_stream_is_delivered_and_not_awaited_for_ever() {
    assert_eq!(kept(false).await, 0);
    assert_eq!(kept(true).await, 10);
}

#[tokio::test(start_paused = true)]
async fn an_established_stream_says_that_its_server_has_gone() {
    let client = Client::new();
    let (session, peer, _control) = client.session().await;
    let serve = async {
        let mut exchange = accept(&peer).await;
        exchange.frames.next().await.expect("a request");
        exchange.write(&headers(&[(":status", "200")])).await;
        exchange
    };
    let (opened, _exchange) = tokio::join!(session.open(URL, &client.options), serve);
    let mut stream = opened.expect("accepted").into_stream();
    client.network.cut(client.listening.local_addr().unwrap());
    client.network.cut(client.endpoint.local_addr().unwrap());
    let error = soon(stream.read_to_end(&mut Vec::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_sends_settings_is_given_up_at_the_deadline() {
    let client = Client::new();
    let connect = websocket_upgrade_h3::Session::connect_on(&client.endpoint, URL, &client.options);
    let serve = async {
        let peer = client.accept().await;
        soon(peer.closed()).await
    };
    let (session, _) = soon(async { tokio::join!(connect, serve) }).await;
    session.expect_err("no settings");
}
