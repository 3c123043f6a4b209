//! The command: it sees whether the server can be reached, runs the load, and shows the result.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::signal::ctrl_c;
use tokio::sync::watch;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ConnectError, ConnectReason, create_upgrade_request};

use super::flags::{Flags, Hold};
use super::load::{self, Load};
use super::opener::Opener;
use super::progress;
use super::show::Run;
use super::tally::Tally;
use crate::descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::{self, Target};

/// The time of a run without a number and a time.
const TIME: Duration = Duration::from_secs(10);

/// Measures handshakes.
pub(crate) async fn run(flags: &Flags) -> Result<Exit, Failure> {
    let target = Target::new(&flags.network)?;
    let load = Load {
        concurrency: flags.concurrency.unwrap_or(if flags.rate.is_some() { 1000 } else { 10 }),
        rate: flags.rate,
        number: flags.number,
        time: flags.duration.or(if flags.number.is_none() { Some(TIME) } else { None }),
    };
    descriptors::raise();
    let reached = tokio::select! {
        reached = reach(&target, flags) => reached?,
        _ = ctrl_c() => return Ok(Exit::Interrupted),
    };
    let ((stop, stopped), (end, over)) = (watch::channel(false), watch::channel(false));
    let opener = Arc::new(Opener {
        target,
        flags: flags.network.clone(),
        session: reached,
        hold: flags.hold.map(Hold::time),
        holders: Mutex::default(),
        tally: Tally::new()?,
        stopped: stopped.clone(),
        over,
    });
    let began = Instant::now();
    let whole = async {
        load::run(load, Arc::clone(&opener), stopped).await;
        let took = began.elapsed();
        match (flags.hold, load.time) {
            (Some(Hold::For(_)), _) => opener.released().await,
            (Some(Hold::ToTheEnd), Some(time)) => opener.rest(time.saturating_sub(took)).await,
            _ => {}
        }
        took
    };
    tokio::pin!(whole);
    let ended = tokio::select! {
        took = &mut whole => Some(took),
        () = progress::show(load, Arc::clone(&opener), flags.quiet) => None,
        _ = ctrl_c() => None,
    };
    let interrupted = ended.is_none();
    if interrupted {
        // What was measured so far is shown.
        let _ = stop.send(true);
    }
    // Nothing is held any more.
    let _ = end.send(true);
    let took = match ended {
        Some(took) => took,
        None => whole.await,
    };
    opener.released().await;
    let measured = opener.tally.numbers().clone();
    let held = flags.hold.is_some();
    let result = Run { url: &opener.target.url, load, measured: &measured, took, held, interrupted };
    let mut stdout = anstream::stdout().lock();
    if flags.json {
        writeln!(stdout, "{:#}", result.to_json())?;
    } else {
        write!(stdout, "{result}")?;
    }
    Ok(match measured.exit {
        _ if interrupted => Exit::Interrupted,
        Some(exit) if measured.established() == 0 => exit,
        _ => Exit::Success,
    })
}

/// Makes the connection that all handshakes share, if that is asked for, and does one handshake that is not counted.
///
/// # Errors
///
/// If there is no way to the server. An answer of any kind is no error: it is counted.
async fn reach(target: &Target, flags: &Flags) -> Result<Option<Session>, Failure> {
    let Target { url, options, .. } = target;
    let failed = |error: ConnectError| network::failure(&error, &flags.network);
    let session =
        if flags.one_connection { Some(Session::connect(url, options).await.map_err(failed)?) } else { None };
    if session.as_ref().is_some_and(|session| !session.is_http2()) {
        return Err(Failure::new(
            Exit::Invalid,
            "--one-connection: the server does not offer WebSocket over HTTP/2",
        )
        .hint("without --one-connection each WebSocket has a connection of its own"));
    }
    let first = match &session {
        Some(session) => session.open(url, options).await,
        None => create_upgrade_request(url, options).await,
    };
    match first {
        Err(error) if !is_answer(error.reason()) => Err(failed(error)),
        _ => Ok(session),
    }
}

/// Whether a server was reached that may answer otherwise another time.
fn is_answer(reason: &ConnectReason) -> bool {
    matches!(
        reason,
        ConnectReason::Io(_)
            | ConnectReason::Deadline
            | ConnectReason::Refused(_)
            | ConnectReason::Redirect(..)
            | ConnectReason::Response(_)
    )
}
