//! The suite for servers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use super::abilities::Abilities;
use super::peer::Peer;
use super::runner::outcome;
use crate::case::{Case, Exchange, Http, Role, cases};
use crate::http2::Http2Server;
use crate::report::{CaseResult, Outcome, Report};
use crate::wire::{Bounds, Target, TargetError, TlsError, Trust};

/// Runs the cases for servers against a URL.
///
/// The server under test echoes text and binary messages. The suite contacts nothing but this server, one exchange a
/// connection, each bounded in time and bytes.
#[must_use]
pub struct ServerSuite {
    peer: Peer,
    http: Http,
    /// As the peer's connector, for HTTP/2.
    h2: Option<TlsConnector>,
    only: Vec<String>,
    skip: Vec<String>,
    intrusive: bool,
    jobs: usize,
    subprotocols: Vec<String>,
    progress: Option<Progress>,
}

type Progress = Box<dyn FnMut(&Outcome) + Send>;

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
            http: Http::Http1,
            h2: None,
            only: Vec::new(),
            skip: Vec::new(),
            intrusive: false,
            jobs: 1,
            subprotocols: ["chat", "superchat", "echo"].map(str::to_owned).to_vec(),
            progress: None,
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
        self.http = Http::Http2;
        self
    }

    /// Runs only cases whose ids begin with one of the given texts. It can be called several times.
    pub fn only(mut self, start: impl Into<String>) -> Self {
        self.only.push(start.into());
        self
    }

    /// Leaves out cases whose ids begin with this text. It can be called several times.
    pub fn skip(mut self, start: impl Into<String>) -> Self {
        self.skip.push(start.into());
        self
    }

    /// Runs cases too that send floods and endless heads, or wait long.
    pub fn intrusive(mut self, intrusive: bool) -> Self {
        self.intrusive = intrusive;
        self
    }

    /// Sets how many cases are run at the same time. The default is 1.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

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

    /// Calls this with the outcome of each case, as soon as it is known.
    pub fn progress(mut self, progress: impl FnMut(&Outcome) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Returns how many cases will be in the report.
    pub fn count(&self) -> usize {
        self.cases().count()
    }

    fn cases(&self) -> impl Iterator<Item = &'static Case> {
        let begins = |case: &Case, starts: &[String]| starts.iter().any(|start| case.id.starts_with(start));
        let all = cases(Role::Server, self.http).iter();
        all.filter(move |case| {
            (self.only.is_empty() || begins(case, &self.only)) && !begins(case, &self.skip)
        })
    }

    /// Runs the cases.
    pub async fn run(mut self) -> Report {
        let mut progress = self.progress.take();
        let tester = Tester::of(self.peer.clone(), self.http, self.h2.clone(), &self.subprotocols).await;
        let tester = Arc::new(tester);
        let Target { secure, .. } = self.peer.target;
        let mut report = Report::new(Role::Server, self.http, secure, self.peer.target.to_string());
        let mut queue = self.cases().enumerate().collect::<Vec<_>>().into_iter();
        let mut running = JoinSet::new();
        let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
        loop {
            while running.len() < self.jobs
                && let Some((index, case)) = queue.next()
            {
                let (tester, intrusive) = (Arc::clone(&tester), self.intrusive);
                running.spawn(async move { (index, tester.outcome(case, intrusive).await) });
            }
            match running.join_next().await {
                None => break,
                Some(Ok((index, outcome))) => {
                    if let Some(progress) = &mut progress {
                        progress(&outcome);
                    }
                    outcomes.push((index, outcome));
                }
                // Nothing here panics, and nothing is aborted.
                Some(Err(_)) => {}
            }
        }
        outcomes.sort_by_key(|(index, _)| *index);
        report.results = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
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
