//! Reset streams and closed connections at every stage of a handshake over HTTP/2.

use std::time::Duration;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use h2::{Ping, Reason, RecvStream, SendStream};
use http::Request;
use rustix::net::sockopt::set_socket_linger;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::connect::connect;
use crate::counted::leaks_nothing;
use crate::server::{Listening, block_on, first, runtime, until};

/// A client's connection.
pub(crate) struct Client {
    sender: SendRequest<Bytes>,
    connection: JoinHandle<()>,
}

/// A stream in progress.
pub(crate) struct Begun {
    sending: SendStream<Bytes>,
    _response: Option<client::ResponseFuture>,
    _receiving: Option<RecvStream>,
}

/// What has happened after the request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum After {
    /// The request has come to the application.
    Asked,
    /// The response has arrived.
    Response,
    /// The application has sent data as well. The window is not opened for more.
    Data,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Leave {
    Close,
    Reset,
    /// Only the stream ends.
    ResetStream(Reason),
}

impl Client {
    pub(crate) async fn connect(listening: &Listening) -> Self {
        Self::on(listening.meet().await).await
    }

    async fn on(io: TcpStream) -> Self {
        let (sender, mut connection) = client::handshake(io).await.expect("a server");
        let mut pings = connection.ping_pong().expect("the first one to ask");
        let connection = tokio::spawn(async move {
            let _ = connection.await;
        });
        // The settings have arrived when a frame after the preface is answered.
        pings.ping(Ping::opaque()).await.expect("a pong");
        Self { sender, connection }
    }

    pub(crate) async fn begin(&mut self, listening: &Listening, path: &str, after: After) -> Begun {
        let asked = listening.asked();
        let mut sender = self.sender.clone().ready().await.expect("a connection");
        let request = connect(&format!("https://a{path}"), &[("sec-websocket-version", "13")]);
        let (response, mut sending) = sender.send_request(request, false).expect("a legal request");
        if after == After::Asked {
            until(|| listening.asked() > asked).await;
            return Begun { sending, _response: Some(response), _receiving: None };
        }
        let response = response.await.expect("a response");
        assert_eq!(response.status(), 200);
        let mut receiving = response.into_body();
        if after == After::Data {
            sending.send_data(Bytes::from_static(b"7"), false).expect("an open stream");
            receiving.data().await.expect("no end").expect("no reset");
        }
        Begun { sending, _response: None, _receiving: Some(receiving) }
    }

    /// Makes a handshake that succeeds, and an echo up to its end.
    pub(crate) async fn is_served(&mut self) {
        let mut sender = self.sender.clone().ready().await.expect("a connection");
        let request = connect("https://a/", &[("sec-websocket-version", "13")]);
        let (response, mut sending) = sender.send_request(request, false).expect("a legal request");
        let response = response.await.expect("a response");
        assert_eq!(response.status(), 200);
        sending.send_data(Bytes::from_static(b"7"), true).expect("an open stream");
        let mut receiving = response.into_body();
        assert_eq!(receiving.data().await.expect("no end").expect("no reset"), &b"7"[..]);
        // The end may have a frame of its own.
        while let Some(data) = receiving.data().await {
            assert!(data.expect("no reset").is_empty());
        }
    }

    /// Makes a plain HTTP request, which is answered even during a drain, and closes the connection.
    pub(crate) async fn asks_and_leaves(self) {
        let mut sender = self.sender.clone().ready().await.expect("a connection");
        let request = Request::get("https://a/").body(()).expect("a request");
        let (response, _) = sender.send_request(request, true).expect("a legal request");
        assert_eq!(response.await.expect("a response").status(), 200);
        self.leave().await;
    }

    /// Closes the connection, whatever is in progress on it.
    pub(crate) async fn leave(self) {
        self.connection.abort();
        // It may have ended already.
        let _ = self.connection.await;
    }
}

#[test]
fn a_stream_that_ends_at_any_stage_leaves_nothing_behind() {
    let stages = [
        ("/wait", After::Asked),
        ("/", After::Asked),
        ("/", After::Response),
        ("/", After::Data),
        ("/large", After::Asked),
        ("/large", After::Response),
        ("/flood", After::Asked),
        ("/flood", After::Response),
        ("/flood", After::Data),
    ];
    let ways = [
        Leave::Close,
        Leave::Reset,
        Leave::ResetStream(Reason::CANCEL),
        Leave::ResetStream(Reason::NO_ERROR),
        Leave::ResetStream(Reason::INTERNAL_ERROR),
    ];
    let all = || {
        block_on(&runtime(), async {
            let (listening, start) = (Listening::new(), Instant::now());
            for (path, after) in stages {
                for way in ways {
                    let io = listening.meet().await;
                    if way == Leave::Reset {
                        set_socket_linger(&io, Some(Duration::ZERO)).expect("an option");
                    }
                    let mut client = Client::on(io).await;
                    let mut begun = client.begin(&listening, path, after).await;
                    if path == "/wait" {
                        until(|| listening.server.gate.under_way() == 1).await;
                    }
                    if let Leave::ResetStream(reason) = way {
                        begun.sending.send_reset(reason);
                        drop(begun);
                        // Only the task of the connection is left, which carries other streams.
                        until(|| listening.server.tasks.len() == 1).await;
                        assert_eq!(listening.server.gate.under_way(), 0, "{path}, {after:?}");
                        client.is_served().await;
                    }
                    client.leave().await;
                    listening.is_idle().await;
                }
            }
            listening.serves().await;
            assert_eq!(start.elapsed(), Duration::ZERO, "nobody has waited for a deadline");
            listening.ends().await;
        });
    };
    leaks_nothing(first, all);
}
