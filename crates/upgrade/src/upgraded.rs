//! What is handed over: the stream, the bytes that were read already, and the settings.

use std::fmt;

#[cfg(driver)]
use bytes::Buf;
use bytes::Bytes;

use crate::settings::Settings;

/// A connection that carries WebSocket frames from here on.
///
/// Bytes may have been read behind the head already. They are the first of the frames, so the stream is only handed
/// over together with them: by [`Upgraded::into_stream`], or, with the settings and the head, by
/// [`Upgraded::into_parts`].
///
/// ```
/// # fn codec<S>(_: S, _: bytes::Bytes, _: Option<String>) {}
/// # fn example<S>(upgraded: websocket_upgrade::Upgraded<S>) {
/// let (stream, settings, _head) = upgraded.into_parts();
/// let deflate = settings.permessage_deflate().map(|agreed| agreed.to_string());
/// // For a codec that takes the leftover bytes by themselves. Other codecs take `stream` as it is.
/// let (io, read_buf) = stream.into_parts();
/// codec(io, read_buf, deflate);
/// # }
/// ```
pub struct Upgraded<S, H = ()> {
    pub(crate) stream: ReplayStream<S>,
    /// What both sides agreed on.
    pub settings: Settings,
    /// The other side's head: the request, or the response that accepts. `()` where the caller has it.
    pub head: H,
    /// Client: the interim responses (1xx) before the response that accepts.
    pub interim: Vec<crate::ResponseHead>,
}

impl<S, H> Upgraded<S, H> {
    /// The stream, which yields the bytes that were read behind the head first.
    pub fn into_stream(self) -> ReplayStream<S> {
        self.stream
    }

    /// The stream, which yields the bytes that were read behind the head first, with the settings and the head.
    pub fn into_parts(self) -> (ReplayStream<S>, Settings, H) {
        (self.stream, self.settings, self.head)
    }

    /// The connection itself, to ask for its addresses, say. What is read from it comes behind
    /// [`read_buf`](Self::read_buf).
    pub fn get_ref(&self) -> &S {
        &self.stream.io
    }

    /// The bytes that were read behind the head.
    pub fn read_buf(&self) -> &[u8] {
        &self.stream.read_buf
    }
}

#[cfg(driver)]
impl<S, H> Upgraded<S, H> {
    /// A server's connection.
    pub(crate) fn on_server(io: S, read_buf: Bytes, settings: Settings, head: H) -> Self {
        Self { stream: ReplayStream { io, read_buf }, settings, head, interim: Vec::new() }
    }

    /// The same on another stream.
    pub(crate) fn map_io<T>(self, map: impl FnOnce(S) -> T) -> Upgraded<T, H> {
        let Self { stream: ReplayStream { io, read_buf }, settings, head, interim } = self;
        Upgraded { stream: ReplayStream { io: map(io), read_buf }, settings, head, interim }
    }
}

/// A stream on which a request has been read: Node's `(socket, head)`. `Debug` shows how many bytes have been read.
pub struct Socket<S> {
    pub(crate) io: S,
    pub(crate) read_buf: Bytes,
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

    /// One stream that yields the bytes read behind the head first.
    pub fn into_stream(self) -> ReplayStream<S> {
        ReplayStream { io: self.io, read_buf: self.read_buf }
    }

    /// The stream itself, and the bytes that were read behind the head: they come before what is read from it.
    pub fn into_parts(self) -> (S, Bytes) {
        (self.io, self.read_buf)
    }

    /// The stream itself, to ask for its addresses, say.
    pub fn get_ref(&self) -> &S {
        &self.io
    }
}

#[cfg(driver)]
impl<S> Socket<S> {
    /// The same on another stream.
    pub(crate) fn map_io<T>(self, map: impl FnOnce(S) -> T) -> Socket<T> {
        Socket { io: map(self.io), read_buf: self.read_buf }
    }
}

/// A stream that yields the bytes read before, then its own; what is written goes straight through. `Debug` shows how
/// many bytes are left of those.
pub struct ReplayStream<S> {
    pub(crate) io: S,
    pub(crate) read_buf: Bytes,
}

impl<S> ReplayStream<S> {
    /// The stream itself, and what is left of the bytes read before, for a codec that takes both. Those bytes come
    /// before what is read from the stream.
    pub fn into_parts(self) -> (S, Bytes) {
        (self.io, self.read_buf)
    }

    /// The stream itself, to ask for its addresses, say.
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// What is left of the bytes read before.
    pub fn read_buf(&self) -> &[u8] {
        &self.read_buf
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
            .field("io", &self.stream.io)
            .field("read_buf", &Length(&self.stream.read_buf))
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
