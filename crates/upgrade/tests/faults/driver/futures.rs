//! The calls of the driver for futures-io.

use std::net::TcpStream;
use std::time::Duration;

use ::smol::io::{AsyncRead, AsyncWrite};
use ::smol::{Async, Timer};
use websocket_upgrade::{Socket, futures};

use super::{Call, Decision, Driver, Far, Options, Outcome, URL, rejection, request};
use crate::stages::Stages;
use crate::time::{run, sleep};

pub(super) const DRIVER: Driver = Driver { name: "futures", has_futures: true, in_memory, on_socket };

fn in_memory(call: Call, io: Stages, options: &Options, far: Far) -> (Outcome, Duration) {
    let clock = io.clock.clone();
    let outcome = run(&clock, far.go(outcome(call, io, options, sleep(&clock))));
    (outcome, clock.now())
}

fn on_socket(call: Call, io: TcpStream, options: &Options, far: Far) -> Outcome {
    let io = Async::new(io).expect("a socket");
    // smol's stream ends its sending side, which the bare socket does not.
    let io = ::smol::net::TcpStream::from(io);
    ::smol::block_on(far.go(outcome(call, io, options, Timer::after)))
}

async fn outcome<S, F>(
    call: Call,
    io: S,
    Options { server, client }: &Options,
    sleep: impl Fn(Duration) -> F,
) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    match call {
        Call::Accept => Outcome::of(futures::accept(io, server, sleep).await, Outcome::Established),
        Call::Handle { valid } => {
            let (request, socket) = (request(valid), Socket::new(io));
            let handled = futures::handle_upgrade_request(&request, socket, server, sleep).await;
            Outcome::of(handled, Outcome::Established)
        }
        Call::Receive(decision) => {
            let incoming = match futures::receive(io, server, sleep).await {
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
        Call::UpgradeOn => {
            Outcome::of(futures::upgrade_on(io, URL, client, sleep).await, Outcome::Established)
        }
    }
}
