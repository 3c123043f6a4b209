//! An HTTP/2 connection in memory, with hyper's server at one end and h2's client at the other.

use bytes::Bytes;
use h2::client::{self, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{Request, Response};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::duplex;
use tokio::task::JoinHandle;
use websocket_upgrade::ServerOptions;

pub(crate) use crate::connect::connect;
use crate::entrance::{Entrance, Established, Served};

/// A client's connection.
pub(crate) struct Client {
    sender: SendRequest<Bytes>,
    pub(crate) served: Served,
    pub(crate) established: Established,
    tasks: [JoinHandle<()>; 2],
}

impl Client {
    /// Connects, and waits until the server has announced extended CONNECT (RFC 8441 §3).
    pub(crate) async fn connect(entrance: Entrance, options: ServerOptions) -> Self {
        let (served, established) = Served::new(entrance, options);
        let (client, end) = duplex(1 << 20);
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.enable_connect_protocol();
        let serving = builder.serve_connection(TokioIo::new(end), served.clone());
        let serving = tokio::spawn(async move {
            // The result is ignored, since it is up to the client how it leaves.
            let _ = serving.await;
        });
        let (sender, mut connection) = client::handshake(client).await.expect("a stream in memory");
        let mut pings = connection.ping_pong().expect("the first one to ask");
        let connecting = tokio::spawn(async move {
            let _ = connection.await;
        });
        // The settings have arrived when a frame after the preface is answered.
        pings.ping(h2::Ping::opaque()).await.expect("a pong");
        assert!(sender.is_extended_connect_protocol_enabled(), "SETTINGS_ENABLE_CONNECT_PROTOCOL");
        Self { sender, served, established, tasks: [serving, connecting] }
    }

    /// Sends the head of a request, or returns an error if h2 can't send it.
    pub(crate) async fn send(
        &mut self,
        request: Request<()>,
        ends: bool,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut sender = self.sender.clone().ready().await?;
        sender.send_request(request, ends)
    }

    /// Leaves, and waits until the server has noticed it.
    pub(crate) async fn leave(self) {
        drop(self.sender);
        drop(self.established);
        for task in self.tasks {
            task.await.expect("no panic");
        }
    }
}

/// Reads a whole body.
pub(crate) async fn body(response: Response<RecvStream>) -> Result<Vec<u8>, h2::Error> {
    let mut stream = response.into_body();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    Ok(body)
}
