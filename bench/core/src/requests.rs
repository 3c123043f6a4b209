//! The requests of the servers, and the response of the clients.

/// What Chrome sends.
pub const CHROME: &[u8] = include_bytes!("../requests/chrome.http");

/// The requests of the servers, each with the name of its case.
pub const SERVERS: [(&str, &[u8]); 3] = [
    ("server, minimal", include_bytes!("../requests/minimal.http")),
    ("server, Chrome", CHROME),
    ("server, 60 fields", include_bytes!("../requests/60-fields.http")),
];

/// The name of the case of the clients.
pub const CLIENT: &str = "client";

/// A server's answer to the key that is made from [`NONCE`].
pub const RESPONSE: &[u8; 129] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The nonce of the clients that don't make a random one.
pub const NONCE: &[u8; 16] = b"the sample nonce";
