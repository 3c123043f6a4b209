//! A stream with the bytes that were read ahead of their use.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// How long a peer may be silent.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How much is read at once.
const STEP: usize = 16 * 1024;

/// A stream, and what has been read from it.
pub(super) struct Buffered<S> {
    stream: S,
    pub(super) read: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Buffered<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// Reads some more bytes. Returns whether there were any.
    pub(super) async fn more(&mut self) -> io::Result<bool> {
        self.read.reserve(STEP);
        Ok(timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await?? > 0)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        })
        .await?
    }

    /// Drops the first bytes.
    pub(super) fn consume(&mut self, len: usize) {
        self.read.drain(..len.min(self.read.len()));
    }

    /// Ends what this side sends, and reads on until the peer has ended too: a socket that is closed with unread bytes
    /// resets the connection, and the peer may lose what was sent last.
    pub(super) async fn end(mut self) -> io::Result<()> {
        const MOST: usize = 8 * 1024 * 1024;
        timeout(PATIENCE, self.stream.shutdown()).await??;
        let mut sum = 0;
        let mut bytes = vec![0; STEP];
        while sum < MOST {
            match timeout(PATIENCE, self.stream.read(&mut bytes)).await?? {
                0 => break,
                len => sum += len,
            }
        }
        Ok(())
    }
}
