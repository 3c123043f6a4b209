//! The stream of a client's connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::timed::{TimedStream, Timeouts};
use crate::drive::client_stream::client_stream;
use crate::drive::forward::{forward, to_variant};

client_stream!(
    tcp: TcpStream,
    socket: |tcp| tcp,
    tls: rustls::StreamOwned<rustls::ClientConnection, TcpStream>,
    below: |tls| &tls.sock,
    connection: |tls| &tls.conn,
);

impl Read for ClientStream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        to_variant!(self, read(space))
    }
}

impl Write for ClientStream {
    forward!(Write, to_variant);
}

impl TimedStream for ClientStream {
    forward!(TimedStream, to_variant);

    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        to_variant!(self, read_once(space))
    }
}
