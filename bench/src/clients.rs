//! What one connection costs a client over loopback, from the URL to its 101, and the server that it goes to.

use std::sync::Arc;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::Measure;
use crate::connect::{Client, Prepared, Result, Tls};
use crate::counters;
use crate::heap::Counted;
use crate::host::Host;
use crate::load::Served;
use crate::loopback::middle;
use crate::table::{Markdown, number, ratio};

/// Connections that are under way at a time: each has a session of its own to resume, of the eight that rustls keeps
/// for a server.
const IN_FLIGHT: u32 = 4;

/// Connections of one round, for every one in flight: few, so that turns are short.
const TIMES: u32 = 12;

/// A multiple of how many clients there are in a case: every one is the first of a round as often as the others.
const ROUNDS: u32 = 120;

/// Connections of which allocations and instructions are counted.
const COUNTED: u32 = 100;

/// A server, and who connects to it.
pub(crate) struct Case {
    name: &'static str,
    host: Host,
    /// What the ratios are to comes first.
    clients: &'static [(Client, Tls)],
}

const CASES: [Case; 4] = [
    Case { name: "client over loopback, ws", host: Host::Plain, clients: &everyone(Tls::Resumed) },
    Case {
        name: "client over loopback, wss, sessions resumed",
        host: Host::Tls,
        clients: &everyone(Tls::Resumed),
    },
    Case {
        name: "client over loopback, wss, full handshakes",
        host: Host::Tls,
        clients: &everyone(Tls::Full),
    },
    Case {
        name: "one more WebSocket, wss, to a server on hyper",
        host: Host::HyperTls,
        clients: &[
            (Client::WebsocketUpgrade, Tls::Resumed),
            (Client::WebsocketUpgrade, Tls::Full),
            (Client::InSession, Tls::Resumed),
        ],
    },
];

const fn everyone(tls: Tls) -> [(Client, Tls); 5] {
    [
        (Client::Constant, tls),
        (Client::WebsocketUpgrade, tls),
        (Client::TokioTungstenite, tls),
        (Client::Fastwebsockets, tls),
        (Client::ReqwestWebsocket, tls),
    ]
}

impl Case {
    /// What a row is called.
    fn row(&self, client: Client, tls: Tls) -> &'static str {
        match (self.host, client, tls) {
            (Host::HyperTls, Client::WebsocketUpgrade, Tls::Resumed) => "a connection, its session resumed",
            (Host::HyperTls, Client::WebsocketUpgrade, Tls::Full) => "a connection, full handshake",
            (Host::HyperTls, Client::InSession, _) => "a stream of an HTTP/2 connection",
            _ => client.name(),
        }
    }
}

/// One client's figures: what a connection takes on a processor, in nanoseconds, in the round in the middle; and the
/// ratios to the first client in the same round, the one in the middle of all rounds.
struct Row {
    name: &'static str,
    client: f64,
    client_ratio: f64,
    server: f64,
    server_ratio: f64,
    instructions: Option<f64>,
    allocations: Option<u64>,
}

/// Everyone, as tables and as JSON.
pub(crate) fn measure(counted: &Counted) -> Result<(String, Value)> {
    let (mut tables, mut figures) = (Vec::new(), Vec::new());
    for case in &CASES {
        let rows = compare(case, counted)?;
        tables.push(table(case, &rows).to_string());
        figures.extend(rows.iter().map(|row| to_json(case, row)));
    }
    Ok((tables.join("\n"), figures.into()))
}

/// Allocations of one connection.
pub(crate) fn count(measure: Measure) -> Result<Value> {
    let mut allocations = json!({});
    for case in &CASES {
        let served = Served::start(case.host.name(), &[])?;
        let runtime = runtime()?;
        for &(client, tls) in case.clients {
            let prepared = runtime.block_on(Prepared::new(client, &served, tls))?;
            let connect = |times| {
                runtime.block_on(async {
                    for _ in 0..times {
                        prepared.connect().await?;
                        settle().await;
                    }
                    Result::Ok(())
                })
            };
            // What is made once is made here.
            connect(10)?;
            let mut done = Result::Ok(());
            let heap = measure(&mut || done = connect(COUNTED));
            done?;
            allocations[case.name][case.row(client, tls)] = (heap.allocations / u64::from(COUNTED)).into();
        }
        served.end()?;
    }
    Ok(allocations)
}

/// Connects so many times, and does nothing else.
pub(crate) fn repeat(who: &str, what: &str, times: u32) -> Option<Result> {
    let case = CASES.iter().find(|case| case.name == what)?;
    let &(client, tls) = case.clients.iter().find(|(client, tls)| case.row(*client, *tls) == who)?;
    let connect = || {
        let served = Served::start(case.host.name(), &[])?;
        runtime()?.block_on(async {
            let prepared = Prepared::new(client, &served, tls).await?;
            for _ in 0..times {
                prepared.connect().await?;
                settle().await;
            }
            Ok(())
        })
    };
    Some(connect())
}

/// All of them in turns, so that they see the same machine.
fn compare(case: &Case, counted: &Counted) -> Result<Vec<Row>> {
    let clients = on_one_processor(|| take_turns(case))?;
    let first = clients.first().map(|(_, rounds)| rounds.clone()).unwrap_or_default();
    let rows = clients.into_iter().map(|(name, rounds)| {
        let each = |cpu: f64| cpu / f64::from(IN_FLIGHT * TIMES);
        Row {
            name,
            client: middle(rounds.iter().map(|(client, _)| each(*client))),
            client_ratio: middle(rounds.iter().zip(&first).map(|((cpu, _), (first, _))| cpu / first)),
            server: middle(rounds.iter().map(|(_, server)| each(*server))),
            server_ratio: middle(rounds.iter().zip(&first).map(|((_, cpu), (_, first))| cpu / first)),
            instructions: counters::instructions(name, case.name, COUNTED),
            allocations: counted.connecting(case.name, name),
        }
    });
    Ok(rows.collect())
}

/// The clients, each with what its rounds have taken of it and of the server, in nanoseconds.
type Rounds = Vec<(&'static str, Vec<(f64, f64)>)>;

fn take_turns(case: &Case) -> Result<Rounds> {
    let served = Served::start(case.host.name(), &[])?;
    let runtime = runtime()?;
    let mut clients = Vec::new();
    for &(client, tls) in case.clients {
        let prepared = Arc::new(runtime.block_on(Prepared::new(client, &served, tls))?);
        connect(&runtime, &prepared)?;
        clients.push((case.row(client, tls), prepared, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (_, prepared, rounds) in &mut clients {
            let before = (on_processor(), served.used()?.cpu);
            connect(&runtime, prepared)?;
            rounds.push((on_processor() - before.0, number(served.used()?.cpu - before.1)));
        }
        // What one leaves to the server to do should not always be the same one's burden.
        clients.rotate_left(1);
    }
    served.end()?;
    Ok(clients.into_iter().map(|(name, _, rounds)| (name, rounds)).collect())
}

/// With this thread, and whatever it starts, on one processor: what it costs to wake the other side on another one
/// depends on what that one is doing.
pub(crate) fn on_one_processor<T>(work: impl FnOnce() -> T) -> T {
    // Where it may not be chosen, the figures are as good as the machine is quiet.
    let all = sched_getaffinity(None).ok();
    let first = all.and_then(|all| (0..CpuSet::MAX_CPU).find(|cpu| all.is_set(*cpu)));
    let mut one = CpuSet::new();
    if let Some(first) = first {
        one.set(first);
        let _ = sched_setaffinity(None, &one);
    }
    let done = work();
    if let Some(all) = all {
        let _ = sched_setaffinity(None, &all);
    }
    done
}

/// A round.
fn connect(runtime: &Runtime, prepared: &Arc<Prepared>) -> Result {
    runtime.block_on(async {
        let connecting: Vec<_> = (0..IN_FLIGHT)
            .map(|_| {
                let prepared = Arc::clone(prepared);
                tokio::spawn(async move {
                    for _ in 0..TIMES {
                        prepared.connect().await?;
                    }
                    Result::Ok(())
                })
            })
            .collect();
        for client in connecting {
            client.await??;
        }
        settle().await;
        Ok(())
    })
}

/// Lets what a client has spawned see that its connection is gone.
async fn settle() {
    for _ in 0..4 {
        yield_now().await;
    }
}

pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// What this thread has had of a processor, in nanoseconds.
pub(crate) fn on_processor() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    number(time.tv_sec.unsigned_abs()) * 1e9 + number(time.tv_nsec.unsigned_abs())
}

fn table(case: &Case, rows: &[Row]) -> Markdown {
    let mut table = Markdown::new(&[
        case.name,
        "CPU",
        "x the first",
        "instructions",
        "x the first",
        "allocations",
        "CPU of the server",
        "x the first",
    ]);
    let first = rows.first().and_then(|row| row.instructions);
    for row in rows {
        table.push(&[
            row.name.into(),
            format!("{:.1} µs", row.client / 1000.0),
            format!("{:.2}", row.client_ratio),
            row.instructions.map(|count| format!("{count:.0}")).unwrap_or_default(),
            ratio(row.instructions, first),
            row.allocations.map(|count| count.to_string()).unwrap_or_default(),
            format!("{:.1} µs", row.server / 1000.0),
            format!("{:.2}", row.server_ratio),
        ]);
    }
    table
}

fn to_json(case: &Case, row: &Row) -> Value {
    json!({
        "case": case.name,
        "name": row.name,
        "cpu_nanoseconds": row.client,
        "cpu_ratio": row.client_ratio,
        "instructions": row.instructions,
        "allocations": row.allocations,
        "server_cpu_nanoseconds": row.server,
        "server_cpu_ratio": row.server_ratio,
    })
}
