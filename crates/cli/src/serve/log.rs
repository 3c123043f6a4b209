//! The lines of the server: one for each handshake, and one for a connection that came to nothing.

use std::fmt::{self, Display};
use std::io::Write;
use std::net::SocketAddr;

use http::Version;
use websocket_upgrade::Settings;

use super::notes::named;
use crate::output::{BAD, FAINT, GOOD, HINT, OneLine, painted};

/// Where the lines go: to standard error, or nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    quiet: bool,
}

/// A handshake, as its line shows it. A query may have secrets, and is not shown.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    pub(crate) peer: SocketAddr,
    pub(crate) version: Version,
    pub(crate) path: String,
}

impl Log {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// A handshake that was accepted, with what was agreed.
    pub(crate) fn accepted(self, handshake: &Handshake, status: u16, settings: &Settings) {
        let subprotocol = settings.subprotocol().unwrap_or("none");
        let extensions = settings.extensions();
        let extensions = if extensions.is_empty() { "none" } else { extensions.as_str() };
        let (status, subprotocol, extensions) =
            (painted(GOOD, status), OneLine(subprotocol), OneLine(extensions));
        self.line(format_args!("{handshake} {status} subprotocol {subprotocol}, extensions {extensions}"));
    }

    /// A handshake that was refused, with the reason and perhaps a hint.
    pub(crate) fn refused(self, handshake: &Handshake, status: u16, why: impl Display, hint: Option<&str>) {
        let why = why.to_string();
        let why = OneLine(&why);
        let status = painted(BAD, status);
        match hint {
            Some(hint) => self.line(format_args!("{handshake} {status} {why} ({})", painted(HINT, hint))),
            None => self.line(format_args!("{handshake} {status} {why}")),
        }
    }

    /// An answer of a server with a fault.
    pub(crate) fn faulty(self, peer: SocketAddr, path: &str, status: &str, fault: &str) {
        let (path, status) = (OneLine(path), painted(FAINT, OneLine(status)));
        self.line(format_args!("{peer} HTTP/1.1 {path} {status} with the fault {fault}"));
    }

    /// A connection that came to nothing, or broke.
    pub(crate) fn broken(self, peer: SocketAddr, why: impl Display) {
        let why = why.to_string();
        self.line(format_args!("{peer} {}", painted(BAD, OneLine(&why))));
    }

    /// What the server itself does.
    pub(crate) fn says(self, what: impl Display) {
        self.line(format_args!("{}", painted(FAINT, what)));
    }

    fn line(self, line: fmt::Arguments<'_>) {
        if !self.quiet {
            // Nobody may be reading it any more.
            let _ = writeln!(anstream::stderr(), "{line}");
        }
    }
}

impl Display for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.peer, named(self.version), OneLine(&self.path))
    }
}
