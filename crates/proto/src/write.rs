//! Writes a head into the caller's buffer.

use core::fmt;

/// The error for a buffer that is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// The number of bytes that would have been enough.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer too small: {} bytes needed", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}

/// Why a server's answer was not written as HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The buffer is too small for it.
    BufferTooSmall(BufferTooSmall),
    /// It answers an extended CONNECT. Over HTTP/2 and 3 an answer is a status and fields, not bytes of HTTP/1.1.
    ExtendedConnect,
}

impl From<BufferTooSmall> for EncodeError {
    fn from(error: BufferTooSmall) -> Self {
        Self::BufferTooSmall(error)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall(error) => error.fmt(f),
            Self::ExtendedConnect => {
                f.write_str("the answer to an extended CONNECT is a status and fields, not bytes of HTTP/1.1")
            }
        }
    }
}

impl core::error::Error for EncodeError {}

/// Appends to a slice. After its end it only counts, so that the error has the number of bytes needed.
#[derive(Debug)]
pub(crate) struct Writer<'d> {
    dst: &'d mut [u8],
    len: usize,
}

impl<'d> Writer<'d> {
    pub(crate) fn new(dst: &'d mut [u8]) -> Self {
        Self { dst, len: 0 }
    }

    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        if let Some(room) = self.dst.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
        }
        self.len = end;
    }

    pub(crate) fn put_all(&mut self, pieces: &[&[u8]]) {
        for piece in pieces {
            self.put(piece);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Discards everything after the first `len` bytes.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(crate) fn finish(self) -> Result<usize, BufferTooSmall> {
        if self.len <= self.dst.len() { Ok(self.len) } else { Err(BufferTooSmall { needed: self.len }) }
    }
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.put(s.as_bytes());
        Ok(())
    }
}
