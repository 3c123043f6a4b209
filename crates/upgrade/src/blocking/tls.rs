//! TLS over a blocking stream, in steps that wait once.

use std::io::{self, Read, Write};
use std::ops::{Deref, DerefMut};
use std::time::Instant;

use ::rustls::{ConnectionCommon, SideData, StreamOwned};

use super::timed::{TimedStream, Timeouts};

impl<C, T, Side> TimedStream for StreamOwned<C, T>
where
    C: DerefMut + Deref<Target = ConnectionCommon<Side>>,
    Side: SideData + 'static,
    T: TimedStream,
{
    fn timeouts(&self) -> io::Result<Timeouts> {
        self.sock.timeouts()
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        self.sock.set_timeouts(timeouts)
    }

    fn end(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        if self.conn.wants_write() {
            step(&mut self.conn, &mut self.sock)?;
        }
        if self.conn.wants_write() {
            return Err(again());
        }
        self.sock.end()
    }

    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self.conn.reader().read(space) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
        step(&mut self.conn, &mut self.sock)?;
        match self.conn.reader().read(space) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(again()),
            read => read,
        }
    }

    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.conn.writer().write(bytes)?;
        if len == 0 && !bytes.is_empty() {
            // The buffer is full: some of it has to be sent first.
            step(&mut self.conn, &mut self.sock)?;
            return Err(again());
        }
        Ok(len)
    }

    fn flush_once(&mut self) -> io::Result<()> {
        let under_way = |conn: &C| conn.wants_write() || conn.is_handshaking();
        if under_way(&self.conn) {
            step(&mut self.conn, &mut self.sock)?;
        }
        if under_way(&self.conn) { Err(again()) } else { Ok(()) }
    }

    fn now(&self) -> Instant {
        self.sock.now()
    }
}

/// Sends if there is something to send; otherwise receives.
fn step<S: SideData>(
    conn: &mut ConnectionCommon<S>,
    sock: &mut (impl TimedStream + ?Sized),
) -> io::Result<()> {
    if conn.wants_write() {
        return match conn.write_tls(&mut Once(sock))? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            _ => Ok(()),
        };
    }
    let received = conn.read_tls(&mut Once(sock))?;
    if let Err(error) = conn.process_new_packets() {
        // An alert says why, if it can be sent.
        let _ = conn.write_tls(&mut Once(sock));
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    if received == 0 && conn.is_handshaking() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// The error for a call that has to be made again.
fn again() -> io::Error {
    io::ErrorKind::Interrupted.into()
}

/// The stream below, which may itself be TLS.
struct Once<'s, S: ?Sized>(&'s mut S);

impl<S: TimedStream + ?Sized> Read for Once<'_, S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.read_once(space)
    }
}

impl<S: TimedStream + ?Sized> Write for Once<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_once(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush_once()
    }
}
