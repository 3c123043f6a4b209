//! Measures the cost of one connection over loopback, from the URL to the 101, for a client and its server.

use std::sync::Arc;

use bench_core::{Counter, Repetition, measured, on_one_processor};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::connect::{Client, Prepared, Result, Tls};
use crate::counted::Counted;
use crate::heap::Measure;
use crate::host::Host;
use crate::load::Served;
use crate::loopback::middle;
use crate::table::{Markdown, number, ratio};

/// Connections in progress at a time. Each has its own session to resume; rustls keeps eight for a server.
const IN_FLIGHT: u32 = 4;

/// Connections of one round, for each one in progress. There are few, so that turns are short.
const TIMES: u32 = 12;

/// A multiple of the number of clients in a case, so that each client is equally often the first of a round.
const ROUNDS: u32 = 120;

/// Connections whose allocations and instructions are counted.
const COUNTED: u32 = 100;

/// A server and its clients.
pub(crate) struct Case {
    name: &'static str,
    host: Host,
    /// The first one is the base of the ratios.
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
    /// Returns the name of a row.
    fn row(&self, client: Client, tls: Tls) -> &'static str {
        match (self.host, client, tls) {
            (Host::HyperTls, Client::WebsocketUpgrade, Tls::Resumed) => "a connection, its session resumed",
            (Host::HyperTls, Client::WebsocketUpgrade, Tls::Full) => "a connection, full handshake",
            (Host::HyperTls, Client::InSession, _) => "a stream of an HTTP/2 connection",
            _ => client.name(),
        }
    }
}

/// The figures of one client: the median over all rounds of the processor time of a connection in nanoseconds, and of
/// its ratio to the first client in the same round.
struct Row {
    name: &'static str,
    client: f64,
    client_ratio: f64,
    server: f64,
    server_ratio: f64,
    instructions: Option<f64>,
    allocations: Option<u64>,
}

/// Measures all cases, and returns tables and JSON.
pub(crate) fn measure(counted: &Counted) -> Result<(String, Value)> {
    let (mut tables, mut figures) = (Vec::new(), Vec::new());
    for case in &CASES {
        let rows = compare(case, counted)?;
        tables.push(table(case, &rows).to_string());
        figures.extend(rows.iter().map(|row| to_json(case, row)));
    }
    Ok((tables.join("\n"), figures.into()))
}

/// Counts the allocations of one connection.
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
            // The first connections make what is made only once.
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

/// Connects again and again, and does nothing else.
pub(crate) fn repeat(who: &str, what: &str, repetition: Repetition) -> Option<Result> {
    let case = CASES.iter().find(|case| case.name == what)?;
    let &(client, tls) = case.clients.iter().find(|(client, tls)| case.row(*client, *tls) == who)?;
    let connect = || {
        let served = Served::start(case.host.name(), &[])?;
        let runtime = runtime()?;
        let prepared = runtime.block_on(Prepared::new(client, &served, tls))?;
        let mut done = Ok(());
        repetition.run(|| {
            let connected = runtime.block_on(async {
                prepared.connect().await?;
                settle().await;
                Ok(())
            });
            if connected.is_err() {
                done = connected;
            }
        })?;
        done
    };
    Some(connect())
}

/// Measures all clients in turns, so that they see the same state of the machine.
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
            // Single steps would take longer than the deadlines of TLS.
            instructions: Counter::Valgrind.instructions(&measured::arguments(name, case.name), COUNTED),
            allocations: counted.connecting(case.name, name),
        }
    });
    Ok(rows.collect())
}

/// The clients, each with the nanoseconds that it and the server took in each round.
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
        // A client may leave work for the server to do later. This must not always fall to the same next client.
        clients.rotate_left(1);
    }
    served.end()?;
    Ok(clients.into_iter().map(|(name, _, rounds)| (name, rounds)).collect())
}

/// Runs one round.
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

/// Lets the tasks that a client has spawned notice that their connection is gone.
async fn settle() {
    for _ in 0..4 {
        yield_now().await;
    }
}

pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Returns the processor time of this thread in nanoseconds.
pub(crate) fn on_processor() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    number(time.tv_sec.unsigned_abs()) * 1e9 + number(time.tv_nsec.unsigned_abs())
}

fn table(case: &Case, rows: &[Row]) -> Markdown {
    let mut table = Markdown::new(&[
        case.name,
        "CPU",
        "x the first",
        "instructions by valgrind",
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
