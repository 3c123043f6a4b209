//! [`ReplayStream`] as a stream of `std::io`.

use std::io::{self, Read, Write};
use std::time::Instant;

use super::timed::{TimedStream, Timeouts};
use crate::upgraded::ReplayStream;

impl<S: Read> Read for ReplayStream<S> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self.replay_into(space) {
            Some(len) => Ok(len),
            None => self.io.read(space),
        }
    }
}

impl<S: Write> Write for ReplayStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.io.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.io.write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}

impl<S: TimedStream> TimedStream for ReplayStream<S> {
    fn timeouts(&self) -> io::Result<Timeouts> {
        self.io.timeouts()
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        self.io.set_timeouts(timeouts)
    }

    fn end(&mut self) -> io::Result<()> {
        self.io.end()
    }

    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self.replay_into(space) {
            Some(len) => Ok(len),
            None => self.io.read_once(space),
        }
    }

    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.io.write_once(bytes)
    }

    fn flush_once(&mut self) -> io::Result<()> {
        self.io.flush_once()
    }

    fn now(&self) -> Instant {
        self.io.now()
    }
}
