//! Measures the cost of a handshake.
//!
//! In memory: from the bytes of the request to the bytes of the 101, and the reverse. Results are compared with the
//! floors of `bench-core`. Instructions are counted by single steps of the processor, or by valgrind where the
//! system allows no steps. Valgrind does not know SHA instructions, so SHA-1 is counted in every row as on a
//! processor without them. Clients with a random key talk to a server in memory that answers their key. The cost of
//! that server is part of theirs, and is also shown in a row of its own.
//!
//! On hyper: entrances for hyper, compared with a constant 101 that hyper sends. Each hands the connection over in a
//! task.
//!
//! Over loopback: the processor time of a server with many upgrades in progress, and what its connections hold
//! while they wait: on the heap, and of the memory of a process with 10,000 of them. Results are compared with a
//! server that answers a constant. If strace is installed, system calls are counted.
//!
//! From a URL to its connection over loopback: the processor time and the allocations of clients, compared with a
//! client that sends a constant, and instructions by valgrind, if it is installed. A thousand sockets: each on its
//! own connection, or all on one over HTTP/2. In both, client and server share one processor.
//!
//! The command-line tool: how long it takes to start, compared with a program that does nothing, and its size.
//!
//! Use the ratios of one run; the times contain the noise of the machine.

#![forbid(unsafe_code)]

use std::error::Error;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, thread};

use bench_core::{Counter, Repetition, measured};
use clap::{Parser, ValueEnum};
use serde_json::json;

mod cases;
mod clients;
mod connect;
mod counted;
mod counting;
mod echo;
mod files;
mod frameworks;
mod handshakes;
mod heap;
mod host;
mod load;
mod loopback;
mod memory;
mod ours;
mod peers;
mod quic;
mod resident;
mod runtime;
mod serve;
mod sockets;
mod summary;
mod table;
mod tool;
mod traced;
mod wire;

pub use heap::{Heap, Measure};

use counted::Counted;
use host::Host;
use serve::Server;

/// What a handshake costs, beside the floor and beside others.
#[derive(Parser)]
struct Arguments {
    /// What to measure; without it everything
    parts: Vec<Part>,
    /// Write the figures into a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Repeat one handshake, and nothing else, for a counter of instructions
    #[arg(long, num_args = 3, value_names = ["WHO", "WHAT", "HOW"], hide = true)]
    repeat: Option<Vec<String>>,
    /// Be one of the servers, on a port that is printed, until the input ends
    #[arg(long, value_name = "WHO", hide = true)]
    serve: Option<String>,
}

/// A part of what is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Handshakes in memory
    Handshakes,
    /// Entrances of frameworks, in memory and over loopback
    Frameworks,
    /// Heads of growing length
    Growth,
    /// Random numbers that a client asks the system for
    Random,
    /// Upgrades over loopback
    Loopback,
    /// Connections that wait
    Memory,
    /// Clients over loopback, from a URL to its connection
    Clients,
    /// A thousand sockets, over HTTP/1.1 and over HTTP/2
    Sockets,
    /// The start and the size of the command-line tool
    Tool,
}

/// Runs the program: measures, prints, and writes the requested file.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if let Some([who, what, how]) = arguments.repeat.as_deref() {
        repeat(who, what, how)
    } else if let Some(who) = &arguments.serve {
        be(who)
    } else {
        measure(&arguments)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts everything for the counting program, as JSON.
pub fn count(measure: Measure) -> String {
    counting::count(measure).to_string()
}

fn be(who: &str) -> Result<(), String> {
    let mut servers = Server::ALL.into_iter().chain(Server::ON_HYPER);
    if let Some(server) = servers.find(|server| server.name() == who) {
        return serve::serve(server).map_err(text);
    }
    let host = Host::ALL.into_iter().find(|host| host.name() == who).ok_or_else(|| format!("no {who}"))?;
    host::serve(host).map_err(|error| error.to_string())
}

fn repeat(who: &str, what: &str, how: &str) -> Result<(), String> {
    let repetition: Repetition = how.parse().map_err(text)?;
    if let Some(done) = clients::repeat(who, what, repetition) {
        return done.map_err(|error| error.to_string());
    }
    if let Some(done) = measured::repeat(who, what, repetition) {
        return done;
    }
    let case = cases::all().into_iter().find(|case| case.name == what);
    let done = case.and_then(|case| handshakes::repeat(&case, who, repetition));
    done.ok_or_else(|| format!("no {who}, {what}"))?
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let wanted = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let heap = Counted::read()
        .map_err(|error| format!("{error}: is bench-counted there? `cargo xtask bench` builds it"))?;
    let machine = machine();
    let counter = Counter::find(&measured::NOTHING);
    let counts = counter.map_or("not counted", Counter::name);
    println!("{machine}\nInstructions of handshakes: {counts}\n");
    if !measured::servers().iter().any(|(who, _)| *who == measured::FLOOR_B) {
        println!("{} is left out: the processor has no AVX2.\n", measured::FLOOR_B);
    }
    let mut figures = json!({ "machine": machine, "instructions": counts });
    if wanted(Part::Handshakes) {
        let mut rows = Vec::new();
        for case in cases::servers().into_iter().chain([cases::clients()]) {
            let measured = handshakes::compare(&case, counter, &heap);
            println!("{}", handshakes::table(&case, &measured));
            rows.extend(handshakes::to_json(&case, &measured));
        }
        figures["handshakes"] = rows.into();
    }
    if wanted(Part::Frameworks) {
        let mut rows = Vec::new();
        for case in cases::frameworks() {
            let measured = handshakes::compare(&case, counter, &heap);
            println!("{}", handshakes::table(&case, &measured));
            rows.extend(handshakes::to_json(&case, &measured));
        }
        let (table, loopback) =
            loopback::measure("on hyper, over loopback", &Server::ON_HYPER).map_err(text)?;
        println!("{table}");
        figures["frameworks"] = json!({
            "memory": rows,
            "loopback": loopback,
        });
    }
    if wanted(Part::Random) {
        let (table, rows) = handshakes::random(&cases::clients());
        println!("{table}");
        figures["random"] = rows;
    }
    if wanted(Part::Growth) {
        // Byte by byte, these are millions of instructions. Nothing is hashed, so valgrind counts as well.
        let counter = Some(Counter::Valgrind);
        let compared = cases::growth().into_iter().map(|case| {
            let measured = handshakes::compare(&case, counter, &heap);
            (case, measured)
        });
        let compared: Vec<_> = compared.collect();
        println!("{}", handshakes::growth(&compared));
        let rows = compared.iter().flat_map(|(case, rows)| handshakes::to_json(case, rows));
        figures["growth"] = rows.collect();
    }
    if wanted(Part::Loopback) {
        let (table, rows) = loopback::measure("server over loopback", &Server::ALL).map_err(text)?;
        println!("{table}");
        figures["loopback"] = rows;
    }
    if wanted(Part::Memory) {
        println!("{}", heap.memory());
        let (table, rows) = resident::measure().map_err(text)?;
        println!("{table}");
        figures["memory"] = json!({ "heap": heap.memory_to_json(), "resident": rows });
    }
    if wanted(Part::Clients) {
        let (tables, rows) = clients::measure(&heap).map_err(|error| error.to_string())?;
        println!("{tables}");
        figures["clients"] = rows;
    }
    if wanted(Part::Sockets) {
        let (table, rows) = sockets::measure(&heap).map_err(|error| error.to_string())?;
        println!("{table}");
        figures["sockets"] = rows;
    }
    if wanted(Part::Tool) {
        let (table, row) = tool::measure()?;
        println!("{table}");
        figures["tool"] = row;
    }
    println!("For docs/costs.md and the README:\n");
    for table in summary::tables(&figures) {
        println!("{table}");
    }
    match &arguments.json {
        Some(path) => fs::write(path, figures.to_string()).map_err(text),
        None => Ok(()),
    }
}

/// Describes the machine.
fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo").lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim_end() == "model name").then(|| value.trim().to_owned())
    });
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{cores} cores, {}, {} {}", model.unwrap_or_default(), env::consts::OS, kernel.trim())
}

// It takes the error by value, for `map_err`.
#[allow(clippy::needless_pass_by_value)]
fn text(error: impl Error) -> String {
    error.to_string()
}
