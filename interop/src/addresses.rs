//! Names with addresses of IPv6, of IPv4, and of both with one dead.
//!
//! Names are looked up by the C library, in a file of ours.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

use crate::debian::Debian;
use crate::examples::Examples;
use crate::forward::NSS_WRAPPER;
use crate::network::echo;
use crate::process::Process;
use crate::scratch::{Scratch, write};

/// Servers at an address of one kind each, with the same port dead at the other.
pub(crate) struct Addresses {
    servers: Vec<(&'static str, SocketAddr)>,
    folder: Scratch,
    // Kept as long as it lasts.
    processes: Vec<Process>,
    dead: Vec<Dead>,
}

/// An address at which nobody answers.
pub(crate) struct Dead {
    socket: OwnedFd,
    _client: Option<TcpStream>,
}

/// How an address is dead.
#[derive(Clone, Copy)]
enum How {
    /// It refuses at once.
    Refuses,
    /// It says nothing.
    Silent,
}

/// Installs what looks up the names.
pub(crate) fn install(may_install: bool) -> Result<(), String> {
    let library = Debian { program: "getent", folder: Some(NSS_WRAPPER), packages: &["libnss-wrapper"] };
    library.install(may_install)
}

impl Dead {
    /// An address that refuses clients.
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
            // Another program may have that port at the other address.
            let (process, address, dead) = attempt().or_else(|_| attempt())?;
            all.processes.push(process);
            all.dead.push(dead);
            all.servers.push((name, address));
        }
        Ok(all)
    }

    /// The ports, and the folder of the file of names.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&'static str, String)> {
        let ports = self.servers.iter().map(|(name, address)| (*name, address.port().to_string()));
        ports.chain([("folder", self.folder.path().to_string_lossy().into_owned())])
    }
}

/// A server, and the dead address beside it.
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

/// The same port of this machine at the address of the other kind.
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
        // Whoever has bound a port and does not listen keeps others from it.
        How::Refuses => None,
        How::Silent => {
            // There is room for one client, which nobody accepts. The next ones are not answered.
            listen(&socket, 0)?;
            Some(TcpStream::connect(address)?)
        }
    };
    Ok(Dead { socket, _client: client })
}
