//! The command: it listens, says where, and serves until Ctrl-C.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::serve;
use super::flags::Flags;
use super::server::Server;
use super::{certificate, fault};
use crate::descriptors;
use crate::exit::Exit;
use crate::failure::{Failure, plain};

/// The time that connections have at the end of the server. A client that is told has a second to answer.
const ENDING: Duration = Duration::from_secs(2);

/// Serves until Ctrl-C.
pub(crate) async fn run(flags: &Flags) -> Result<Exit, Failure> {
    if flags.list_faults || flags.fault.as_deref() == Some("help") {
        return fault::list();
    }
    let secure = flags.tls || flags.cert.is_some() || flags.save_cert.is_some();
    descriptors::raise();
    let (end, ended) = watch::channel(false);
    let (open, mut closed) = mpsc::channel(1);
    let server = Server::new(flags, secure, ended, open)?;
    let tls = if secure { Some(tls(flags, &server)?) } else { None };
    let (listener, address) = listen(&flags.listen).await?;
    // Before it is said where: who has read that may send a signal.
    let stop = stop()?;
    let mut stdout = std::io::stdout();
    let scheme = if secure { "wss" } else { "ws" };
    writeln!(stdout, "listening on {scheme}://{address}/").and_then(|()| stdout.flush())?;
    let (log, gate) = (server.log, server.gate.clone());
    let serving = tokio::spawn(serve(listener, tls, Arc::new(server)));
    stop.await;
    gate.drain();
    // Nobody waits for it any more if the server has failed.
    let _ = end.send(true);
    log.says("ending; once more Ctrl-C ends at once");
    // Its part of the server, with a sender, has to go.
    let _ = serving.await;
    select! {
        _ = timeout(ENDING, closed.recv()) => {}
        () = self::stop()? => {}
    }
    Ok(Exit::Success)
}

async fn listen(place: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: std::io::Error| {
        let failure =
            Failure::new(Exit::Local, format_args!("could not listen on {place}: {}", plain(&error)));
        match error.kind() {
            ErrorKind::AddrInUse => {
                failure.hint("another program listens there: choose another port, or port 0")
            }
            ErrorKind::AddrNotAvailable => failure.hint("this machine does not have that address"),
            ErrorKind::PermissionDenied => {
                failure.hint("ports below 1024 need more rights: choose another one")
            }
            ErrorKind::InvalidInput => {
                Failure::usage(format_args!("--listen {place}: not a host and a port"))
                    .hint("--listen 127.0.0.1:9001")
            }
            _ => failure,
        }
    };
    // A port alone is one of the loopback address.
    let place = match place.strip_prefix(':').unwrap_or(place) {
        port if port.parse::<u16>().is_ok() => format!("127.0.0.1:{port}"),
        _ => place.to_owned(),
    };
    let listener = TcpListener::bind(&place).await.map_err(failed)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn tls(flags: &Flags, server: &Server) -> Result<TlsAcceptor, Failure> {
    let identity = if let (Some(cert), Some(key)) = (&flags.cert, &flags.key) {
        certificate::from_files(cert, key)?
    } else {
        let host = flags.listen.rsplit_once(':').map_or("", |(host, _)| host);
        certificate::self_signed(host, flags.save_cert.as_deref())?
    };
    certificate::acceptor(identity, server.versions.protocols())
}

/// Waits for Ctrl-C or SIGTERM.
#[cfg(unix)]
fn stop() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        // Without signals it ends with its process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
