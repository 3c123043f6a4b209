//! Our own client and our own entrance, over hyper's HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use websocket_upgrade::hyper::handle_upgrade_request;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{ServerOptions, create_upgrade_request};

use crate::server::{Connections, URL, echoes, network};

/// Serves every connection, and echoes.
fn serve(mut connections: Connections, options: ServerOptions) {
    let options = Arc::new(options);
    tokio::spawn(async move {
        while let Some(io) = connections.recv().await {
            let options = Arc::clone(&options);
            let service = service_fn(move |mut request: Request<Incoming>| {
                let answer = handle_upgrade_request(&mut request, &options);
                async move { Ok::<Response<Full<Bytes>>, Infallible>(answered(answer)) }
            });
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.enable_connect_protocol();
            tokio::spawn(builder.serve_connection(TokioIo::new(io), service));
        }
    });
}

fn answered(
    answer: Result<(Response<Bytes>, websocket_upgrade::hyper::Upgrading), websocket_upgrade::Rejected>,
) -> Response<Full<Bytes>> {
    match answer {
        Ok((response, upgrading)) => {
            tokio::spawn(async move {
                let upgraded = upgrading.await.expect("an open stream");
                let (mut reader, mut writer) = tokio::io::split(upgraded.into_stream());
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
            response.map(Full::from)
        }
        Err(rejected) => rejected.into_http().map(Full::from),
    }
}

#[tokio::test(start_paused = true)]
async fn both_of_ours_agree() {
    let (options, connections) = network();
    let deflate = PermessageDeflate::new(Codec::ZLIB);
    let server = ServerOptions::new().subprotocol("chat").expect("a token");
    serve(connections, server.permessage_deflate(deflate).expect("the first"));
    let options = options.http2().subprotocol("chat").expect("a token");
    let options = options.permessage_deflate(deflate).expect("the first");
    let session = websocket_upgrade::http2::Session::connect(URL, &options).await.expect("HTTP/2");
    for _ in 0..3 {
        let opened = session.open(URL, &options).await.expect("accepted");
        assert_eq!((opened.head.status(), opened.settings.subprotocol()), (200, Some("chat")));
        assert!(opened.settings.permessage_deflate().is_some());
        echoes(&mut opened.into_stream(), &vec![b'a'; 50_000]).await;
    }
    let alone = create_upgrade_request(URL, &options).await.expect("accepted");
    assert!(alone.get_ref().is_http2());
    echoes(&mut alone.into_stream(), b"on a connection of its own").await;
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_a_refusal() {
    let (options, connections) = network();
    serve(connections, ServerOptions::new());
    let options = options.http2().origin("https://other.example.com").expect("an origin");
    let error = create_upgrade_request(URL, &options).await.expect_err("another origin");
    let refused = error.refused().expect("a refusal");
    assert_eq!((refused.status(), refused.truncated), (403, false));
    let text = String::from_utf8_lossy(&refused.body);
    assert!(text.contains("other.example.com"), "{text}");
}
