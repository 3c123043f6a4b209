//! Measures the cost of one upgrade for a server over loopback: processor time, page faults, system calls.

use std::io;

use serde_json::{Value, json};

use crate::load::{Clients, IN_FLIGHT, Served};
use crate::serve::Server;
use crate::table::{Markdown, number};
use crate::traced;

/// Upgrades of one round, for each one in progress.
const TIMES: u32 = 16;
const ROUNDS: u32 = 60;

/// Calls that send on a socket. Plain `write` is not among them: tokio wakes itself by it.
const SENDING: [&str; 3] = ["sendmsg", "sendto", "writev"];

/// The figures of one server.
struct Row {
    server: Server,
    /// The processor time of one upgrade in nanoseconds, as the median over all rounds.
    cpu: f64,
    /// The median over all rounds of the ratio to the first server in the same round.
    ratio: f64,
    faults: f64,
    calls: Option<Calls>,
}

/// The system calls of one upgrade.
struct Calls {
    all: f64,
    sending: f64,
}

/// Measures all servers in turns, so that they see the same state of the machine. The first one answers a constant.
pub(crate) fn measure(what: &str, servers: &[Server]) -> io::Result<(String, Value)> {
    let clients = Clients::new()?;
    let mut served = Vec::new();
    for &server in servers {
        let process = Served::start(server.name(), &[])?;
        clients.upgrade(&process, TIMES)?;
        let begun = process.used()?;
        served.push((server, process, begun, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (_, process, _, rounds) in &mut served {
            let before = process.used()?.cpu;
            clients.upgrade(process, TIMES)?;
            rounds.push(process.used()?.cpu - before);
        }
    }
    let least = served.first().map(|(.., rounds)| rounds.clone()).unwrap_or_default();
    let mut rows = Vec::new();
    for (server, process, begun, rounds) in served {
        let faults = number(process.used()?.faults - begun.faults) / f64::from(ROUNDS * upgrades(TIMES));
        process.end()?;
        rows.push(Row {
            server,
            cpu: middle(rounds.iter().map(|cpu| number(*cpu) / f64::from(upgrades(TIMES)))),
            ratio: middle(rounds.iter().zip(&least).map(|(cpu, least)| number(*cpu) / number(*least))),
            faults,
            calls: calls(server, &clients),
        });
    }
    Ok((table(what, &rows).to_string(), to_json(&rows)))
}

pub(crate) fn middle(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn upgrades(times: u32) -> u32 {
    IN_FLIGHT * times + 1
}

/// Returns the difference that more upgrades make, so that the other work of the process is not counted.
fn calls(server: Server, clients: &Clients) -> Option<Calls> {
    const FEW: u32 = 1;
    const MANY: u32 = 5;
    let (few, many) = (traced(server, clients, FEW)?, traced(server, clients, MANY)?);
    let each = |count: fn(&Summary) -> u64| {
        number(count(&many).saturating_sub(count(&few))) / f64::from(upgrades(MANY) - upgrades(FEW))
    };
    Some(Calls { all: each(|summary| summary.all), sending: each(|summary| summary.sending) })
}

#[derive(Default)]
struct Summary {
    all: u64,
    sending: u64,
}

/// Returns the summary of strace, if it is installed.
fn traced(server: Server, clients: &Clients, times: u32) -> Option<Summary> {
    let process = Served::start(server.name(), &["strace", "-f", "-c"]).ok()?;
    clients.upgrade(&process, times).ok()?;
    let printed = process.end().ok()?.stderr;
    let mut summary = Summary::default();
    for (name, calls) in traced::summary(&String::from_utf8_lossy(&printed)) {
        summary.all += calls;
        summary.sending += if SENDING.contains(&name) { calls } else { 0 };
    }
    Some(summary)
}

fn table(what: &str, rows: &[Row]) -> Markdown {
    let base = format!("x {}", rows.first().map_or("", |row| row.server.name()));
    let mut table = Markdown::new(&[what, "CPU", &base, "page faults", "system calls", "that send"]);
    for row in rows {
        let calls = |count: fn(&Calls) -> f64| row.calls.as_ref().map(|calls| format!("{:.2}", count(calls)));
        table.push(&[
            row.server.name().into(),
            format!("{:.1} µs", row.cpu / 1000.0),
            format!("{:.2}", row.ratio),
            format!("{:.3}", row.faults),
            calls(|calls| calls.all).unwrap_or_default(),
            calls(|calls| calls.sending).unwrap_or_default(),
        ]);
    }
    table
}

fn to_json(rows: &[Row]) -> Value {
    let rows = rows.iter().map(|row| {
        json!({
            "name": row.server.name(),
            "cpu_nanoseconds": row.cpu,
            "cpu_ratio": row.ratio,
            "page_faults": row.faults,
            "system_calls": row.calls.as_ref().map(|calls| calls.all),
            "sending_calls": row.calls.as_ref().map(|calls| calls.sending),
        })
    });
    rows.collect()
}
