//! The cases that are measured in memory: their inputs and contenders.

use std::fmt::Write;

use bench_core::Handshake;
use bench_core::measured::{self, CLIENT, FLOOR_A, FLOOR_B, PROTO};
use bench_core::requests::{ALL, MINIMAL, RESPONSE};

use crate::{frameworks, ours, peers};

/// One input, and its contenders.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: &'static [u8],
    pub(crate) handshakes: Vec<(&'static str, Handshake)>,
    /// The contenders that the others are put in ratio to.
    pub(crate) bases: &'static [&'static str],
    /// What the cost of some contenders contains.
    pub(crate) part: Option<Part>,
    /// How often the handshake runs when valgrind counts instructions.
    pub(crate) repeat: u32,
}

/// Work that is measured alone, and is a part of what others do.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// The contender that does nothing else.
    pub(crate) who: &'static str,
    /// The contenders that don't do it.
    pub(crate) without: &'static [&'static str],
}

const FLOORS: &[&str] = &[FLOOR_A, FLOOR_B];

/// What clients need that talk to a stream.
const OTHER_SIDE: Part = Part { who: "the other side alone", without: &[FLOOR_A, FLOOR_B, PROTO] };

/// What hyper does for any response.
const HYPER: Part = Part { who: "constant 101", without: &[] };

/// The servers beside those of `bench-core`.
const MORE_SERVERS: [(&str, Handshake); 6] = [
    ("websocket-upgrade, tokio", ours::tokio_server),
    ("soketto", peers::soketto_server),
    ("tokio-websockets", peers::tokio_websockets_server),
    ("tungstenite", peers::tungstenite_server),
    ("fastwebsockets", peers::fastwebsockets_server),
    (AXUM, peers::axum_server),
];

/// The clients beside those of `bench-core`.
const MORE_CLIENTS: [(&str, Handshake); 6] = [
    ("websocket-upgrade, tokio", ours::tokio_client),
    ("soketto", peers::soketto_client),
    ("tokio-websockets", peers::tokio_websockets_client),
    ("tungstenite", peers::tungstenite_client),
    ("fastwebsockets", peers::fastwebsockets_client),
    (OTHER_SIDE.who, peers::other_side),
];

const AXUM: &str = "axum";

const FRAMEWORKS: [(&str, Handshake); 8] = [
    (HYPER.who, frameworks::constant),
    ("constant 101, axum", frameworks::constant_in_axum),
    ("websocket-upgrade, hyper", frameworks::ours),
    ("websocket-upgrade, hyper, deflate", frameworks::ours_with_deflate),
    ("websocket-upgrade, axum", frameworks::ours_in_axum),
    (AXUM, peers::axum_server),
    ("fastwebsockets", peers::fastwebsockets_server),
    ("hyper-tungstenite", frameworks::hyper_tungstenite),
];

const GROWTH: [(&str, Handshake); 2] = [("whole", ours::whole), ("byte by byte", ours::byte_by_byte)];

/// The servers, one case for each request.
pub(crate) fn servers() -> Vec<Case> {
    let case = |(request, input)| Case {
        name: measured::server(request),
        input,
        handshakes: [measured::servers(), MORE_SERVERS.into()].concat(),
        bases: FLOORS,
        part: None,
        repeat: measured::TIMES,
    };
    ALL.map(case).into()
}

/// The clients.
pub(crate) fn clients() -> Case {
    Case {
        name: CLIENT.into(),
        input: RESPONSE,
        handshakes: [measured::clients(), MORE_CLIENTS.into()].concat(),
        bases: FLOORS,
        part: Some(OTHER_SIDE),
        repeat: measured::TIMES,
    }
}

/// Servers on hyper, one case for each request.
pub(crate) fn frameworks() -> Vec<Case> {
    let case = |(request, input)| Case {
        name: format!("on hyper, {request}"),
        input,
        handshakes: FRAMEWORKS.into(),
        bases: &[HYPER.who, AXUM],
        part: Some(HYPER),
        repeat: measured::TIMES,
    };
    ALL.map(case).into()
}

/// Heads of 1, 4 and 16 KiB.
pub(crate) fn growth() -> Vec<Case> {
    let case = |kib: usize| Case {
        name: format!("{kib} KiB"),
        input: Vec::leak(head(kib * 1024)),
        handshakes: GROWTH.into(),
        bases: &[],
        part: None,
        repeat: 50,
    };
    [1, 4, 16].map(case).into()
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    [servers(), vec![clients()], frameworks(), growth()].into_iter().flatten().collect()
}

/// Makes a request of this length from the minimal one, by adding field lines.
fn head(len: usize) -> Vec<u8> {
    /// The length of a line in bytes. It keeps the fields of the longest head below their limit.
    const LINE: usize = 220;
    let minimal = String::from_utf8_lossy(MINIMAL.1);
    let mut head = minimal.trim_end().to_owned() + "\r\n";
    let mut left = len - head.len() - "\r\n".len();
    let mut index = 0;
    while left > 0 {
        // A rest that is too short for a line of its own goes into the last line.
        let line = if left < 2 * LINE { left } else { LINE };
        let name = format!("X-Field-{index:02}: ");
        let value = "v".repeat(line - name.len() - "\r\n".len());
        let _ = write!(head, "{name}{value}\r\n");
        left -= line;
        index += 1;
    }
    (head + "\r\n").into_bytes()
}
