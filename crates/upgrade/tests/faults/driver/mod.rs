//! Every driver's calls, in words that all of them share.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, HandleError, ServerOptions};

use crate::stages::Stages;
use crate::time::Woken;

mod blocking;
mod futures;
mod tokio;

/// A driver.
#[derive(Clone, Copy)]
pub(crate) struct Driver {
    pub(crate) name: &'static str,
    /// Whether its calls are futures, that can be dropped half way.
    pub(crate) has_futures: bool,
    /// What a call comes to, and how long it takes in a time that passes only when it waits.
    pub(crate) in_memory: fn(Call, Stages, &Options, Far) -> (Outcome, Duration),
    pub(crate) on_socket: fn(Call, TcpStream, &Options, Far) -> Outcome,
}

pub(crate) const DRIVERS: [Driver; 3] = [tokio::DRIVER, futures::DRIVER, blocking::DRIVER];

/// What is called, and what the application does with a request that it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Accept,
    /// Of a request that asks for an upgrade, or for something else.
    Handle {
        valid: bool,
    },
    Receive(Decision),
    UpgradeOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Accept,
    Reject,
    Drop,
    /// A future that accepts is made, and dropped before it has begun.
    ForgetToAccept,
    ForgetToReject,
}

/// How far a call is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Far {
    ToItsEnd,
    /// Up to where it waits first. There it is dropped.
    ToItsFirstWait,
}

impl Far {
    async fn go(self, future: impl Future<Output = Outcome>) -> Outcome {
        let mut future = pin!(future);
        if self == Self::ToItsEnd {
            return future.await;
        }
        let woken = Arc::<Woken>::default();
        let waker = Waker::from(Arc::clone(&woken));
        poll_fn(|_| {
            loop {
                match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(done) => return Poll::Ready(done),
                    // It lets others have their turn, and waits for nothing.
                    Poll::Pending if woken.take() => {}
                    Poll::Pending => return Poll::Ready(Outcome::Dropped),
                }
            }
        })
        .await
    }
}

/// The options of both roles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) server: ServerOptions,
    pub(crate) client: ClientOptions,
}

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Established,
    /// The application's own refusal is sent.
    Told,
    /// The application has not decided.
    Undecided,
    Closed,
    Deadline,
    /// It waited, and was not let go further.
    Dropped,
    Io(ErrorKind),
    Refused {
        status: u16,
        truncated: bool,
    },
    Rejected(u16),
    /// Nothing that a fault of the other side may come to.
    Other,
}

impl Outcome {
    pub(crate) fn of<T>(result: Result<T, impl Into<Self>>, good: Self) -> Self {
        result.map_or_else(Into::into, |_| good)
    }
}

impl From<HandleError> for Outcome {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Closed => Self::Closed,
            HandleError::Io(error) => Self::Io(error.kind()),
            HandleError::Rejected(error) => Self::Rejected(error.reason().status()),
            _ => Self::Other,
        }
    }
}

impl From<ConnectError> for Outcome {
    fn from(error: ConnectError) -> Self {
        match error.reason() {
            ConnectReason::Deadline => Self::Deadline,
            ConnectReason::Io(error) => Self::Io(error.kind()),
            ConnectReason::Refused(refused) => {
                Self::Refused { status: refused.status(), truncated: refused.truncated }
            }
            _ => Self::Other,
        }
    }
}

const URL: &str = "ws://server.example.com/chat";

/// What an HTTP server has parsed.
fn request(valid: bool) -> http::Request<()> {
    let request = http::Request::get("/chat").header("Host", "server.example.com");
    let request = if valid {
        request
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-WebSocket-Version", "13")
    } else {
        request
    };
    request.body(()).expect("a request")
}

/// The application's own refusal.
fn rejection() -> websocket_upgrade::Rejection {
    websocket_upgrade::Rejection::new(403).expect("a status").body("no\n")
}
