//! What is handed over: the stream, the bytes that were read already, and the settings.

use std::fmt;

#[cfg(driver)]
use bytes::Buf;
use bytes::Bytes;

use crate::settings::Settings;

/// A connection that carries WebSocket frames from here on.
///
/// The bytes in `read_buf` are the first of them: give both to the codec, or take [`Upgraded::into_stream`]. `Debug`
/// shows how many they are.
#[non_exhaustive]
pub struct Upgraded<S, H = ()> {
    /// The stream.
    pub io: S,
    /// What has been read from it already, behind the head.
    pub read_buf: Bytes,
    /// What both sides agreed on.
    pub settings: Settings,
    /// The other side's head: the request, or the 101. Nothing where the caller has it.
    pub head: H,
    /// Client: the interim responses (1xx) before the 101.
    pub interim: Vec<crate::ResponseHead>,
}

impl<S, H> Upgraded<S, H> {
    /// One stream that yields the bytes of `read_buf` first.
    pub fn into_stream(self) -> ReplayStream<S> {
        ReplayStream { io: self.io, read_buf: self.read_buf }
    }
}

/// A stream on which a request has been read: Node's `(socket, head)`. `Debug` shows how many bytes have been read.
pub struct Socket<S> {
    /// The stream.
    pub io: S,
    /// What has been read from it already, behind the head.
    pub read_buf: Bytes,
}

impl<S> Socket<S> {
    /// A stream of which nothing behind the head has been read.
    pub fn new(io: S) -> Self {
        Self { io, read_buf: Bytes::new() }
    }

    /// A stream with what has been read behind the head.
    pub fn with_read_buf(io: S, read_buf: impl Into<Bytes>) -> Self {
        Self { io, read_buf: read_buf.into() }
    }

    /// One stream that yields the bytes of `read_buf` first.
    pub fn into_stream(self) -> ReplayStream<S> {
        ReplayStream { io: self.io, read_buf: self.read_buf }
    }
}

/// A stream that yields the bytes read before, then its own; what is written goes straight through. `Debug` shows how
/// many bytes are left of those.
pub struct ReplayStream<S> {
    pub(crate) io: S,
    pub(crate) read_buf: Bytes,
}

impl<S> ReplayStream<S> {
    /// The stream, and what is left of the bytes read before.
    pub fn into_parts(self) -> (S, Bytes) {
        (self.io, self.read_buf)
    }

    /// The stream itself.
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// The same into a space that is initialised.
    #[cfg(any(feature = "blocking", feature = "futures"))]
    pub(crate) fn replay_into(&mut self, space: &mut [u8]) -> Option<usize> {
        let room = space.len();
        self.replay(room, |bytes| space.iter_mut().zip(bytes).for_each(|(space, byte)| *space = *byte))
    }
}

#[cfg(driver)]
impl<S> ReplayStream<S> {
    /// Gives the next of the bytes read before to `put`, up to `room`; `None` if there are no more.
    pub(crate) fn replay(&mut self, room: usize, put: impl FnOnce(&[u8])) -> Option<usize> {
        if self.read_buf.is_empty() {
            return None;
        }
        let len = self.read_buf.len().min(room);
        put(self.read_buf.get(..len).unwrap_or_default());
        self.read_buf.advance(len);
        if self.read_buf.is_empty() {
            self.read_buf = Bytes::new();
        }
        Some(len)
    }
}

impl<S: fmt::Debug, H: fmt::Debug> fmt::Debug for Upgraded<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded")
            .field("io", &self.io)
            .field("read_buf", &Length(&self.read_buf))
            .field("settings", &self.settings)
            .field("head", &self.head)
            .field("interim", &self.interim)
            .finish()
    }
}

impl<S: fmt::Debug> fmt::Debug for Socket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("io", &self.io).field("read_buf", &Length(&self.read_buf)).finish()
    }
}

impl<S: fmt::Debug> fmt::Debug for ReplayStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayStream")
            .field("io", &self.io)
            .field("read_buf", &Length(&self.read_buf))
            .finish()
    }
}

/// Bytes of the application's or the peer's, of which `Debug` shows the number.
pub(crate) struct Length<'b>(pub(crate) &'b [u8]);

impl fmt::Debug for Length<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
