//! A server in a process of its own, and the clients that load it.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bench_core::requests::CHROME;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// Upgrades in progress at a time.
pub(crate) const IN_FLIGHT: u32 = 64;

/// A server in a process of its own. Dropping it ends the process.
pub(crate) struct Served {
    process: Child,
    address: SocketAddr,
    root: Option<String>,
}

/// What a process has used so far.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// Processor time in nanoseconds.
    pub(crate) cpu: u64,
    /// Page faults that needed no disk.
    pub(crate) faults: u64,
}

impl Served {
    /// Starts the program as the server of this name, under `tracer` if it is not empty.
    pub(crate) fn start(name: &str, tracer: &[&str]) -> io::Result<Self> {
        // The counting program must start the other program, which is beside it.
        let this = std::env::current_exe()?.with_file_name("bench");
        let mut command = match tracer {
            [] => Command::new(this),
            [tracer, arguments @ ..] => {
                let mut command = Command::new(tracer);
                command.args(arguments).arg(this);
                command
            }
        };
        command.args(["--serve", name]).stdin(Stdio::piped()).stdout(Stdio::piped());
        if !tracer.is_empty() {
            command.stderr(Stdio::piped());
        }
        let mut process = command.spawn()?;
        let mut said = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let (port, root) = said.trim().split_once(' ').unwrap_or((said.trim(), ""));
        let port = port.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        let root = STANDARD.decode(root).ok().and_then(|root| String::from_utf8(root).ok());
        let root = root.filter(|root| !root.is_empty());
        Ok(Self { process, address: (Ipv4Addr::LOCALHOST, port).into(), root })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The PEM of its root certificate, if it speaks TLS.
    pub(crate) fn root(&self) -> Option<&str> {
        self.root.as_deref()
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let kib: Option<u64> = line.and_then(|kib| kib.trim().parse().ok());
        kib.map(|kib| kib * 1024).ok_or(io::ErrorKind::InvalidData.into())
    }

    /// Returns what the server has used, on the first thread of its process.
    pub(crate) fn used(&self) -> io::Result<Used> {
        let folder = format!("/proc/{}", self.process.id());
        let schedule = fs::read_to_string(format!("{folder}/schedstat"))?;
        let cpu = schedule.split(' ').next().and_then(|cpu| cpu.parse().ok());
        let status = fs::read_to_string(format!("{folder}/stat"))?;
        // The fields after the name, which may contain spaces: state, parent, ...; the eighth is the count of minor
        // faults.
        let faults = status.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(7)?.parse().ok());
        match (cpu, faults) {
            (Some(cpu), Some(faults)) => Ok(Used { cpu, faults }),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Ends the process, and returns what it or its tracer has printed.
    pub(crate) fn end(mut self) -> io::Result<Output> {
        drop(self.process.stdin.take());
        self.process.wait_with_output()
    }
}

/// The clients, on one thread.
pub(crate) struct Clients(Runtime);

impl Clients {
    pub(crate) fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_io().build().map(Self)
    }

    /// Makes `times` upgrades for each one in progress. Each client closes when it has its 101.
    pub(crate) fn upgrade(&self, served: &Served, times: u32) -> io::Result<()> {
        let address = served.address;
        self.0.block_on(async {
            let clients: Vec<_> = (0..IN_FLIGHT)
                .map(|_| {
                    tokio::spawn(async move {
                        for _ in 0..times {
                            upgrade(address).await?;
                        }
                        Ok::<_, io::Error>(())
                    })
                })
                .collect();
            for client in clients {
                client.await??;
            }
            // The server works in order: after this upgrade it has seen the other clients close.
            upgrade(address).await
        })
    }
}

async fn upgrade(address: SocketAddr) -> io::Result<()> {
    let mut io = TcpStream::connect(address).await?;
    io.write_all(CHROME).await?;
    let (mut answer, mut len) = ([0; 1024], 0);
    while !answer.get(..len).unwrap_or_default().ends_with(b"\r\n\r\n") {
        match io.read(answer.get_mut(len..).unwrap_or_default()).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => len += more,
        }
    }
    if answer.starts_with(b"HTTP/1.1 101 ") { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}
