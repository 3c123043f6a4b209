//! Measures thousands of sockets to one server: each on its own connection, or all on one of HTTP/2 or HTTP/3.

use std::time::{Duration, Instant};

use bench_core::on_one_processor;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::Runtime;
use websocket_upgrade::{ClientOptions, ReplayStream, create_upgrade_request, http2};
use websocket_upgrade_h3 as h3;

use crate::clients::{on_processor, runtime};
use crate::connect::{Result, options};
use crate::counted::Counted;
use crate::files;
use crate::heap::Measure;
use crate::host::Host;
use crate::load::Served;
use crate::loopback::middle;
use crate::table::{Markdown, grouped, number};

/// Handshakes in progress at a time.
const IN_FLIGHT: usize = 4;

/// Sockets that echo at a time. A server on h2 takes more small frames that are not read yet for an attack.
const AT_ONCE: usize = 1000;

/// Messages that all sockets together send and get back.
const ECHOES: u32 = 50_000;

/// Connections whose first and second WebSocket are timed.
const TIMED: u32 = 100;

/// The echoed message.
const MESSAGE: &[u8; 32] = b"what goes there, and comes back.";

/// How the sockets reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Http11,
    Http11Tls,
    Http2,
    Http2Tls,
    /// Each on its own HTTP/3 connection. They share a UDP socket.
    Http3,
    /// All on one HTTP/3 connection.
    Http3Shared,
}

impl Way {
    fn host(self) -> Host {
        match self {
            Self::Http11 | Self::Http2 => Host::Hyper,
            Self::Http11Tls | Self::Http2Tls => Host::HyperTls,
            Self::Http3 | Self::Http3Shared => Host::Quic,
        }
    }
}

/// A number of sockets.
#[derive(Clone, Copy)]
struct Case {
    way: Way,
    sockets: u32,
}

impl Case {
    const ALL: [Self; 8] = [
        Self { way: Way::Http11, sockets: 1000 },
        Self { way: Way::Http2, sockets: 1000 },
        Self { way: Way::Http11Tls, sockets: 1000 },
        Self { way: Way::Http2Tls, sockets: 1000 },
        Self { way: Way::Http3, sockets: 1000 },
        Self { way: Way::Http3Shared, sockets: 1000 },
        Self { way: Way::Http2Tls, sockets: 10_000 },
        Self { way: Way::Http3Shared, sockets: 10_000 },
    ];

    fn name(self) -> String {
        let count = grouped(self.sockets.into());
        match self.way {
            Way::Http11 => format!("{count} connections, ws"),
            Way::Http11Tls => format!("{count} connections, wss"),
            Way::Http2 => format!("{count} on one HTTP/2 connection, ws"),
            Way::Http2Tls => format!("{count} on one HTTP/2 connection, wss"),
            Way::Http3 => format!("{count} HTTP/3 connections"),
            Way::Http3Shared => format!("{count} on one HTTP/3 connection"),
        }
    }
}

type Tcp = ReplayStream<websocket_upgrade::ClientStream>;
type Quic = ReplayStream<h3::ClientStream>;

/// Open sockets.
enum Sockets {
    Tcp(Vec<Tcp>),
    Quic(Vec<Quic>),
}

/// Opens sockets.
struct Source {
    way: Way,
    url: String,
    options: ClientOptions,
}

/// Where the next socket comes from.
enum Shared {
    /// Nothing is shared.
    Nothing,
    /// A UDP socket.
    Endpoint(h3::Endpoint),
    Http2(http2::Session),
    Http3(h3::Session),
}

impl Source {
    fn new(way: Way, served: &Served) -> Result<Self> {
        let scheme = if way.host().secure() { "wss" } else { "ws" };
        let url = format!("{scheme}://{}/", served.address());
        Ok(Self { way, url, options: options(served.root(), None)? })
    }

    /// Makes what the next sockets share.
    async fn shared(&self) -> Result<Shared> {
        Ok(match self.way {
            Way::Http11 | Way::Http11Tls => Shared::Nothing,
            Way::Http2 | Way::Http2Tls => {
                let session = http2::Session::connect(&self.url, &self.options).await?;
                Shared::Http2(session.is_http2().then_some(session).ok_or("extended CONNECT is not offered")?)
            }
            Way::Http3 => Shared::Endpoint(h3::Endpoint::bind(([127, 0, 0, 1], 0).into())?),
            Way::Http3Shared => {
                let session = h3::Session::connect(&self.url, &self.options).await?;
                Shared::Http3(session.is_http3().then_some(session).ok_or("HTTP/3 is not offered")?)
            }
        })
    }

    /// Opens `count` sockets, which share something new.
    async fn open(&self, count: u32) -> Result<Sockets> {
        self.open_on(&self.shared().await?, count).await
    }

    async fn open_on(&self, shared: &Shared, count: u32) -> Result<Sockets> {
        let (url, options) = (self.url.as_str(), &self.options);
        Ok(match shared {
            Shared::Nothing => Sockets::Tcp(
                all(count, async || Ok(create_upgrade_request(url, options).await?.into_stream())).await?,
            ),
            Shared::Http2(session) => {
                Sockets::Tcp(all(count, async || Ok(session.open(url, options).await?.into_stream())).await?)
            }
            Shared::Endpoint(endpoint) => {
                let open = async || {
                    let upgraded = h3::create_upgrade_request_on(endpoint, url, options).await?;
                    over_http3(upgraded.into_stream())
                };
                Sockets::Quic(all(count, open).await?)
            }
            Shared::Http3(session) => {
                let open = async || over_http3(session.open(url, options).await?.into_stream());
                Sockets::Quic(all(count, open).await?)
            }
        })
    }
}

/// Fails if a socket has not come over HTTP/3.
fn over_http3(socket: Quic) -> Result<Quic> {
    if socket.get_ref().is_http3() { Ok(socket) } else { Err("HTTP/3 was not used".into()) }
}

/// Opens sockets, a few at a time.
async fn all<S>(count: u32, open: impl AsyncFn() -> Result<S>) -> Result<Vec<S>> {
    let mut sockets = Vec::with_capacity(count as usize);
    let mut opening = stream::iter((0..count).map(|_| open())).buffer_unordered(IN_FLIGHT);
    while let Some(socket) = opening.try_next().await? {
        sockets.push(socket);
    }
    Ok(sockets)
}

/// Echoes messages on all sockets, each in a task.
async fn echo(sockets: Sockets, times: u32) -> Result<Sockets> {
    Ok(match sockets {
        Sockets::Tcp(sockets) => Sockets::Tcp(echo_on(sockets, times).await?),
        Sockets::Quic(sockets) => Sockets::Quic(echo_on(sockets, times).await?),
    })
}

async fn echo_on<S>(sockets: Vec<S>, times: u32) -> Result<Vec<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut echoed = Vec::with_capacity(sockets.len());
    let mut sockets = sockets.into_iter();
    while sockets.len() > 0 {
        let tasks: Vec<_> =
            sockets.by_ref().take(AT_ONCE).map(|socket| tokio::spawn(echo_one(socket, times))).collect();
        for task in tasks {
            echoed.push(task.await??);
        }
    }
    Ok(echoed)
}

async fn echo_one<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, times: u32) -> Result<S> {
    let mut back = [0; MESSAGE.len()];
    for _ in 0..times {
        socket.write_all(MESSAGE).await?;
        socket.flush().await?;
        socket.read_exact(&mut back).await?;
        if back != *MESSAGE {
            return Err("something else has come back".into());
        }
    }
    Ok(socket)
}

/// The cost of one WebSocket: processor time in nanoseconds, memory in bytes.
struct Row {
    case: Case,
    open: Cpu,
    echo: Cpu,
    /// The medians of the time until the first one is open, with what it shares, and from there until the second is.
    /// Only for the smaller number of sockets, since the time does not depend on it.
    times: Option<(f64, f64)>,
    held: Option<i64>,
    resident: f64,
}

struct Cpu {
    client: f64,
    server: f64,
}

/// Measures one way after the other, each with a new server.
pub(crate) fn measure(counted: &Counted) -> Result<(String, Value)> {
    files::allow(1000)?;
    let rows: Result<Vec<Row>> =
        on_one_processor(|| Case::ALL.into_iter().map(|case| row(case, counted)).collect());
    let rows = rows?;
    Ok((table(&rows).to_string(), rows.iter().map(to_json).collect()))
}

fn row(case: Case, counted: &Counted) -> Result<Row> {
    let Case { way, sockets: count } = case;
    let served = Served::start(way.host().name(), &[])?;
    let runtime = runtime()?;
    let source = Source::new(way, &served)?;
    // The first socket makes what is made only once.
    runtime.block_on(async { echo(source.open(1).await?, 1).await })?;
    let before = served.resident()?;
    let (open, sockets) = cpu(&served, count, || runtime.block_on(source.open(count)))?;
    let times = ECHOES / count;
    let (echo, sockets) = cpu(&served, count * times, || runtime.block_on(echo(sockets, times)))?;
    let resident = number(served.resident()?.saturating_sub(before)) / f64::from(count);
    drop(sockets);
    served.end()?;
    let times = if count == 1000 { Some(timed(way)?) } else { None };
    Ok(Row { case, open, echo, times, held: counted.sockets(&case.name()), resident })
}

/// Returns the time in nanoseconds until the first socket is open, with what it shares, and from there until the second
/// one is.
fn timed(way: Way) -> Result<(f64, f64)> {
    let served = Served::start(way.host().name(), &[])?;
    let source = Source::new(way, &served)?;
    let times: Result<Vec<_>> = runtime()?.block_on(async {
        source.open(1).await?;
        let mut times = Vec::new();
        for _ in 0..TIMED {
            let begun = Instant::now();
            let shared = source.shared().await?;
            let first = source.open_on(&shared, 1).await?;
            let opened = Instant::now();
            let second = source.open_on(&shared, 1).await?;
            times.push((opened - begun, opened.elapsed()));
            drop((first, second));
        }
        Ok(times)
    });
    let times = times?;
    served.end()?;
    let nanos = |time: &Duration| time.as_secs_f64() * 1e9;
    Ok((
        middle(times.iter().map(|(first, _)| nanos(first))),
        middle(times.iter().map(|(_, second)| nanos(second))),
    ))
}

/// Returns the processor time of both sides for some work, divided by its `parts`, and what the work returns.
fn cpu<T>(served: &Served, parts: u32, work: impl FnOnce() -> Result<T>) -> Result<(Cpu, T)> {
    let before = (on_processor(), served.used()?.cpu);
    let done = work()?;
    let each = |cpu: f64| cpu / f64::from(parts);
    let after = served.used()?.cpu;
    let cpu = Cpu { client: each(on_processor() - before.0), server: each(number(after - before.1)) };
    Ok((cpu, done))
}

/// Returns the bytes on a client's heap for each WebSocket, after it has echoed a message.
pub(crate) fn count(measure: Measure) -> Result<Value> {
    files::allow(1000)?;
    let mut held = json!({});
    for case in Case::ALL {
        let served = Served::start(case.way.host().name(), &[])?;
        let runtime = runtime()?;
        let source = Source::new(case.way, &served)?;
        held[case.name()] = held_by_each(&runtime, &source, case.sockets, measure)?.into();
        served.end()?;
    }
    Ok(held)
}

fn held_by_each(runtime: &Runtime, source: &Source, count: u32, measure: Measure) -> Result<i64> {
    let open = |count| runtime.block_on(async { echo(source.open(count).await?, 1).await });
    // The first socket makes what is made only once.
    open(1)?;
    let mut sockets = Ok(Sockets::Tcp(Vec::new()));
    let heap = measure(&mut || sockets = open(count));
    sockets?;
    Ok(heap.held / i64::from(count))
}

fn table(rows: &[Row]) -> Markdown {
    let mut table = Markdown::new(&[
        "WebSockets",
        "CPU to open one",
        "of the server",
        "CPU of an echo",
        "of the server",
        "the first is open after",
        "one more",
        "bytes on the heap for one",
        "resident in the server",
    ]);
    for row in rows {
        let micros = |nanos: f64| format!("{:.1} µs", nanos / 1000.0);
        table.push(&[
            row.case.name(),
            micros(row.open.client),
            micros(row.open.server),
            micros(row.echo.client),
            micros(row.echo.server),
            row.times.map(|(first, _)| micros(first)).unwrap_or_default(),
            row.times.map(|(_, more)| micros(more)).unwrap_or_default(),
            row.held.map(|held| held.to_string()).unwrap_or_default(),
            format!("{:.0}", row.resident),
        ]);
    }
    table
}

fn to_json(row: &Row) -> Value {
    json!({
        "name": row.case.name(),
        "sockets": row.case.sockets,
        "open_cpu_nanoseconds": row.open.client,
        "open_server_cpu_nanoseconds": row.open.server,
        "echo_cpu_nanoseconds": row.echo.client,
        "echo_server_cpu_nanoseconds": row.echo.server,
        "first_nanoseconds": row.times.map(|(first, _)| first),
        "one_more_nanoseconds": row.times.map(|(_, more)| more),
        "heap_bytes": row.held,
        "server_resident_bytes": row.resident,
    })
}
