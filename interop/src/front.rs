//! Reverse proxies before a server: what they are, how they are run.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::debian::Debian;
use crate::process::Process;
use crate::scratch::Scratch;

/// nginx, with the configuration in `peers/nginx.conf`.
pub(crate) const NGINX: Front = Front {
    debian: Debian { program: "nginx", folder: None, packages: &["nginx-light"] },
    arguments: &["-p", "{folder}", "-e", "stderr", "-c", "{configuration}"],
    configuration: include_str!("../peers/nginx.conf"),
};

/// `HAProxy`, with the configuration in `peers/haproxy.cfg`.
pub(crate) const HAPROXY: Front = Front {
    debian: Debian { program: "haproxy", folder: None, packages: &["haproxy"] },
    arguments: &["-db", "-f", "{configuration}"],
    configuration: include_str!("../peers/haproxy.cfg"),
};

/// A reverse proxy.
pub(crate) struct Front {
    debian: Debian,
    /// Its arguments, with places for its folder and its configuration.
    arguments: &'static [&'static str],
    /// Its configuration, with places for its folder, its address and that of the server.
    configuration: &'static str,
}

/// A reverse proxy that takes connections. Dropping it ends it.
pub(crate) struct Running {
    address: SocketAddr,
    // Ends before its folder goes.
    _process: Process,
    _folder: Scratch,
}

impl Front {
    /// Installs it unless it is there. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        self.debian.install(may_install)
    }

    /// Its name and version.
    pub(crate) fn version(&self) -> Result<String, String> {
        Ok(format!("{} {}", self.debian.program, self.debian.version("-v")?))
    }

    /// Starts it before a server.
    pub(crate) fn start(&self, server: SocketAddr, deadline: Instant) -> Result<Running, String> {
        // It can't be told to take any free port, and another program may be faster to the one we found.
        let attempt = || self.start_at(free_address()?, server, deadline);
        attempt().or_else(|_| attempt()).or_else(|_| attempt())
    }

    fn start_at(&self, listen: SocketAddr, server: SocketAddr, deadline: Instant) -> Result<Running, String> {
        let folder = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
        let path = folder.path().to_string_lossy().into_owned();
        let file = folder.path().join("configuration").to_string_lossy().into_owned();
        let fill_in = |text: &str| text.replace("{folder}", &path).replace("{configuration}", &file);
        let configuration = fill_in(self.configuration)
            .replace("{listen}", &listen.to_string())
            .replace("{server}", &server.to_string());
        fs::write(&file, configuration).map_err(|error| format!("{file}: {error}"))?;
        let mut command = Command::new(self.debian.path());
        command.args(self.arguments.iter().map(|argument| fill_in(argument)));
        let mut process = Process::start(&mut command, deadline)?;
        process.wait_until(|| is_ready(listen, &path).unwrap_or(false))?;
        Ok(Running { address: listen, _process: process, _folder: folder })
    }
}

impl Running {
    /// Where it takes connections.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Whether it is our proxy that answers there: our configuration has it say its folder.
fn is_ready(listen: SocketAddr, folder: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(listen)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    // The request has no folder in it: nobody can have echoed it.
    Ok(response.contains(folder))
}

fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|listener| listener.local_addr()).map_err(|error| format!("a free port: {error}"))
}
