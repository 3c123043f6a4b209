//! Streams with timeouts.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A blocking stream that has timeouts.
///
/// If each read and write of your stream makes at most one system call that waits, implement the first three methods.
/// If a call may wait several times, as with TLS, implement the other methods too: they wait at most once, and fail
/// with [`Interrupted`](io::ErrorKind::Interrupted) if they must be called again.
pub trait TimedStream: Read + Write {
    /// Returns the timeouts that are set.
    ///
    /// # Errors
    ///
    /// If the stream has failed.
    fn timeouts(&self) -> io::Result<Timeouts>;

    /// Sets both timeouts. A call that waits longer fails with [`WouldBlock`](io::ErrorKind::WouldBlock) or
    /// [`TimedOut`](io::ErrorKind::TimedOut).
    ///
    /// # Errors
    ///
    /// If the stream has failed.
    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()>;

    /// Ends the sending side. The peer reads the end of the stream, and data of the peer can still be read.
    ///
    /// # Errors
    ///
    /// If the stream has failed, or the timeout has passed.
    fn end(&mut self) -> io::Result<()>;

    /// Reads, and waits at most once.
    ///
    /// # Errors
    ///
    /// Those of [`Read::read`].
    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.read(space)
    }

    /// Writes, and waits at most once.
    ///
    /// # Errors
    ///
    /// Those of [`Write::write`].
    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    /// Sends what has been written, and waits at most once.
    ///
    /// # Errors
    ///
    /// Those of [`Write::flush`].
    fn flush_once(&mut self) -> io::Result<()> {
        self.flush()
    }

    /// Returns the time of the clock that the timeouts use. It is the system's, except for streams with simulated
    /// time.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// How long a read and a write may wait. `None` means without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// The timeout of a read.
    pub read: Option<Duration>,
    /// The timeout of a write.
    pub write: Option<Duration>,
}

impl Timeouts {
    /// Creates timeouts that are the same for both.
    pub(crate) fn both(time: Option<Duration>) -> Self {
        Self { read: time, write: time }
    }
}

/// The sockets of the system have both timeouts.
macro_rules! socket {
    ($Socket:ty) => {
        impl TimedStream for $Socket {
            fn timeouts(&self) -> io::Result<Timeouts> {
                Ok(Timeouts { read: self.read_timeout()?, write: self.write_timeout()? })
            }

            fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
                self.set_read_timeout(timeouts.read)?;
                self.set_write_timeout(timeouts.write)
            }

            fn end(&mut self) -> io::Result<()> {
                match self.shutdown(Shutdown::Write) {
                    // The peer has gone already.
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
                    ended => ended,
                }
            }
        }
    };
}

socket!(TcpStream);
#[cfg(unix)]
socket!(UnixStream);
