//! What both floors send: constants, with the key or the accept value in its place.

/// A response up to its accept value, which is in its last field.
pub(crate) const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: ";

/// A request up to its key, which is in its last field.
pub(crate) const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";

/// Writes pieces one behind the other, and returns their length.
#[inline]
pub(crate) fn write(out: &mut [u8], pieces: &[&[u8]]) -> usize {
    let mut len = 0;
    for piece in pieces {
        if let Some(room) = out.get_mut(len..len + piece.len()) {
            room.copy_from_slice(piece);
            len += piece.len();
        }
    }
    len
}
