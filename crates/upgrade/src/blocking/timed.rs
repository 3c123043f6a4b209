//! Streams whose waiting can be bounded.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A blocking stream that has timeouts.
///
/// For a stream of your own, the first three methods are enough if each of its reads and writes waits in one call of
/// the system at the most. A stream that may wait several times within one call, as TLS does, has the other methods
/// too: they wait once, and say [`Interrupted`](io::ErrorKind::Interrupted) where they must be called again.
pub trait TimedStream: Read + Write {
    /// The timeouts that are set.
    ///
    /// # Errors
    ///
    /// If the stream has failed.
    fn timeouts(&self) -> io::Result<Timeouts>;

    /// Sets both timeouts. Where one has passed, a call fails with [`WouldBlock`](io::ErrorKind::WouldBlock) or
    /// [`TimedOut`](io::ErrorKind::TimedOut).
    ///
    /// # Errors
    ///
    /// If the stream has failed.
    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()>;

    /// Ends the sending side: the peer reads up to an end, and can still be read from.
    ///
    /// # Errors
    ///
    /// If the stream has failed, or the timeout has passed.
    fn end(&mut self) -> io::Result<()>;

    /// Reads, and waits once at the most.
    ///
    /// # Errors
    ///
    /// Those of [`Read::read`].
    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.read(space)
    }

    /// Writes, and waits once at the most.
    ///
    /// # Errors
    ///
    /// Those of [`Write::write`].
    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    /// Sends what has been written, and waits once at the most.
    ///
    /// # Errors
    ///
    /// Those of [`Write::flush`].
    fn flush_once(&mut self) -> io::Result<()> {
        self.flush()
    }

    /// The clock that the timeouts go by: the system's, but for a stream whose time is a test's.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// How long a read and a write may wait; without a limit if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Of a read.
    pub read: Option<Duration>,
    /// Of a write.
    pub write: Option<Duration>,
}

impl Timeouts {
    /// The same for both.
    pub(crate) fn both(time: Option<Duration>) -> Self {
        Self { read: time, write: time }
    }
}

/// Sockets of the system have all of it.
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
