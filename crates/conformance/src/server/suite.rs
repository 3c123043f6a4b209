//! The suite for servers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio_rustls::TlsConnector;

use super::abilities::Abilities;
use super::peer::Peer;
use super::runner::outcome;
use crate::case::{Case, Exchange, Http, Role};
use crate::http2::Http2Server;
use crate::plan::{Plan, plan_methods};
use crate::report::{CaseResult, Outcome, Report};
use crate::wire::{Bounds, Target, TargetError, TlsError, Trust};

/// Runs the cases for servers against a URL.
///
/// The server under test echoes text and binary messages. The suite contacts nothing but this server, one exchange a
/// connection, each bounded in time and bytes.
#[must_use]
pub struct ServerSuite {
    peer: Peer,
    plan: Plan,
    /// As the peer's connector, for HTTP/2.
    h2: Option<TlsConnector>,
    subprotocols: Vec<String>,
}

/// A suite can't be set up.
#[derive(Debug)]
#[non_exhaustive]
pub enum SuiteError {
    /// The URL is no WebSocket URL.
    Target(TargetError),
    /// The certificates to trust can't be read.
    Tls(TlsError),
    /// A field line has a line end, or no colon.
    Field(String),
}

impl ServerSuite {
    /// Tests the server at a URL with the scheme `ws` or `wss`. Over TLS every certificate is accepted, unless
    /// [`trust`](Self::trust) says otherwise.
    ///
    /// # Errors
    ///
    /// If it is no such URL.
    pub fn new(url: &str) -> Result<Self, SuiteError> {
        let target = Target::new(url).map_err(SuiteError::Target)?;
        let suite = Self {
            peer: Peer { target, tls: None, bounds: Bounds::default(), fields: Vec::new() },
            plan: Plan::new(Role::Server),
            h2: None,
            subprotocols: ["chat", "superchat", "echo"].map(str::to_owned).to_vec(),
        };
        suite.trust(&Trust::Anything)
    }

    /// Sets which certificates are accepted over TLS.
    ///
    /// # Errors
    ///
    /// If there are none in the PEM text.
    pub fn trust(mut self, trust: &Trust) -> Result<Self, SuiteError> {
        if self.peer.target.secure {
            self.peer.tls = Some(trust.connector(&["http/1.1"]).map_err(SuiteError::Tls)?);
            self.h2 = Some(trust.connector(&["h2"]).map_err(SuiteError::Tls)?);
        }
        Ok(self)
    }

    /// Runs the cases over HTTP/2 (RFC 8441). Without TLS the server has to know HTTP/2 by its preface.
    pub fn http2(mut self) -> Self {
        self.plan.http = Http::Http2;
        self
    }

    plan_methods!();

    /// Sets the bounds of each exchange. The default is 5 seconds and 1 MiB.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.peer.bounds = bounds;
        self
    }

    /// Sets the subprotocols that the server may know. The default is `chat`, `superchat` and `echo`.
    pub fn subprotocols<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.subprotocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a field line to every request that is not given as a whole, such as credentials.
    ///
    /// # Errors
    ///
    /// If it has a line end, or no colon.
    pub fn field(mut self, line: &str) -> Result<Self, SuiteError> {
        if !line.contains(':') || line.contains(['\r', '\n']) {
            return Err(SuiteError::Field(line.to_owned()));
        }
        self.peer.fields.push(line.replace('{', "{{").replace('}', "}}"));
        Ok(self)
    }

    /// Runs the cases.
    pub async fn run(self) -> Report {
        let Self { peer, plan, h2, subprotocols } = self;
        let (http, secure, target) = (plan.http, peer.target.secure, peer.target.to_string());
        let tester = Arc::new(Tester::of(peer, http, h2, &subprotocols).await);
        let intrusive = plan.intrusive;
        let outcome = |case| {
            let tester = Arc::clone(&tester);
            async move { tester.outcome(case, intrusive).await }
        };
        let mut report = Report::new(Role::Server, http, secure, target);
        report.results = plan.run(outcome).await;
        report
    }
}

/// What runs a case.
enum Tester {
    Http1(Peer, Abilities),
    Http2(Http2Server),
}

impl Tester {
    /// Finds out what the server can do. It does not borrow the suite, so that a run can be spawned.
    async fn of(mut peer: Peer, http: Http, h2: Option<TlsConnector>, subprotocols: &[String]) -> Self {
        match http {
            Http::Http1 => {
                let abilities = Abilities::of(&peer, subprotocols).await;
                if abilities.needs_subprotocol {
                    // A good request of this server offers one.
                    peer.fields.push("Sec-WebSocket-Protocol: {subprotocol}".to_owned());
                }
                Self::Http1(peer, abilities)
            }
            Http::Http2 => {
                let server = Http2Server::new(peer.target, h2, peer.bounds, peer.fields);
                Self::Http2(server.find_out(subprotocols).await)
            }
        }
    }

    async fn outcome(&self, case: &Case, intrusive: bool) -> Outcome {
        match (self, &case.exchange) {
            (Self::Http1(peer, abilities), Exchange::Server(exchange)) => {
                outcome(case, exchange, peer, abilities, intrusive).await
            }
            (Self::Http2(server), Exchange::Http2Server(exchange)) => {
                server.outcome(case, exchange, intrusive).await
            }
            _ => Outcome::new(case, CaseResult::skipped("the case is not for this suite")),
        }
    }
}

impl fmt::Debug for ServerSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSuite").field("target", &self.peer.target).finish_non_exhaustive()
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Field(line) => write!(f, "{line:?} is no field line"),
        }
    }
}

impl Error for SuiteError {}
