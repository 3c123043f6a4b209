//! One handshake after the other: opened, measured, and closed or kept open.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientStream, ConnectError, ReplayStream, Settings, create_upgrade_request};
use yawc::close::CloseCode;
use yawc::{Frame, Options, Role, WebSocket};

use super::tally::Tally;
use crate::network::{self, Target};

/// The time for the server to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// What all tasks of a run share.
#[derive(Debug)]
pub(crate) struct Opener {
    pub(crate) target: Target,
    /// Those that the target was made of.
    pub(crate) flags: network::Flags,
    pub(crate) session: Option<Session>,
    pub(crate) hold: Option<Duration>,
    /// The tasks of the connections that are kept open.
    pub(crate) holders: Mutex<JoinSet<()>>,
    pub(crate) tally: Tally,
    /// Whether handshakes under way are given up.
    pub(crate) stopped: watch::Receiver<bool>,
    /// Whether connections that are kept open are closed.
    pub(crate) over: watch::Receiver<bool>,
}

type Socket = WebSocket<ReplayStream<ClientStream>>;

/// A connection after its handshake.
pub(crate) struct Established {
    stream: ReplayStream<ClientStream>,
    settings: Settings,
}

impl Opener {
    /// Does a handshake that is due at this time, and counts what came of it.
    pub(crate) async fn open(&self, due: Instant) -> Option<Established> {
        let began = Instant::now();
        let handshake = async {
            let upgraded = match &self.session {
                Some(session) => session.open(&self.target.url, &self.target.options).await?,
                None => create_upgrade_request(&self.target.url, &self.target.options).await?,
            };
            Ok::<_, ConnectError>(upgraded)
        };
        let mut stopped = self.stopped.clone();
        let done = tokio::select! {
            done = handshake => done,
            _ = stopped.wait_for(|stopped| *stopped) => {
                self.tally.numbers().given_up += 1;
                return None;
            }
        };
        let ended = Instant::now();
        match done {
            Ok(upgraded) => {
                let (latency, service) = (ended.duration_since(due), ended.duration_since(began));
                self.tally.established(latency, service, &upgraded.report());
                let (stream, settings, _) = upgraded.into_parts();
                Some(Established { stream, settings })
            }
            Err(error) => {
                self.tally.failed(&error, network::failure(&error, &self.flags).exit);
                None
            }
        }
    }

    /// Closes a connection, or keeps it open in a task of its own.
    pub(crate) async fn leave(self: &Arc<Self>, established: Established) {
        let Ok(socket) = established.into_socket() else { return };
        let Some(time) = self.hold else { return close(socket).await };
        self.tally.opened();
        let opener = Arc::clone(self);
        let mut holders = self.holders();
        // The results of those that have ended are nothing, and are not kept.
        while holders.try_join_next().is_some() {}
        holders.spawn(async move { opener.hold(socket, time).await });
    }

    async fn hold(&self, mut socket: Socket, time: Duration) {
        let mut over = self.over.clone();
        // Its pings are answered, and its end is heard.
        let lost = tokio::select! {
            () = async { while socket.next().await.is_some() {} } => true,
            () = sleep(time) => false,
            _ = over.wait_for(|over| *over) => false,
        };
        self.tally.closed(lost);
        if !lost {
            close(socket).await;
        }
    }

    /// Waits for the connections that are kept open.
    pub(crate) async fn released(&self) {
        let mut holders = std::mem::take(&mut *self.holders());
        while holders.join_next().await.is_some() {}
    }

    /// Lets the connections that are kept open be for this time, or until the end.
    pub(crate) async fn rest(&self, time: Duration) {
        let mut over = self.over.clone();
        // The sender is gone at the end, too.
        let _ = timeout(time, over.wait_for(|over| *over)).await;
    }

    fn holders(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Established {
    /// Hands over to the codec, with compression if it is agreed.
    fn into_socket(self) -> yawc::Result<Socket> {
        let agreed = self.settings.permessage_deflate();
        let mut codec = Options::default();
        if let Some(agreed) = agreed {
            codec = codec.with_balanced_compression();
            if agreed.must_not_compress {
                codec = codec.with_compression_threshold(usize::MAX);
            }
        }
        let agreed = agreed.map(|agreed| agreed.to_string());
        WebSocket::from_stream_with_extensions(self.stream, Role::Client, agreed.as_deref(), codec)
    }
}

/// Says goodbye. A server that does not answer is not waited for.
async fn close(mut socket: Socket) {
    let farewell = async {
        if socket.send(Frame::close(CloseCode::Normal, "")).await.is_ok() {
            while socket.next().await.is_some() {}
        }
    };
    // It counts as established either way.
    let _ = timeout(FAREWELL, farewell).await;
}
