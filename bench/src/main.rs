//! What a handshake costs in memory: bytes of the request in, bytes of the 101 out, and the other way round.
//!
//! Beside it stands the floor: what `httparse`, `sha1` and `base64` need alone, with a template and no validation.
//! Ratios of one run count; the machine's noise is in the times.

use std::hint::black_box;
use std::time::{Duration, Instant};

mod floor;
mod ours;

const REQUESTS: [(&str, &[u8]); 3] = [
    ("minimal", include_bytes!("../requests/minimal.http")),
    ("Chrome", include_bytes!("../requests/chrome.http")),
    ("60 fields", include_bytes!("../requests/60-fields.http")),
];

fn main() {
    println!("| server | bytes | floor | ours | ratio |\n|---|--:|--:|--:|--:|");
    for (name, request) in REQUESTS {
        let mut out = [0; 1024];
        assert!(floor::server(request, &mut out) > 0 && ours::server(request, &mut out) > 0);
        row(name, request.len(), |out| floor::server(request, out), |out| ours::server(request, out));
    }
    println!("\n| client | bytes | floor | ours | ratio |\n|---|--:|--:|--:|--:|");
    row("request out, 101 checked", 129, floor::client, ours::client);
}

/// The two in turns, so that both see the same machine.
fn row(
    name: &str,
    bytes: usize,
    mut floor: impl FnMut(&mut [u8]) -> usize,
    mut ours: impl FnMut(&mut [u8]) -> usize,
) {
    const ROUNDS: u32 = 200;
    let (mut least_floor, mut least_ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        least_floor = least_floor.min(time(&mut floor));
        least_ours = least_ours.min(time(&mut ours));
    }
    let ratio = least_ours.as_secs_f64() / least_floor.as_secs_f64();
    println!("| {name} | {bytes} | {least_floor:?} | {least_ours:?} | {ratio:.2} |");
}

/// One call, on average of many.
fn time(call: &mut impl FnMut(&mut [u8]) -> usize) -> Duration {
    const CALLS: u32 = 1000;
    let mut out = [0; 1024];
    let started = Instant::now();
    for _ in 0..CALLS {
        black_box(call(black_box(&mut out)));
    }
    started.elapsed() / CALLS
}
