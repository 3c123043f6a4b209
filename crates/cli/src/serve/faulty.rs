//! `--fault`: the faulty server of the conformance suite, with a line for each answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::select;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade_conformance::faults::{self, Fault};

use super::log::Log;
use super::server::Server;
/// How much of a request is kept, to show its first line.
const LINE: usize = 2048;

/// Serves a connection with a fault. The faulty server gives up a client that is silent.
pub(crate) async fn connection<S>(
    socket: S,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    fault: Fault,
    server: Arc<Server>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let log = server.log;
    let Ok(_counted) = server.gate.enter(peer.ip()) else {
        return log.broken(peer, "too many connections");
    };
    let serve = async {
        match tls {
            Some(tls) => {
                let secured = timeout(server.timeout, tls.accept(socket)).await;
                let secured = secured.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
                faults::serve(Shown::new(secured, peer, fault, log), fault).await
            }
            None => faults::serve(Shown::new(socket, peer, fault, log), fault).await,
        }
    };
    let done = select! {
        done = serve => done,
        () = server.ending() => Ok(()),
    };
    if let Err(error) = done {
        log.broken(peer, error);
    }
}

/// A stream that logs the first line of the request and the status of the answer.
struct Shown<S> {
    io: S,
    peer: SocketAddr,
    fault: Fault,
    log: Log,
    /// What was read before the first answer.
    read: Vec<u8>,
    answered: bool,
}

impl<S> Shown<S> {
    fn new(io: S, peer: SocketAddr, fault: Fault, log: Log) -> Self {
        Self { io, peer, fault, log, read: Vec::new(), answered: false }
    }

    /// Logs the first answer, which begins with these bytes.
    fn answer(&mut self, written: &[u8]) {
        if std::mem::replace(&mut self.answered, true) {
            return;
        }
        let line = self.read.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
        // A query may have secrets.
        let line = line.split(|byte| *byte == b'?').next().unwrap_or_default();
        let words: Vec<_> = line.split(|byte| *byte == b' ').collect();
        let path = String::from_utf8_lossy(words.get(1).copied().unwrap_or_default()).into_owned();
        let status = written.get(9..12).map(String::from_utf8_lossy).unwrap_or_default();
        self.log.faulty(self.peer, &path, &status, self.fault.name());
        self.read = Vec::new();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Shown<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        if !self.answered && self.read.len() < LINE {
            let new = buffer.filled().get(before..).unwrap_or_default();
            self.read.extend_from_slice(new.get(..LINE).unwrap_or(new));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Shown<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answer(bytes);
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
