//! What is sent, altered on its way out: byte by byte, or with a frame right behind the head that accepts.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How the bytes of a connection are altered, shared by its stream and by the handler of its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alterations(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The pause behind each byte, if answers are to be sent byte by byte.
    drip: Option<Duration>,
    /// Whether one is being sent.
    dripping: AtomicBool,
    /// A frame to be sent in one piece with the next head.
    behind: Mutex<Option<Bytes>>,
}

impl Alterations {
    /// With a pause behind each byte, answers are sent byte by byte.
    pub(crate) fn new(drip: Option<Duration>) -> Self {
        Self(Arc::new(Shared { drip, ..Shared::default() }))
    }

    /// Begins or ends an answer that is sent byte by byte, if that was asked for.
    pub(crate) fn drip(&self, on: bool) {
        self.0.dripping.store(on, Ordering::Release);
    }

    /// Sends this frame in one piece with the next head, which has to be one of HTTP/1.1.
    pub(crate) fn send_behind(&self, frame: Bytes) {
        *self.behind() = Some(frame);
    }

    fn pause(&self) -> Option<Duration> {
        self.0.drip.filter(|_| self.0.dripping.load(Ordering::Acquire))
    }

    fn behind(&self) -> MutexGuard<'_, Option<Bytes>> {
        self.0.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose written bytes are altered.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    io: S,
    alterations: Alterations,
    /// What was taken from the writer and is not sent yet.
    held: BytesMut,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Wire<S> {
    pub(crate) fn new(io: S, alterations: Alterations) -> Self {
        Self { io, alterations, held: BytesMut::new(), pause: None }
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Writes a part of the bytes, one of them if they are to be sent byte by byte.
    fn poll_some(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let Some(pause) = self.alterations.pause() else {
            return Pin::new(&mut self.io).poll_write(context, bytes);
        };
        let one = bytes.get(..1).unwrap_or_default();
        let written = ready!(Pin::new(&mut self.io).poll_write(context, one))?;
        self.pause = Some(Box::pin(sleep(pause)));
        Poll::Ready(Ok(written))
    }

    /// Writes what was taken earlier.
    fn poll_held(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let held = self.held.split();
            let written = self.poll_some(context, &held);
            // Back in front: nothing is added while this runs.
            self.held = held;
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.held.advance(written),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_held(context))?;
        // hyper writes a head without a body at once.
        let frame = if bytes.ends_with(b"\r\n\r\n") { self.alterations.behind().take() } else { None };
        let Some(frame) = frame else { return self.poll_some(context, bytes) };
        self.held.extend_from_slice(bytes);
        self.held.extend_from_slice(&frame);
        // What can't be sent now is sent by the next write or flush.
        if let Poll::Ready(Err(error)) = self.poll_held(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_held(context))?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_held(context))?;
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Notes what each write has taken, at most so much at a time.
    struct Writes {
        most: usize,
        taken: Vec<Vec<u8>>,
    }

    impl AsyncWrite for Writes {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let taken = bytes.get(..self.most).unwrap_or(bytes);
            self.taken.push(taken.to_vec());
            Poll::Ready(Ok(taken.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";

    /// What is written of a piece, a head with a frame behind it, and another piece.
    async fn written(most: usize, drip: bool) -> Vec<Vec<u8>> {
        let alterations = Alterations::new(drip.then_some(Duration::ZERO));
        let mut wire = Wire::new(Writes { most, taken: Vec::new() }, alterations.clone());
        wire.write_all(b"before").await.expect("room");
        alterations.send_behind(Bytes::from_static(b"frame"));
        alterations.drip(true);
        wire.write_all(HEAD).await.expect("room");
        wire.flush().await.expect("room");
        alterations.drip(false);
        wire.write_all(b"after\r\n\r\n").await.expect("room");
        wire.io.taken
    }

    #[tokio::test]
    async fn a_frame_is_in_one_piece_with_the_head() {
        let head = [HEAD, b"frame"].concat();
        assert_eq!(written(1000, false).await, [b"before".to_vec(), head, b"after\r\n\r\n".to_vec()]);
    }

    #[tokio::test]
    async fn nothing_is_lost_or_repeated_by_short_writes() {
        let whole = [b"before", HEAD, b"frameafter\r\n\r\n"].concat();
        for most in 1..=whole.len() {
            for drip in [false, true] {
                let written = written(most, drip).await;
                assert_eq!(written.concat(), whole, "{most}, {drip}");
                let single = written.iter().filter(|piece| piece.len() == 1).count();
                assert!(!drip || single >= HEAD.len() + 5, "{most}: {written:?}");
            }
        }
    }
}
