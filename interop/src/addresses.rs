//! Names with addresses of IPv6, of IPv4, and of both where one is dead.
//!
//! The C library looks the names up in a file of ours.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

use crate::debian::Debian;
use crate::examples::Examples;
use crate::forward::NSS_WRAPPER;
use crate::process::Process;
use crate::scratch::{Scratch, write};
use crate::trip::echo;

/// Servers, each at an address of one kind; the same port is dead at the address of the other kind.
pub(crate) struct Addresses {
    servers: Vec<(&'static str, SocketAddr)>,
    folder: Scratch,
    // Kept to stay alive.
    processes: Vec<Process>,
    dead: Vec<Dead>,
}

/// An address where no server answers.
pub(crate) struct Dead {
    socket: OwnedFd,
    _client: Option<TcpStream>,
}

/// How an address is dead.
#[derive(Clone, Copy)]
enum How {
    /// It refuses connections at once.
    Refuses,
    /// It does not answer.
    Silent,
}

/// Installs the library that looks up the names.
pub(crate) fn install(may_install: bool) -> Result<(), String> {
    let library = Debian { program: "getent", folder: Some(NSS_WRAPPER), packages: &["libnss-wrapper"] };
    library.install(may_install)
}

impl Dead {
    /// Returns an address that refuses clients.
    pub(crate) fn refusing() -> Result<(Self, SocketAddr), String> {
        let dead = dead((Ipv4Addr::LOCALHOST, 0).into(), How::Refuses).and_then(|dead| {
            let address = getsockname(&dead.socket)?.try_into()?;
            Ok((dead, address))
        });
        dead.map_err(|error| format!("a dead address: {error}"))
    }
}

impl Addresses {
    pub(crate) fn start(ours: &Examples, deadline: Instant) -> Result<Self, String> {
        let folder = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
        write(folder.path().join("hosts"), include_str!("../peers/both.hosts"))?;
        let mut all = Self { servers: Vec::new(), folder, processes: Vec::new(), dead: Vec::new() };
        for (name, listens, how) in [
            ("port_6", "[::1]:0", How::Refuses),
            ("port_4", "127.0.0.1:0", How::Refuses),
            ("port_6_else_silent", "[::1]:0", How::Silent),
            ("port_4_else_silent", "127.0.0.1:0", How::Silent),
        ] {
            let attempt = || beside(ours, listens, how, deadline);
            // Another program may use this port at the other address, or a connection that was closed lately.
            let mut made = attempt();
            for _ in 1..ATTEMPTS {
                made = made.or_else(|_| attempt());
            }
            let (process, address, dead) = made?;
            all.processes.push(process);
            all.dead.push(dead);
            all.servers.push((name, address));
        }
        Ok(all)
    }

    /// Returns the ports, and the folder with the file of names.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&'static str, String)> {
        let ports = self.servers.iter().map(|(name, address)| (*name, address.port().to_string()));
        ports.chain([("folder", self.folder.path().to_string_lossy().into_owned())])
    }
}

/// How often a port is tried.
const ATTEMPTS: usize = 10;

/// Starts a server, with the dead address beside it.
fn beside(
    ours: &Examples,
    listens: &str,
    how: How,
    deadline: Instant,
) -> Result<(Process, SocketAddr, Dead), String> {
    let (process, address) = echo(ours, &["--listen", listens], deadline)?;
    let dead = dead(other_kind(address), how);
    let dead = dead.map_err(|error| format!("a dead address beside {address}: {error}"))?;
    Ok((process, address, dead))
}

/// Returns the address of the other kind with the same port.
fn other_kind(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(_) => (Ipv4Addr::LOCALHOST, address.port()).into(),
        SocketAddr::V4(_) => (Ipv6Addr::LOCALHOST, address.port()).into(),
    }
}

fn dead(address: SocketAddr, how: How) -> io::Result<Dead> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket(family, SocketType::STREAM, None)?;
    bind(&socket, &address)?;
    let client = match how {
        // A bound port that does not listen keeps other programs from it.
        How::Refuses => None,
        How::Silent => {
            // The queue has room for one client, which is never accepted. Later ones get no answer.
            listen(&socket, 0)?;
            Some(TcpStream::connect(address)?)
        }
    };
    Ok(Dead { socket, _client: client })
}
