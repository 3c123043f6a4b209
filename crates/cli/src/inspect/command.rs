//! The command: does the handshake, closes the connection, and shows all of it.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use futures_util::SinkExt;
use tokio::time::timeout;
use websocket_upgrade::{ClientStream, ReplayStream, create_upgrade_request};
use yawc::close::CloseCode;
use yawc::{Frame, Options, Role, WebSocket};

use super::inspected::{Agreed, Inspected};
use super::recording::Recording;
use super::{har, json, page};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::{self, Target};

/// Do the opening handshake, and show all of it: both heads, the time of each phase, and every rule.
#[allow(clippy::struct_excessive_bools)] // each is a flag
#[derive(Args, Debug)]
#[command(
    after_help = "The connection is closed after the handshake. The exit code tells the kind of a failure: see \
    `wsupgrade --help`. A response that breaks a rule which must be kept gives 9, also if it can be used."
)]
pub(crate) struct Flags {
    #[command(flatten)]
    pub(super) network: network::Flags,
    /// Show the rules that are kept, too
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Show the summary alone: three lines
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Show credentials, cookies and tokens
    #[arg(long)]
    pub(super) show_secrets: bool,
    /// Write everything as one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Write the handshake to this file in the HTTP Archive format, for the tools of browsers
    #[arg(long, value_name = "FILE")]
    pub(super) har: Option<PathBuf>,
}

pub(crate) async fn run(flags: &Flags) -> Result<Exit, Failure> {
    let Target { url, options } = Target::new(&flags.network)?;
    let recording = Arc::new(Mutex::new(Recording::new()));
    let options = options.watch({
        let recording = Arc::clone(&recording);
        move |event| recording.lock().unwrap_or_else(PoisonError::into_inner).note(event)
    });
    let done = create_upgrade_request(&url, &options).await;
    let attempts = std::mem::take(&mut *recording.lock().unwrap_or_else(PoisonError::into_inner)).finish();
    let mut failure = done.as_ref().err().map(|error| network::failure(error, &flags.network));
    if let Some(hint) = failure.as_mut().and_then(|failure| failure.hint.as_mut())
        && hint.contains("wsupgrade inspect")
    {
        *hint = "the rules that are marked with FAIL say what the server has to change".into();
    }
    let (report, agreed) = match &done {
        Ok(upgraded) => {
            let agreed = Agreed {
                subprotocol: upgraded.settings.subprotocol().map(str::to_owned),
                extensions: upgraded.settings.extensions().as_str().to_owned(),
                behind: upgraded.read_buf().len(),
            };
            (upgraded.report(), Some(agreed))
        }
        Err(error) => (error.report().clone(), None),
    };
    let inspected = Inspected {
        url: &url,
        attempts: &attempts,
        report: &report,
        agreed,
        error: done.as_ref().err(),
        failure: failure.as_ref(),
        show_secrets: flags.show_secrets,
    };
    if let Some(path) = &flags.har {
        let text = serde_json::to_vec_pretty(&har::of(&inspected)).map_err(std::io::Error::from)?;
        std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
    }
    if flags.json {
        let mut out = stdout().lock();
        serde_json::to_writer_pretty(&mut out, &json::of(&inspected)).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        let mut out = anstream::stdout().lock();
        if !flags.quiet {
            page::write(&mut out, &inspected, flags.verbose)?;
        }
        page::summary(&mut out, &inspected)?;
    }
    let broken =
        attempts.last().is_some_and(|attempt| attempt.judgements().iter().any(|judged| !judged.is_valid()));
    match (done, failure) {
        (Ok(upgraded), _) => {
            // A server's log shows a connection that has ended well. It may be gone already.
            let _ = timeout(CLOSING, close(upgraded.into_stream())).await;
            Ok(if broken { Exit::Invalid } else { Exit::Success })
        }
        (Err(_), Some(failure)) => Err(failure),
        (Err(_), None) => Ok(Exit::Local),
    }
}

/// How long the server has to take the close frame.
const CLOSING: Duration = Duration::from_secs(1);

/// Closes a connection that was opened to be looked at.
async fn close(stream: ReplayStream<ClientStream>) -> yawc::Result<()> {
    let mut socket = WebSocket::from_stream(stream, Role::Client, Options::default())?;
    socket.send(Frame::close(CloseCode::Normal, "")).await?;
    socket.close().await
}
