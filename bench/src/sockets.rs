//! Measures a thousand sockets to one server: each on its own connection, or all on one HTTP/2 connection.

use bench_core::on_one_processor;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientOptions, ClientStream, ReplayStream, create_upgrade_request};

use crate::clients::{on_processor, runtime};
use crate::connect::{Result, options};
use crate::counted::Counted;
use crate::files;
use crate::heap::Measure;
use crate::host::Host;
use crate::load::Served;
use crate::table::{Markdown, number};

const SOCKETS: u32 = 1000;

/// Handshakes in progress at a time.
const IN_FLIGHT: usize = 4;

/// Messages that each WebSocket sends and gets back.
const ECHOES: u32 = 50;

/// The echoed message.
const MESSAGE: &[u8; 32] = b"what goes there, and comes back.";

/// How the sockets reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Http11,
    Http11Tls,
    Http2,
    Http2Tls,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Http11, Self::Http2, Self::Http11Tls, Self::Http2Tls];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http11 => "1,000 connections, ws",
            Self::Http11Tls => "1,000 connections, wss",
            Self::Http2 => "one HTTP/2 connection, ws",
            Self::Http2Tls => "one HTTP/2 connection, wss",
        }
    }

    fn host(self) -> Host {
        match self {
            Self::Http11 | Self::Http2 => Host::Hyper,
            Self::Http11Tls | Self::Http2Tls => Host::HyperTls,
        }
    }

    fn shared(self) -> bool {
        matches!(self, Self::Http2 | Self::Http2Tls)
    }
}

type Socket = ReplayStream<ClientStream>;

/// Opens the sockets.
struct Source {
    url: String,
    options: ClientOptions,
    shared: bool,
}

impl Source {
    fn new(way: Way, served: &Served) -> Result<Self> {
        let scheme = if way.host().secure() { "wss" } else { "ws" };
        let url = format!("{scheme}://{}/", served.address());
        Ok(Self { url, options: options(served.root(), None)?, shared: way.shared() })
    }

    /// Opens `count` sockets; those of HTTP/2 share a new connection.
    async fn open(&self, count: u32) -> Result<Vec<Socket>> {
        let session =
            if self.shared { Some(Session::connect(&self.url, &self.options).await?) } else { None };
        if session.as_ref().is_some_and(|session| !session.is_http2()) {
            return Err("the host does not offer extended CONNECT".into());
        }
        let session = session.as_ref();
        let opening = (0..count).map(|_| async move {
            let upgraded = match session {
                Some(session) => session.open(&self.url, &self.options).await?,
                None => create_upgrade_request(&self.url, &self.options).await?,
            };
            Result::Ok(upgraded.into_stream())
        });
        let mut sockets = Vec::with_capacity(count as usize);
        let mut opening = stream::iter(opening).buffer_unordered(IN_FLIGHT);
        while let Some(socket) = opening.try_next().await? {
            sockets.push(socket);
        }
        Ok(sockets)
    }
}

/// Echoes messages on all sockets at the same time, each in a task.
async fn echo(sockets: Vec<Socket>, times: u32) -> Result<Vec<Socket>> {
    let mut tasks = Vec::with_capacity(sockets.len());
    for mut socket in sockets {
        tasks.push(tokio::spawn(async move {
            let mut back = [0; MESSAGE.len()];
            for _ in 0..times {
                socket.write_all(MESSAGE).await?;
                socket.flush().await?;
                socket.read_exact(&mut back).await?;
                if back != *MESSAGE {
                    return Err("something else has come back".into());
                }
            }
            Result::Ok(socket)
        }));
    }
    let mut sockets = Vec::with_capacity(tasks.len());
    for task in tasks {
        sockets.push(task.await??);
    }
    Ok(sockets)
}

/// The cost of one WebSocket: processor time in nanoseconds, memory in bytes.
struct Row {
    way: Way,
    open: Cpu,
    echo: Cpu,
    held: Option<i64>,
    resident: f64,
}

struct Cpu {
    client: f64,
    server: f64,
}

/// Measures one way after the other, each with a new server.
pub(crate) fn measure(counted: &Counted) -> Result<(String, Value)> {
    files::allow(SOCKETS as usize)?;
    let rows: Result<Vec<Row>> =
        on_one_processor(|| Way::ALL.into_iter().map(|way| row(way, counted)).collect());
    let rows = rows?;
    Ok((table(&rows).to_string(), rows.iter().map(to_json).collect()))
}

fn row(way: Way, counted: &Counted) -> Result<Row> {
    let served = Served::start(way.host().name(), &[])?;
    let runtime = runtime()?;
    let source = Source::new(way, &served)?;
    // The first socket makes what is made only once.
    runtime.block_on(async { echo(source.open(1).await?, 1).await })?;
    let before = served.resident()?;
    let mut sockets = Vec::new();
    let open = cpu(&served, SOCKETS, || {
        sockets = runtime.block_on(source.open(SOCKETS))?;
        Ok(())
    })?;
    let echo = cpu(&served, SOCKETS * ECHOES, || {
        sockets = runtime.block_on(echo(std::mem::take(&mut sockets), ECHOES))?;
        Ok(())
    })?;
    let resident = number(served.resident()?.saturating_sub(before)) / f64::from(SOCKETS);
    drop(sockets);
    served.end()?;
    Ok(Row { way, open, echo, held: counted.sockets(way.name()), resident })
}

/// Returns the processor time of both sides for some work, divided by its `parts`.
fn cpu(served: &Served, parts: u32, work: impl FnOnce() -> Result) -> Result<Cpu> {
    let before = (on_processor(), served.used()?.cpu);
    work()?;
    let each = |cpu: f64| cpu / f64::from(parts);
    let after = served.used()?.cpu;
    Ok(Cpu { client: each(on_processor() - before.0), server: each(number(after - before.1)) })
}

/// Returns the bytes on a client's heap for each WebSocket, after it has echoed a message.
pub(crate) fn count(measure: Measure) -> Result<Value> {
    files::allow(SOCKETS as usize)?;
    let mut held = json!({});
    for way in Way::ALL {
        let served = Served::start(way.host().name(), &[])?;
        let runtime = runtime()?;
        let source = Source::new(way, &served)?;
        held[way.name()] = held_by_each(&runtime, &source, measure)?.into();
        served.end()?;
    }
    Ok(held)
}

fn held_by_each(runtime: &Runtime, source: &Source, measure: Measure) -> Result<i64> {
    let open = |count| runtime.block_on(async { echo(source.open(count).await?, 1).await });
    // The first socket makes what is made only once.
    open(1)?;
    let mut sockets = Ok(Vec::new());
    let heap = measure(&mut || sockets = open(SOCKETS));
    sockets?;
    Ok(heap.held / i64::from(SOCKETS))
}

fn table(rows: &[Row]) -> Markdown {
    let mut table = Markdown::new(&[
        "1,000 WebSockets",
        "CPU to open one",
        "of the server",
        "CPU of an echo",
        "of the server",
        "bytes on the heap for one",
        "resident in the server",
    ]);
    for row in rows {
        let micros = |nanos: f64| format!("{:.1} µs", nanos / 1000.0);
        table.push(&[
            row.way.name().into(),
            micros(row.open.client),
            micros(row.open.server),
            micros(row.echo.client),
            micros(row.echo.server),
            row.held.map(|held| held.to_string()).unwrap_or_default(),
            format!("{:.0}", row.resident),
        ]);
    }
    table
}

fn to_json(row: &Row) -> Value {
    json!({
        "name": row.way.name(),
        "sockets": SOCKETS,
        "open_cpu_nanoseconds": row.open.client,
        "open_server_cpu_nanoseconds": row.open.server,
        "echo_cpu_nanoseconds": row.echo.client,
        "echo_server_cpu_nanoseconds": row.echo.server,
        "heap_bytes": row.held,
        "server_resident_bytes": row.resident,
    })
}
