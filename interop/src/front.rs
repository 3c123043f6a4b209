//! Reverse proxies before a server, and how they are run. `fronts.rs` lists them.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::certificate;
use crate::debian::{Debian, version_of};
use crate::http::Http;
use crate::listening::listens;
use crate::process::Process;
use crate::runtime::{Runtime, venv};
use crate::scratch::{Scratch, write};

/// A reverse proxy.
///
/// Its arguments and its configuration have places that are filled in:
///
/// - `{folder}`: its own folder, with the configuration, `certificate.pem` and `ready` (a file with the path of the
///   folder)
/// - `{configuration}` and `{certificate}` (certificate and key): these files
/// - `{listen}`, and `{secure}` for clients over TLS
/// - `{server_1}` to `{server_3}`: the servers, which are the same one if there are fewer
/// - `{listen_host}`, `{listen_port}` and so on: the parts of all addresses
/// - `{upstream}`: the setting for the version of HTTP to the servers
/// - `{authority}` and `{server_name}`: a file with the authority that it trusts in servers over HTTP/3, and their name
pub(crate) struct Front {
    pub(crate) program: Program,
    /// The argument that prints its version. If it is empty, the version is that of its package.
    pub(crate) says_version: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// Its configuration: the name and the text of the file.
    pub(crate) configuration: (&'static str, &'static str),
    /// The value of `{upstream}` for HTTP/1.1 to the server.
    pub(crate) over_http1: &'static str,
    /// The value of `{upstream}` for HTTP/2, in clear text and with prior knowledge.
    pub(crate) over_http2: Option<&'static str>,
    /// The value of `{upstream}` for HTTP/3.
    pub(crate) over_http3: Option<&'static str>,
    /// Other files in its folder, with places too.
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) ready: Ready,
    /// Whether it is told to end, and waited for. If it were killed, it would leave something behind.
    pub(crate) tidies_up: bool,
}

/// How we know that a proxy accepts connections, and that it is ours.
#[derive(Clone, Copy)]
pub(crate) enum Ready {
    /// It answers `GET /ready` with a text that contains the path of its folder.
    Answers,
    /// Its process listens at `{listen}`.
    Listens,
    /// Its process also listens at `{secure}`.
    ListensTwice,
}

/// Where a proxy comes from.
pub(crate) enum Program {
    Debian(Debian),
    /// A wheel of pip that carries a program of this name.
    Wheel(&'static str),
}

/// A reverse proxy that accepts connections. Dropping it ends it.
pub(crate) struct Running {
    address: SocketAddr,
    secure: SocketAddr,
    // It ends before its folder is removed.
    process: Process,
    folder: Scratch,
    tidies_up: bool,
}

impl Front {
    /// The usual values: it answers, and leaves nothing behind.
    pub(crate) const USUAL: Self = Self {
        program: Program::Wheel(""),
        says_version: "--version",
        arguments: &[],
        environment: &[],
        configuration: ("configuration", ""),
        over_http1: "",
        over_http2: None,
        over_http3: None,
        files: &[],
        ready: Ready::Answers,
        tidies_up: false,
    };

    /// Installs it if it is missing. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        match &self.program {
            Program::Debian(debian) => debian.install(may_install),
            Program::Wheel(name) => {
                Runtime::Python.install(may_install)?;
                let is_there = venv(name).is_file();
                if is_there { Ok(()) } else { Err(format!("no wheel with {name} for this platform")) }
            }
        }
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &'static str {
        match &self.program {
            Program::Debian(debian) => debian.program,
            Program::Wheel(name) => name,
        }
    }

    /// Returns its name and version.
    pub(crate) fn version(&self) -> Result<String, String> {
        let version = match &self.program {
            Program::Debian(debian) if self.says_version.is_empty() => debian.package_version()?,
            _ => version_of(Command::new(self.path()).arg(self.says_version))?,
        };
        Ok(format!("{} {version}", self.name()))
    }

    /// Starts it before servers, to which it speaks this version of HTTP. Over HTTP/3 it trusts
    /// [`certificate::of_http3`].
    pub(crate) fn start(
        &self,
        servers: &[SocketAddr],
        upstream: Http,
        deadline: Instant,
    ) -> Result<Running, String> {
        self.start_with(&certificate::with_key()?, servers, upstream, deadline)
    }

    /// As `start`, with this certificate and its key.
    pub(crate) fn start_with(
        &self,
        certificate: &str,
        servers: &[SocketAddr],
        upstream: Http,
        deadline: Instant,
    ) -> Result<Running, String> {
        // Its port must be chosen before it starts, and another program may take the free port first.
        let deadline = deadline.min(Instant::now() + PATIENCE);
        let attempt = || {
            let addresses = free_addresses().map_err(|error| format!("two free ports: {error}"))?;
            self.start_at(addresses, certificate, servers, upstream, deadline)
        };
        attempt().or_else(|_| attempt()).or_else(|_| attempt())
    }

    fn start_at(
        &self,
        [listen, secure]: [SocketAddr; 2],
        pem: &str,
        servers: &[SocketAddr],
        upstream: Http,
        deadline: Instant,
    ) -> Result<Running, String> {
        let upstream = match upstream {
            Http::One => self.over_http1,
            Http::Two => self.over_http2.ok_or("it speaks no HTTP/2 to servers")?,
            Http::Three => self.over_http3.ok_or("it speaks no HTTP/3 to servers")?,
        };
        let folder = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
        let path = folder.path().to_string_lossy().into_owned();
        let (name, configuration) = self.configuration;
        let file = folder.path().join(name).to_string_lossy().into_owned();
        let own = folder.path().join("certificate.pem");
        let certificates = own.to_string_lossy();
        let authority = folder.path().join("authority.pem");
        let authorities = authority.to_string_lossy();
        let servers = ["server_1", "server_2", "server_3"].into_iter().zip(servers.iter().copied().cycle());
        let addresses: Vec<_> = [("listen", listen), ("secure", secure)].into_iter().chain(servers).collect();
        let fill_in = |text: &str| {
            let mut text = text.to_owned();
            for (name, address) in &addresses {
                text = text
                    .replace(&format!("{{{name}}}"), &address.to_string())
                    .replace(&format!("{{{name}_host}}"), &address.ip().to_string())
                    .replace(&format!("{{{name}_port}}"), &address.port().to_string());
            }
            text.replace("{upstream}", upstream)
                .replace("{folder}", &path)
                .replace("{configuration}", &file)
                .replace("{certificate}", &certificates)
                .replace("{authority}", &authorities)
                .replace("{server_name}", "localhost")
        };
        write(&file, &fill_in(configuration))?;
        write(&own, pem)?;
        write(&authority, certificate::of_http3()?)?;
        write(folder.path().join("ready"), &path)?;
        for (name, text) in self.files {
            write(folder.path().join(name), &fill_in(text))?;
        }
        let mut command = Command::new(self.path());
        command.args(self.arguments.iter().map(|argument| fill_in(argument)));
        command.envs(self.environment.iter().map(|(name, value)| (*name, fill_in(value))));
        let mut process = Process::start(&mut command, deadline)?;
        let id = process.id();
        process.wait_until(|| {
            let is_ready = match self.ready {
                Ready::Answers => is_ready(listen, &path),
                Ready::Listens => listens(id, &[listen]),
                Ready::ListensTwice => listens(id, &[listen, secure]),
            };
            is_ready.unwrap_or(false)
        })?;
        Ok(Running { address: listen, secure, process, folder, tidies_up: self.tidies_up })
    }

    fn path(&self) -> PathBuf {
        match &self.program {
            Program::Debian(debian) => debian.path(),
            Program::Wheel(name) => venv(name),
        }
    }
}

impl Running {
    /// Returns the address where it accepts connections, in clear text or over TLS.
    pub(crate) fn address(&self, tls: bool) -> SocketAddr {
        if tls { self.secure } else { self.address }
    }

    /// Returns the path of a file in its folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns its messages about what went wrong.
    pub(crate) fn complaints(&mut self) -> String {
        self.process.complaints()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.tidies_up && self.process.terminate().is_ok() {
            // It is killed if it does not end.
            let _ = self.process.wait();
        }
    }
}

/// Returns whether our own proxy answers there: its configuration makes it send the path of its folder.
fn is_ready(listen: SocketAddr, folder: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(listen)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let (mut response, mut buffer) = (Vec::new(), [0; 1024]);
    // Envoy is slow to close a connection, so we look for the text and not for the end.
    while let len @ 1.. = stream.read(&mut buffer)? {
        response.extend_from_slice(&buffer[..len]);
        // The request does not contain the folder, so this is no echo.
        if String::from_utf8_lossy(&response).contains(folder) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The time for all attempts to start.
const PATIENCE: Duration = Duration::from_secs(15);

/// Returns two free addresses. The first one is held while the second one is looked for. Otherwise they may be the
/// same, and a proxy with `SO_REUSEPORT` would listen there twice, in clear text and for TLS.
fn free_addresses() -> io::Result<[SocketAddr; 2]> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listeners = (bind()?, bind()?);
    Ok([listeners.0.local_addr()?, listeners.1.local_addr()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without holding the first one, they were the same about once in a thousand times.
    #[test]
    fn free_addresses_differ() {
        for _ in 0..TIMES {
            let [listen, secure] = free_addresses().unwrap();
            assert_ne!(listen, secure);
        }
    }

    const TIMES: usize = 100_000;
}
