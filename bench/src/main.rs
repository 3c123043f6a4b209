//! What a handshake costs in memory: bytes of the request in, bytes of the 101 out, and the other way round.
//!
//! Beside it stands the floor, what `httparse`, `sha1` and `base64` need alone, with a template and no validation, and
//! what others make of the same bytes. Ratios to the floor of one run count; the machine's noise is in the times. With
//! valgrind on the machine instructions are counted too; it knows no SHA instructions, so every row's SHA-1 is counted
//! as it would be on a processor without them.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use clap::Parser;

mod floor;
mod instructions;
mod ours;
mod peers;
mod table;

use table::{Measured, Table};

/// A handshake: what it writes goes into the buffer; the bytes, or 0 for a failure.
type Handshake = fn(&[u8], &mut [u8]) -> usize;

const REQUESTS: [(&str, &[u8]); 3] = [
    ("minimal", include_bytes!("../requests/minimal.http")),
    ("Chrome", include_bytes!("../requests/chrome.http")),
    ("60 fields", include_bytes!("../requests/60-fields.http")),
];

/// The floor first: the others' ratios are to it.
const SERVERS: [(&str, Handshake); 5] = [
    ("floor", floor::server),
    ("websocket-upgrade", ours::server),
    ("soketto", peers::soketto),
    ("tokio-websockets", peers::tokio_websockets),
    ("tungstenite", peers::tungstenite),
];

const CLIENTS: [(&str, Handshake); 2] = [("floor", floor::client), ("websocket-upgrade", ours::client)];

/// What a handshake costs in memory.
#[derive(Parser)]
struct Arguments {
    /// Write the figures into a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<std::path::PathBuf>,
    /// Do one handshake so many times, and nothing else: what a counter of instructions looks at
    #[arg(long, num_args = 3, value_names = ["WHO", "WHAT", "TIMES"], hide = true)]
    repeat: Option<Vec<String>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some([who, what, times]) = arguments.repeat.as_deref() {
        return repeat(who, what, times.parse().unwrap_or(0));
    }
    let mut table = Table::default();
    for (what, request) in REQUESTS {
        table.push("server", what, request.len(), compare(what, request, &SERVERS));
    }
    table.push("client", "request out, 101 in", floor::RESPONSE.len(), compare("client", b"", &CLIENTS));
    println!("{table}");
    match arguments.json.map(|path| std::fs::write(path, table.to_json())) {
        Some(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// All of them on the same bytes, in turns, so that they see the same machine.
fn compare(what: &str, request: &[u8], handshakes: &[(&'static str, Handshake)]) -> Vec<Measured> {
    const ROUNDS: u32 = 200;
    let mut rows: Vec<Measured> =
        handshakes.iter().map(|(who, handshake)| measured(who, *handshake, request)).collect();
    for _ in 0..ROUNDS {
        for (row, (_, handshake)) in rows.iter_mut().zip(handshakes).filter(|(row, _)| row.works) {
            row.time = row.time.min(time(*handshake, request));
        }
    }
    for row in rows.iter_mut().filter(|row| row.works) {
        row.instructions = instructions::count(row.who, what);
    }
    rows
}

fn measured(who: &'static str, handshake: Handshake, request: &[u8]) -> Measured {
    let mut out = [0; 1024];
    let mut len = handshake(request, &mut out);
    let allocations = measure(|| len = black_box(handshake(black_box(request), &mut out)));
    Measured {
        who,
        works: len > 0,
        time: Duration::MAX,
        allocations: allocations.count_total,
        instructions: None,
    }
}

/// One handshake, on average of many.
fn time(handshake: Handshake, request: &[u8]) -> Duration {
    const CALLS: u32 = 200;
    let mut out = [0; 1024];
    let started = Instant::now();
    for _ in 0..CALLS {
        black_box(handshake(black_box(request), black_box(&mut out)));
    }
    started.elapsed() / CALLS
}

fn repeat(who: &str, what: &str, times: u32) -> ExitCode {
    let request = REQUESTS.iter().find(|(name, _)| *name == what).map(|(_, request)| *request);
    let handshakes: &[(&str, Handshake)] = if request.is_some() { &SERVERS } else { &CLIENTS };
    let Some((_, handshake)) = handshakes.iter().find(|(name, _)| *name == who) else {
        return ExitCode::FAILURE;
    };
    let mut out = [0; 1024];
    for _ in 0..times {
        black_box(handshake(black_box(request.unwrap_or_default()), black_box(&mut out)));
    }
    ExitCode::SUCCESS
}
