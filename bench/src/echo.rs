//! What the servers of the measured clients do with an accepted socket.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The maximum number of sockets on one connection of HTTP/2 or HTTP/3 at a time.
pub(crate) const STREAMS: u32 = 12_000;

/// Echoes everything, with no more memory than a small message needs.
pub(crate) async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut io: S) -> io::Result<()> {
    let mut space = [0; 64];
    loop {
        match io.read(&mut space).await? {
            0 => return io.shutdown().await,
            len => io.write_all(space.get(..len).unwrap_or_default()).await?,
        }
        io.flush().await?;
    }
}
