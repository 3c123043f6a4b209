//! [`ReplayStream`] as a stream of `std::io`.

use std::io::{self, Read, Write};

use super::timed::{TimedStream, Timeouts};
use crate::drive::forward::{forward, to_io};
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
    forward!(Write, to_io);
}

impl<S: TimedStream> TimedStream for ReplayStream<S> {
    forward!(TimedStream, to_io);

    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self.replay_into(space) {
            Some(len) => Ok(len),
            None => self.io.read_once(space),
        }
    }
}
