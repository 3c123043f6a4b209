//! The cases that are measured in memory: their inputs and contenders.

use std::fmt::Write;

use bench_core::requests::{CHROME, CLIENT, RESPONSE, SERVERS};
use bench_core::{Handshake, measured};

use crate::{frameworks, ours, peers};

/// One input, and its contenders.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: &'static [u8],
    /// The contenders. The first one is the base of the ratios, if there is one.
    pub(crate) handshakes: Vec<(&'static str, Handshake)>,
    /// How often the handshake runs when valgrind counts instructions.
    pub(crate) repeat: u32,
}

/// The servers beside those of `bench-core`.
const MORE_SERVERS: [(&str, Handshake); 6] = [
    ("websocket-upgrade, tokio", ours::tokio_server),
    ("soketto", peers::soketto_server),
    ("tokio-websockets", peers::tokio_websockets_server),
    ("tungstenite", peers::tungstenite_server),
    ("fastwebsockets", peers::fastwebsockets_server),
    ("axum", peers::axum_server),
];

/// The clients beside those of `bench-core`.
const MORE_CLIENTS: [(&str, Handshake); 6] = [
    ("websocket-upgrade, tokio", ours::tokio_client),
    ("soketto", peers::soketto_client),
    ("tokio-websockets", peers::tokio_websockets_client),
    ("tungstenite", peers::tungstenite_client),
    ("fastwebsockets", peers::fastwebsockets_client),
    ("the other side alone", peers::other_side),
];

const FRAMEWORKS: [(&str, Handshake); 8] = [
    ("constant 101", frameworks::constant),
    ("constant 101, axum", frameworks::constant_in_axum),
    ("websocket-upgrade, hyper", frameworks::ours),
    ("websocket-upgrade, hyper, deflate", frameworks::ours_with_deflate),
    ("websocket-upgrade, axum", frameworks::ours_in_axum),
    ("axum", peers::axum_server),
    ("fastwebsockets", peers::fastwebsockets_server),
    ("hyper-tungstenite", frameworks::hyper_tungstenite),
];

const GROWTH: [(&str, Handshake); 2] = [("whole", ours::whole), ("byte by byte", ours::byte_by_byte)];

/// The servers, one case for each request.
pub(crate) fn servers() -> Vec<Case> {
    let case = |(name, input): (&str, _)| Case {
        name: name.to_owned(),
        input,
        handshakes: [measured::servers(), MORE_SERVERS.into()].concat(),
        repeat: measured::TIMES,
    };
    SERVERS.map(case).into()
}

/// The clients.
pub(crate) fn clients() -> Case {
    Case {
        name: CLIENT.into(),
        input: RESPONSE,
        handshakes: [measured::clients(), MORE_CLIENTS.into()].concat(),
        repeat: measured::TIMES,
    }
}

/// Servers on hyper.
pub(crate) fn frameworks() -> Case {
    Case {
        name: "on hyper, Chrome".into(),
        input: CHROME,
        handshakes: FRAMEWORKS.into(),
        repeat: measured::TIMES,
    }
}

/// Heads of 1, 4 and 16 KiB.
pub(crate) fn growth() -> Vec<Case> {
    let case = |kib: usize| Case {
        name: format!("{kib} KiB"),
        input: Vec::leak(head(kib * 1024)),
        handshakes: GROWTH.into(),
        repeat: 50,
    };
    [1, 4, 16].map(case).into()
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    [servers(), vec![clients(), frameworks()], growth()].into_iter().flatten().collect()
}

/// Makes a request of this length from the minimal one, by adding field lines.
fn head(len: usize) -> Vec<u8> {
    /// The length of a line in bytes. It keeps the fields of the longest head below their limit.
    const LINE: usize = 220;
    let minimal = String::from_utf8_lossy(SERVERS[0].1);
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
