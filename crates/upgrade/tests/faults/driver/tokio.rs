//! The calls of tokio's driver.

use std::net::TcpStream;
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::runtime::Builder;
use ::tokio::time::{Instant, timeout};
use websocket_upgrade::{Socket, accept, handle_upgrade_request, receive, upgrade_on};

use super::{Call, Decision, Driver, Far, Options, Outcome, URL, rejection, request};
use crate::stages::Stages;

pub(super) const DRIVER: Driver = Driver { name: "tokio", has_futures: true, in_memory, on_socket };

/// Beyond every deadline.
const NEVER: Duration = Duration::from_secs(3600);

fn in_memory(call: Call, io: Stages, options: &Options, far: Far) -> (Outcome, Duration) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let start = Instant::now();
        let ended = timeout(NEVER, far.go(outcome(call, io, options))).await;
        (ended.expect("it ends"), start.elapsed())
    })
}

fn on_socket(call: Call, io: TcpStream, options: &Options, far: Far) -> Outcome {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        io.set_nonblocking(true).expect("an option");
        let io = ::tokio::net::TcpStream::from_std(io).expect("a socket");
        far.go(outcome(call, io, options)).await
    })
}

async fn outcome<S>(call: Call, io: S, Options { server, client }: &Options) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match call {
        Call::Accept => Outcome::of(accept(io, server).await, Outcome::Established),
        Call::Handle { valid } => {
            let handled = handle_upgrade_request(&request(valid), Socket::new(io), server).await;
            Outcome::of(handled, Outcome::Established)
        }
        Call::Receive(decision) => {
            let incoming = match receive(io, server).await {
                Ok(incoming) => incoming,
                Err(error) => return error.into(),
            };
            match decision {
                Decision::Accept => return Outcome::of(incoming.accept(server).await, Outcome::Established),
                Decision::Check => {
                    let accepted = match incoming.check(server).await {
                        Ok(incoming) => incoming.accept(server).await,
                        Err(error) => return error.into(),
                    };
                    return Outcome::of(accepted, Outcome::Established);
                }
                Decision::Reject => return Outcome::of(incoming.reject(rejection()).await, Outcome::Told),
                Decision::Drop => drop(incoming),
                Decision::ForgetToAccept => drop(incoming.accept(server)),
                Decision::ForgetToCheck => drop(incoming.check(server)),
                Decision::ForgetToReject => drop(incoming.reject(rejection())),
            }
            Outcome::Undecided
        }
        Call::UpgradeOn => Outcome::of(upgrade_on(io, URL, client).await, Outcome::Established),
    }
}
