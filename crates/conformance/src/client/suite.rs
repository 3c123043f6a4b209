//! The suite for clients.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::attempt::Attempt;
use super::exchange::{Seen, Setting, Tls, What, run};
use super::rules;
use super::subject::Subject;
use super::verdict::result;
use crate::case::{Case, Certificate, ClientExchange, Deliver, Exchange, Http, Need, Role};
use crate::http2::tested_client;
use crate::plan::{Plan, plan_methods};
use crate::report::{CaseResult, Outcome, Report};
use crate::text::Names;
use crate::wire::{Authority, Bounds, TlsError};

/// Runs the cases for clients against a command or a closure.
///
/// See [the module](super) for what a client under test does.
#[must_use]
pub struct ClientSuite {
    setting: Setting,
    plan: Plan,
    /// Kept until the run is over.
    ca: Option<TemporaryFile>,
}

impl ClientSuite {
    /// Tests a command, which is run once a case. In its words `{url}` is replaced by the URL.
    pub fn command<W: Into<OsString>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::of(Subject::Command(words.into_iter().map(Into::into).collect()))
    }

    /// Tests a client in this process. The closure is called once a case.
    pub fn new<F, C, E>(client: C) -> Self
    where
        C: Fn(Attempt) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::of(Subject::Closure(Arc::new(move |attempt| {
            let ending = client(attempt);
            Box::pin(async { ending.await.map_err(Into::into) })
        })))
    }

    fn of(subject: Subject) -> Self {
        Self {
            setting: Setting { subject, bounds: Bounds::default(), tls: None },
            plan: Plan::new(Role::Client),
            ca: None,
        }
    }

    plan_methods!();

    /// Sets the bounds of each exchange. The default is 5 seconds, and half a second of silence.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.setting.bounds = bounds;
        self
    }

    /// Runs the cases over TLS, with a certificate authority of its own that the client has to trust.
    ///
    /// # Errors
    ///
    /// If the authority can't be made, or not be written into a file.
    pub fn tls(mut self) -> Result<Self, TlsError> {
        let authority = Authority::new()?;
        let acceptors =
            Certificate::ALL.map(|kind| Ok((kind, authority.acceptor_with(kind, &["http/1.1"])?)));
        let acceptors = acceptors.into_iter().collect::<Result<_, TlsError>>()?;
        let http2 = authority.acceptor(&["h2"])?;
        let ca = TemporaryFile::new(authority.pem()).map_err(TlsError::new)?;
        self.setting.tls = Some(Tls { acceptors, http2, ca: ca.0.clone() });
        self.ca = Some(ca);
        Ok(self)
    }

    /// Runs the cases over HTTP/2 (RFC 8441). Without TLS the client is asked to use it by prior knowledge.
    pub fn http2(mut self) -> Self {
        self.plan.http = Http::Http2;
        self
    }

    /// Runs the cases.
    pub async fn run(self) -> Report {
        let Self { setting, plan, ca } = self;
        let (http, tls, intrusive) = (plan.http, setting.tls.is_some(), plan.intrusive);
        let mut report = Report::new(Role::Client, http, tls, setting.subject.to_string());
        let outcome = |case| {
            let setting = setting.clone();
            async move { outcome(case, &setting, intrusive).await }
        };
        report.results = plan.run(outcome).await;
        // No client reads the file any more.
        drop(ca);
        report
    }
}

/// Runs one case.
async fn outcome(case: &Case, setting: &Setting, intrusive: bool) -> Outcome {
    let start = Instant::now();
    let skipped = if case.intrusive && !intrusive {
        Some("intrusive cases were not asked for".to_owned())
    } else {
        let unmet = case.needs.iter().find(|need| match need {
            Need::Tls => setting.tls.is_none(),
            Need::Plain => setting.tls.is_some(),
            _ => false,
        });
        unmet.map(|need| format!("the case needs {need}"))
    };
    let (result, wire) = match (skipped, &case.exchange) {
        (Some(reason), _) => (CaseResult::Skipped { reason }, Vec::new()),
        (None, Exchange::Client(exchange)) => match seen(exchange, setting).await {
            Ok(Seen { what, wire, .. }) => (result(exchange, what), wire),
            Err(error) => (not_run(&error), Vec::new()),
        },
        (None, Exchange::Http2Client(exchange)) => match tested_client(exchange, setting).await {
            Ok(tested) => tested,
            Err(error) => (not_run(&error), Vec::new()),
        },
        (None, _) => (CaseResult::skipped("the case is not for clients"), Vec::new()),
    };
    Outcome::new(case, result).with_wire(wire, start.elapsed())
}

fn not_run(error: &io::Error) -> CaseResult {
    CaseResult::skipped(format!("the suite can't run it: {error}"))
}

/// Runs the client: once for each place of a split, and a second time if a rule is about two connections.
async fn seen(exchange: &ClientExchange, setting: &Setting) -> io::Result<Seen> {
    if exchange.every_split {
        return every_split(exchange, setting).await;
    }
    let first = run(exchange, setting).await?;
    if exchange.rule.as_deref() != Some(rules::KEY_FRESH) || first.what != What::Established {
        return Ok(first);
    }
    let second = run(exchange, setting).await?;
    if let (Some(first), Some(again)) = (&first.key, &second.key)
        && first == again
    {
        let what = What::RuleBroken(format!("both keys are \"{again}\""));
        return Ok(Seen { what, ..second });
    }
    Ok(second)
}

/// Runs the client once for each place where the response can be split in two, until something goes wrong.
async fn every_split(exchange: &ClientExchange, setting: &Setting) -> io::Result<Seen> {
    // Every key has the same length.
    let names = Names::sample();
    let head = exchange.response.head(&ClientExchange::GOOD, &names);
    let behind = exchange.response.behind(&names);
    let length = head.and_then(|head| Ok(head.len() + behind?.len())).map_err(io::Error::other)?;
    let mut last = Seen::only(What::Other("there is nothing to split".to_owned()));
    for at in 1..length {
        let mut split = exchange.clone();
        split.response.deliver = Deliver::At(vec![isize::try_from(at).unwrap_or(isize::MAX)]);
        last = run(&split, setting).await?;
        if last.what != What::Established {
            last.what.split_at(at);
            break;
        }
    }
    Ok(last)
}

impl fmt::Debug for ClientSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSuite")
            .field("client", &self.setting.subject.to_string())
            .finish_non_exhaustive()
    }
}

/// A file in the system's directory for such files, which is removed when this is dropped.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(text: &str) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("websocket-upgrade-conformance-{}-{number}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        write_new(&path, text)?;
        Ok(Self(path))
    }
}

/// Writes a file that was not there, so that nobody else's is written to.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // Whoever removes temporary files may have been faster.
        let _ = std::fs::remove_file(&self.0);
    }
}
