//! The requests of the servers, and the response of the clients.

/// What Chrome sends.
pub const CHROME: &[u8] = include_bytes!("../requests/chrome.http");

/// The shortest request, and its name.
pub const MINIMAL: (&str, &[u8]) = ("minimal", include_bytes!("../requests/minimal.http"));

/// All requests, each with its name.
pub const ALL: [(&str, &[u8]); 3] =
    [MINIMAL, ("Chrome", CHROME), ("60 fields", include_bytes!("../requests/60-fields.http"))];

/// A server's answer to the key that is made from [`NONCE`].
pub const RESPONSE: &[u8; 129] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The nonce of the clients that don't make a random one.
pub const NONCE: &[u8; 16] = b"the sample nonce";
