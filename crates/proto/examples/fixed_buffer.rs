//! A server without allocator: it answers an upgrade from two buffers of fixed size, as a microcontroller would.
//!
//! ```sh
//! cargo run --package websocket-upgrade-proto --example fixed_buffer
//! ```

use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::server::{self, Options};

/// What such a device has instead of a socket: bytes arrive in small pieces, and go out whole.
trait Link {
    /// Writes what has arrived into `space`; how many bytes that is. None are the end.
    fn read(&mut self, space: &mut [u8]) -> usize;
    fn write(&mut self, bytes: &[u8]);
}

/// Answers one request. The bytes that came behind its head, if it is accepted.
fn serve<'b>(link: &mut impl Link, buffer: &'b mut [u8; 1024]) -> Option<&'b [u8]> {
    let mut options = Options::new();
    options.limits.head = buffer.len();
    let (mut scan, mut filled, mut answer) = (Scan::default(), 0, [0; 512]);
    loop {
        let arrived = link.read(buffer.get_mut(filled..)?);
        filled += arrived;
        let received = buffer.get(..filled)?;
        let judged = match server::read(received, &mut scan, &options.limits) {
            Ok(None) if arrived == 0 => Err(server::RequestError::closed()),
            Ok(None) => continue,
            Ok(Some(request)) => request.accept(&options).map(|accepted| (accepted, request.head_len())),
            Err(error) => Err(error),
        };
        let (len, head_len) = match judged {
            Ok((accepted, head_len)) => (accepted.encode_h1(&mut answer), Some(head_len)),
            Err(error) => (error.rejection().encode_h1(&mut answer), None),
        };
        link.write(answer.get(..len.ok()?)?);
        return buffer.get(head_len?..filled);
    }
}

/// A request and a first frame, seven bytes at a time.
struct Demonstration(&'static [u8]);

impl Link for Demonstration {
    fn read(&mut self, space: &mut [u8]) -> usize {
        let len = self.0.len().min(space.len()).min(7);
        let (piece, rest) = self.0.split_at(len);
        space[..len].copy_from_slice(piece);
        self.0 = rest;
        len
    }

    fn write(&mut self, bytes: &[u8]) {
        print!("{}", String::from_utf8_lossy(bytes));
    }
}

fn main() {
    let mut link = Demonstration(
        b"GET / HTTP/1.1\r\nHost: device.local\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x89\x80\0\0\0\0",
    );
    let mut buffer = [0; 1024];
    let leftover = serve(&mut link, &mut buffer);
    println!("bytes behind the head: {leftover:?}");
}
