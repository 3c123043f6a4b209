//! The command: its flags, the run, and what is made of the report.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use websocket_upgrade_conformance::case::Role;

use super::list::list;
use super::outputs::Output;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::suite::{self, width};

/// Run the conformance suite against a server or a client.
#[allow(clippy::doc_markdown)] // the help is no markdown
#[derive(Args, Debug)]
#[command(
    override_usage = "wsupgrade check [OPTIONS] URL\n       wsupgrade check [OPTIONS] --client -- COMMAND...",
    after_help = "A server echoes text and binary messages at the URL.\n\n\
    A client is a command that is run once a case. It opens a WebSocket to the URL, echoes text and binary messages \
    until the server closes, answers the close, and ends with 0. If the handshake fails, it ends with another code. \
    The environment says what to do:\n  \
    WS_URL              the URL, which also stands for {url} in the arguments\n  \
    WS_SUBPROTOCOLS     subprotocols to offer, in order, with commas between\n  \
    WS_DEFLATE          1: offer permessage-deflate\n  \
    WS_DEFLATE_PARAMS   the parameters of that offer; a client that can't choose them ignores it\n  \
    WS_TIMEOUT          the seconds after which to give up the handshake\n  \
    WS_HTTP2            1: use HTTP/2 (RFC 8441), without TLS by prior knowledge\n  \
    WS_CA               a PEM file with the certificate authority to trust\n\n\
    The exit code is 0 if no MUST and no SHOULD has failed, and 11 if one has."
)]
pub(crate) struct Flags {
    /// The server: ws:// or wss:// (ws:// if there is no scheme)
    #[arg(value_name = "URL", required_unless_present_any = ["client", "list", "json"], conflicts_with = "client")]
    url: Option<String>,
    /// Test a client: the command behind --
    #[arg(long)]
    client: bool,
    /// Let the client connect over TLS
    #[arg(long, requires = "client", conflicts_with = "url")]
    tls: bool,
    /// Show the cases, and run nothing
    #[arg(long)]
    list: bool,
    /// The client and its arguments; {url} stands for the URL
    #[arg(last = true, value_name = "COMMAND", requires = "client", conflicts_with = "url")]
    command: Vec<OsString>,

    #[command(flatten)]
    suite: suite::Flags,

    /// Write the report as JSON to a file, or without a file to standard output, instead of the table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", help_heading = "Output")]
    json: Option<PathBuf>,
    /// Write the report as JUnit XML to a file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    junit: Option<PathBuf>,
    /// Write the report as a page to a file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    html: Option<PathBuf>,
}

pub(crate) async fn run(flags: &Flags) -> Result<Exit, Failure> {
    let role = if flags.client { Role::Client } else { Role::Server };
    if flags.list {
        list(&flags.suite.cases(role)?)?;
        return Ok(Exit::Success);
    }
    let (subject, to_stdout, json) = flags.subject()?;
    // A run takes a while: it does not begin if its results can't be kept.
    let json = Output::open(json)?;
    let junit = Output::open(flags.junit.as_ref())?;
    let html = Output::open(flags.html.as_ref())?;
    let report = match subject {
        Subject::Server(url) => suite::server(url, &flags.suite).await?,
        Subject::Client(command) => suite::client(command, flags.tls, &flags.suite).await?,
    };
    json.write(|| report.to_json())?;
    junit.write(|| report.junit())?;
    html.write(|| report.html())?;
    let mut stdout = anstream::stdout().lock();
    if to_stdout {
        write!(stdout, "{}", report.to_json())?;
    } else {
        write!(stdout, "{}", report.text().width(width().min(WIDEST)).colours(true))?;
    }
    stdout.flush()?;
    Ok(if report.holds() { Exit::Success } else { Exit::Conformance })
}

enum Subject<'a> {
    Server(&'a str),
    Client(&'a [OsString]),
}

impl Flags {
    /// Returns what is tested, and whether the report is written as JSON to standard output, or to which file.
    fn subject(&self) -> Result<(Subject<'_>, bool, Option<&PathBuf>), Failure> {
        let (to_stdout, file) = match &self.json {
            Some(path) if path.as_os_str() == "-" => (true, None),
            path => (false, path.as_ref()),
        };
        if self.client {
            if self.command.is_empty() {
                return Err(Failure::usage("--client: there is no command")
                    .hint("write it behind --, such as: wsupgrade check --client -- my-client {url}"));
            }
            return Ok((Subject::Client(&self.command), to_stdout, file));
        }
        match (&self.url, file.and_then(|file| file.to_str())) {
            (Some(url), _) => Ok((Subject::Server(url), to_stdout, file)),
            // The file of --json can be left out, and then the URL may stand in its place.
            (None, Some(url)) => Ok((Subject::Server(url), true, None)),
            (None, None) => {
                Err(Failure::usage("there is no URL").hint("`wsupgrade check --help` shows the usage"))
            }
        }
    }
}

/// Longer lines are hard to read.
const WIDEST: usize = 110;
