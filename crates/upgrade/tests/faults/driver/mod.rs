//! The calls of every driver, in a common form.

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
    /// Whether its calls are futures, which can be dropped half way.
    pub(crate) has_futures: bool,
    /// Runs a call. Returns its result, and its duration in simulated time.
    pub(crate) in_memory: fn(Call, Stages, &Options, Far) -> (Outcome, Duration),
    pub(crate) on_socket: fn(Call, TcpStream, &Options, Far) -> Outcome,
}

pub(crate) const DRIVERS: [Driver; 3] = [tokio::DRIVER, futures::DRIVER, blocking::DRIVER];

/// A call, and the application's decision if it looks at the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Accept,
    /// Handles a request that asks for an upgrade, or another one.
    Handle {
        valid: bool,
    },
    Receive(Decision),
    UpgradeOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Accept,
    /// Checks the request, and accepts it if it passes.
    Check,
    Reject,
    Drop,
    /// Makes a future that accepts, and drops it before it has begun.
    ForgetToAccept,
    ForgetToCheck,
    ForgetToReject,
}

/// How far a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Far {
    ToItsEnd,
    /// Up to its first wait, where it is dropped.
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
                    // It lets other tasks run, and does not wait.
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

/// The result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Established,
    /// The application's own refusal was sent.
    Told,
    /// The application has not decided.
    Undecided,
    Closed,
    Deadline,
    /// It waited, and was dropped there.
    Dropped,
    Io(ErrorKind),
    Refused {
        status: u16,
        truncated: bool,
    },
    Rejected(u16),
    /// A result that no fault of the other side may have.
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

/// Makes a request as an HTTP server has parsed it.
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
