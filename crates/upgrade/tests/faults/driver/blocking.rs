//! The calls of the blocking driver.

use std::net::TcpStream;
use std::time::Duration;

use websocket_upgrade::Socket;
use websocket_upgrade::blocking::{TimedStream, accept, handle_upgrade_request, receive, upgrade_on};

use super::{Call, Decision, Driver, Far, Options, Outcome, URL, rejection, request};
use crate::stages::Stages;

pub(super) const DRIVER: Driver = Driver { name: "blocking", has_futures: false, in_memory, on_socket };

fn in_memory(call: Call, io: Stages, options: &Options, _: Far) -> (Outcome, Duration) {
    let clock = io.clock.clone();
    let outcome = outcome(call, io, options);
    // The moment of a last attempt is not counted.
    let elapsed = Duration::from_millis(clock.now().as_millis().try_into().expect("a time of a test"));
    (outcome, elapsed)
}

fn on_socket(call: Call, io: TcpStream, options: &Options, _: Far) -> Outcome {
    outcome(call, io, options)
}

fn outcome<S: TimedStream>(call: Call, io: S, Options { server, client }: &Options) -> Outcome {
    match call {
        Call::Accept => Outcome::of(accept(io, server), Outcome::Established),
        Call::Handle { valid } => {
            let handled = handle_upgrade_request(&request(valid), Socket::new(io), server);
            Outcome::of(handled, Outcome::Established)
        }
        Call::Receive(decision) => match (receive(io, server), decision) {
            (Err(error), _) => error.into(),
            (Ok(incoming), Decision::Accept) => Outcome::of(incoming.accept(server), Outcome::Established),
            (Ok(incoming), Decision::Check) => {
                let accepted = incoming.check(server).and_then(|incoming| incoming.accept(server));
                Outcome::of(accepted, Outcome::Established)
            }
            (Ok(incoming), Decision::Reject) => Outcome::of(incoming.reject(rejection()), Outcome::Told),
            (
                Ok(incoming),
                Decision::Drop
                | Decision::ForgetToAccept
                | Decision::ForgetToCheck
                | Decision::ForgetToReject,
            ) => {
                drop(incoming);
                Outcome::Undecided
            }
        },
        Call::UpgradeOn => Outcome::of(upgrade_on(io, URL, client), Outcome::Established),
    }
}
