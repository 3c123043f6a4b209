//! What this package measures: the floors and the core, on each request and on a client's response.

use std::hint::black_box;

#[cfg(target_arch = "x86_64")]
use crate::floor_b;
use crate::repetition::Repetition;
use crate::requests::{self, RESPONSE};
use crate::{Handshake, floor_a, proto};

/// The word in front of the arguments of a program that repeats a handshake.
pub const REPEAT: &str = "--repeat";

/// The arguments of a program that repeats nothing, to find a counter that works.
pub const NOTHING: [&str; 3] = arguments("nothing", "at all");

/// The name of floor A.
pub const FLOOR_A: &str = "floor A";

/// The name of floor B, which there is only on a processor with AVX2.
pub const FLOOR_B: &str = "floor B";

/// The name of the core.
pub const PROTO: &str = "websocket-upgrade-proto";

/// The name of the clients' case.
pub const CLIENT: &str = "client";

/// How often valgrind has to see a handshake.
pub const TIMES: u32 = 500;

/// One input, and what is done with it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its name, as tables show it.
    pub name: String,
    /// The request of a server, or the response of a client.
    pub input: &'static [u8],
    /// The handshakes, with their names. The first one is the base of the ratios.
    pub handshakes: Vec<(&'static str, Handshake)>,
}

/// Returns the servers, one case for each request, and the client.
pub fn cases() -> Vec<Measured> {
    let server = |(request, input)| Measured { name: server(request), input, handshakes: servers() };
    let mut cases: Vec<_> = requests::ALL.into_iter().map(server).collect();
    cases.push(Measured { name: CLIENT.to_owned(), input: RESPONSE, handshakes: clients() });
    cases
}

/// Returns the name of the servers' case for a request.
pub fn server(request: &str) -> String {
    format!("server, {request}")
}

/// Returns the servers, with their names.
pub fn servers() -> Vec<(&'static str, Handshake)> {
    #[cfg(target_arch = "x86_64")]
    let floor_b = floor_b::server();
    #[cfg(not(target_arch = "x86_64"))]
    let floor_b = None;
    beside(floor_a::server, floor_b, proto::server)
}

/// Returns the clients, with their names.
pub fn clients() -> Vec<(&'static str, Handshake)> {
    #[cfg(target_arch = "x86_64")]
    let floor_b = floor_b::client();
    #[cfg(not(target_arch = "x86_64"))]
    let floor_b = None;
    beside(floor_a::client, floor_b, proto::client)
}

fn beside(a: Handshake, b: Option<Handshake>, proto: Handshake) -> Vec<(&'static str, Handshake)> {
    let b = b.map(|b| (FLOOR_B, b));
    [(FLOOR_A, a)].into_iter().chain(b).chain([(PROTO, proto)]).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floors_write_the_same_and_the_core_a_whole_head() {
        for case in cases() {
            let of = |who: &str| {
                let (_, handshake) = case.handshakes.iter().find(|(name, _)| *name == who)?;
                Some(written(*handshake, case.input))
            };
            let [a, core] = [FLOOR_A, PROTO].map(|who| of(who).expect("it is there"));
            assert!(a.ends_with(b"\r\n\r\n") && core.ends_with(b"\r\n\r\n"), "{}", case.name);
            assert!(of(FLOOR_B).is_none_or(|b| a == b), "{}", case.name);
        }
    }

    fn written(handshake: Handshake, input: &'static [u8]) -> Vec<u8> {
        let mut out = [0; 1024];
        let len = handshake(input, &mut out);
        out[..len].to_vec()
    }
}
