//! A server and a client that get their input in pieces.

pub(crate) mod client;
pub(crate) mod server;

/// Bytes that are shown as text.
#[derive(Clone, PartialEq)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.get(..1000).unwrap_or(&self.0).escape_ascii())
    }
}
