//! What this package measures: the floor and the core, on each request and on a client's response.

use std::hint::black_box;

use crate::repetition::Repetition;
use crate::requests::{self, RESPONSE};
use crate::{Handshake, floor, proto};

/// The word in front of the arguments of a program that repeats a handshake.
pub const REPEAT: &str = "--repeat";

/// The arguments of a program that repeats nothing, to find a counter that works.
pub const NOTHING: [&str; 3] = arguments("nothing", "at all");

/// How often valgrind has to see a handshake.
pub const TIMES: u32 = 500;

/// One input, and what is done with it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its name, as tables show it.
    pub name: &'static str,
    /// The request of a server, or the response of a client.
    pub input: &'static [u8],
    /// The handshakes, with their names. The first one is the base of the ratios.
    pub handshakes: Vec<(&'static str, Handshake)>,
}

/// Returns the servers, one case for each request, and the client.
pub fn cases() -> Vec<Measured> {
    let server = |(name, input)| Measured { name, input, handshakes: servers() };
    let mut cases: Vec<_> = requests::SERVERS.into_iter().map(server).collect();
    cases.push(Measured { name: requests::CLIENT, input: RESPONSE, handshakes: clients() });
    cases
}

/// Returns the servers, with their names.
pub fn servers() -> Vec<(&'static str, Handshake)> {
    vec![("floor", floor::server), ("websocket-upgrade-proto", proto::server)]
}

/// Returns the clients, with their names.
pub fn clients() -> Vec<(&'static str, Handshake)> {
    vec![("floor", floor::client), ("websocket-upgrade-proto", proto::client)]
}

/// Returns the arguments of a program that repeats a handshake, but for the last one, which says how.
pub const fn arguments<'a>(who: &'a str, what: &'a str) -> [&'a str; 3] {
    [REPEAT, who, what]
}

/// Repeats a handshake that [`arguments`] names. `None` if there is no such handshake.
pub fn repeat(who: &str, what: &str, repetition: Repetition) -> Option<Result<(), String>> {
    if arguments(who, what) == NOTHING {
        return Some(repetition.run(|| ()));
    }
    let case = cases().into_iter().find(|case| case.name == what)?;
    let (_, handshake) = case.handshakes.into_iter().find(|(name, _)| *name == who)?;
    Some(shake(repetition, handshake, case.input))
}

/// Repeats a handshake on an input.
///
/// # Errors
/// The text of an error if the process can't be traced.
pub fn shake(repetition: Repetition, handshake: Handshake, input: &'static [u8]) -> Result<(), String> {
    let mut out = [0; 1024];
    repetition.run(|| {
        black_box(handshake(black_box(input), black_box(&mut out)));
    })
}
