//! A steady load of clients. Some connect, exchange a message and leave. Others stay, and connect again when the
//! server tells them to go.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use websocket_upgrade::tokio::create_upgrade_request;
use websocket_upgrade::{ClientOptions, ClientStream, ReplayStream};

/// Running clients. Dropping it cuts them off.
pub(crate) struct Load {
    runtime: Runtime,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    arrivals: JoinHandle<()>,
}

/// The results of the clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Handshakes that were begun.
    pub(crate) handshakes: u64,
    /// Handshakes that failed.
    pub(crate) failed: u64,
    /// Messages that came back.
    pub(crate) messages: u64,
    /// The highest number of connections established at a time.
    pub(crate) most: u64,
    /// Connections that ended with the server's Close 1001.
    pub(crate) told: u64,
    /// Connections that ended in any other way, except by us.
    pub(crate) cut: u64,
    /// The shortest time from the start of a drain to the end of a connection.
    pub(crate) soonest: Option<Duration>,
    /// The first errors.
    pub(crate) errors: Vec<String>,
    established: u64,
}

struct Shared {
    url: String,
    counts: Mutex<Counts>,
    drain: Mutex<Instant>,
}

type Socket = WebSocketStream<ReplayStream<ClientStream>>;

/// How a connection has ended without being cut.
#[derive(PartialEq, Eq)]
enum End {
    /// We have closed it.
    Left,
    /// The server has closed it with Close 1001.
    Told,
}

impl Load {
    /// Clients of the server at this address.
    pub(crate) fn start(server: SocketAddr) -> Result<Self, String> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| format!("a runtime: {error}"))?;
        let shared = Arc::new(Shared {
            url: format!("ws://{server}/"),
            counts: Mutex::default(),
            drain: Mutex::new(Instant::now()),
        });
        let (stop, stopped) = watch::channel(false);
        let arrivals = runtime.spawn(arrive(Arc::clone(&shared), stopped));
        Ok(Self { runtime, shared, stop, arrivals })
    }

    /// Notes that a server drains from now on.
    pub(crate) fn drains(&self) {
        *lock(&self.shared.drain) = Instant::now();
    }

    /// Makes all clients leave, and counts.
    pub(crate) fn stop(self) -> Result<Counts, String> {
        self.stop.send_replace(true);
        let Self { runtime, shared, arrivals, .. } = self;
        let all = runtime.block_on(async { timeout(FAREWELL, arrivals).await });
        all.map_err(|_| "the clients have not left in time")?.map_err(|error| error.to_string())?;
        let counts = lock(&shared.counts).clone();
        Ok(counts)
    }
}

/// Starts clients until told to stop, and waits for the last one to end.
async fn arrive(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut clients = JoinSet::new();
    for _ in 0..STAYING {
        clients.spawn(stay(Arc::clone(&shared), stop.clone()));
    }
    let mut pace = interval(ARRIVALS);
    // Clients that are late are started too.
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            _ = pace.tick() => {
                clients.spawn(pass(Arc::clone(&shared), stop.clone()));
            }
            // The client has counted its own results.
            Some(_) = clients.join_next() => {}
        }
    }
    while clients.join_next().await.is_some() {}
}

/// Runs a client that exchanges a message and leaves.
async fn pass(shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    shared.visit(Some(1), stop).await;
}

/// Runs a client that connects again whenever it is told to go.
async fn stay(shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    while !*stop.borrow() && shared.visit(None, stop.clone()).await != Some(End::Left) {}
}

impl Shared {
    /// Makes one connection, for a number of messages or until we stop. Returns how it has ended, if it was not cut.
    async fn visit(&self, messages: Option<u32>, stop: watch::Receiver<bool>) -> Option<End> {
        lock(&self.counts).handshakes += 1;
        let upgraded = match create_upgrade_request(&self.url, &ClientOptions::new()).await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                let mut counts = lock(&self.counts);
                counts.failed += 1;
                counts.complain(format!("a handshake: {error}"));
                return None;
            }
        };
        {
            let mut counts = lock(&self.counts);
            counts.established += 1;
            counts.most = counts.most.max(counts.established);
        }
        let mut socket = WebSocketStream::from_raw_socket(upgraded.into_stream(), Role::Client, None).await;
        let end = self.exchange(&mut socket, messages, stop).await;
        let end = self.record(end);
        if end == Some(End::Told) {
            // This also sends our own Close, and then the server ends the connection.
            while let Some(Ok(_)) = socket.next().await {}
        }
        end
    }

    fn record(&self, end: Result<End, String>) -> Option<End> {
        let since = lock(&self.drain).elapsed();
        let mut counts = lock(&self.counts);
        counts.established -= 1;
        match end {
            Ok(End::Left) => {}
            Ok(End::Told) => {
                counts.told += 1;
                counts.soonest = Some(counts.soonest.map_or(since, |soonest| soonest.min(since)));
            }
            Err(ref error) => {
                counts.cut += 1;
                counts.complain(format!("an established connection, {since:?} after SIGTERM: {error}"));
                return None;
            }
        }
        end.ok()
    }

    async fn exchange(
        &self,
        socket: &mut Socket,
        messages: Option<u32>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<End, String> {
        let mut pace = interval(MESSAGES);
        let mut sent = 0;
        // This copy of the channel does not report changes that were made before it.
        let stopped = *stop.borrow_and_update();
        while !stopped && messages.is_none_or(|messages| sent < messages) {
            tokio::select! {
                _ = stop.changed() => break,
                _ = pace.tick() => {
                    sent += 1;
                    let text = format!("message {sent}");
                    socket.send(Message::text(text.clone())).await.map_err(|error| error.to_string())?;
                    match next(socket).await? {
                        Message::Text(echo) if echo.as_str() == text => lock(&self.counts).messages += 1,
                        message => return told(&message),
                    }
                }
                message = next(socket) => return told(&message?),
            }
        }
        socket.close(None).await.map_err(|error| error.to_string())?;
        match next(socket).await? {
            // The server closes as we did: without a code, or with the 1001 that it was about to send.
            message @ Message::Close(Some(_)) => told(&message).or(Ok(End::Left)),
            Message::Close(None) => Ok(End::Left),
            message => Err(format!("{message:?} after our Close")),
        }
    }
}

/// Returns the next message, which must come before the client would give up.
async fn next(socket: &mut Socket) -> Result<Message, String> {
    let message = timeout(ANSWER, socket.next()).await.map_err(|_| "no answer to a message")?;
    message.ok_or("the end of the stream without a Close")?.map_err(|error| error.to_string())
}

fn told(message: &Message) -> Result<End, String> {
    match message {
        Message::Close(Some(close)) if close.code == CloseCode::Away => Ok(End::Told),
        message => Err(format!("{message:?} instead of an echo or Close 1001")),
    }
}

impl Counts {
    fn complain(&mut self, error: String) {
        if self.errors.len() < ERRORS {
            self.errors.push(error);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of clients that stay.
const STAYING: usize = 30;

/// The interval between clients that do not stay.
const ARRIVALS: Duration = Duration::from_millis(10);

/// The interval between messages of a client.
const MESSAGES: Duration = Duration::from_millis(50);

/// The time for the answer to a message.
const ANSWER: Duration = Duration::from_secs(10);

/// The time for all clients to leave.
const FAREWELL: Duration = Duration::from_secs(20);

/// The maximum number of errors that are kept.
const ERRORS: usize = 5;
