//! permessage-deflate as it was agreed: no larger windows, and no context where none is kept.

use flate2::{Compress, FlushCompress};

use super::inflate::Inflater;

/// What ends every message on the inside, and is not sent (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// A compressor keeps this much of its window for the bytes ahead: the longest match of deflate, and some.
const LOOKAHEAD: usize = 262;

/// What was agreed for one direction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Direction {
    /// The window, as a power of two.
    pub bits: u8,
    /// Whether each message is compressed without those before it.
    pub no_context: bool,
}

/// Both directions of an agreed permessage-deflate, as the suite sees them.
pub struct Compression {
    ours: Direction,
    theirs: Direction,
    compress: Compress,
    inflater: Inflater,
}

impl Direction {
    /// How far back a compressor with this window refers at most.
    ///
    /// In zlib a window of 8 bits is one of 9 bits. It then refers back 250 bytes, which is within both.
    pub fn reach(self) -> usize {
        (1 << self.bits.clamp(9, 15)) - LOOKAHEAD
    }

    /// A distance that is too large for the window. A compressor with a window twice as large can refer back so far.
    pub fn too_far(self) -> usize {
        let window = 1 << self.bits.clamp(9, 15);
        window + window / 4
    }
}

impl Compression {
    /// Returns what was agreed for the messages of the suite, and for those of the peer.
    pub fn new(ours: Direction, theirs: Direction) -> Self {
        Self {
            ours,
            theirs,
            compress: Compress::new_with_window_bits(
                flate2::Compression::best(),
                false,
                ours.bits.clamp(9, 15),
            ),
            inflater: Inflater::new(theirs.bits),
        }
    }

    /// Returns what was agreed for the messages of the suite.
    pub fn ours(&self) -> Direction {
        self.ours
    }

    /// Returns what was agreed for the messages of the peer.
    pub fn theirs(&self) -> Direction {
        self.theirs
    }

    /// Compresses a message of the suite.
    ///
    /// # Errors
    ///
    /// If the compressor fails.
    pub fn compress(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        if self.ours.no_context {
            self.compress.reset();
        }
        let start = self.compress.total_in();
        let mut out = Vec::with_capacity(message.len() + 64);
        loop {
            let done = usize::try_from(self.compress.total_in() - start).unwrap_or(usize::MAX);
            let rest = message.get(done..).unwrap_or_default();
            let status = self.compress.compress_vec(rest, &mut out, FlushCompress::Sync);
            status.map_err(|error| format!("the suite's own compressor fails: {error}"))?;
            // A flush is complete when it leaves room in the output.
            if out.len() < out.capacity() && out.ends_with(&TAIL) {
                break;
            }
            out.reserve(64);
        }
        out.truncate(out.len() - TAIL.len());
        Ok(out)
    }

    /// Inflates a message of the peer, with no larger window than agreed, and without context if none is kept.
    ///
    /// # Errors
    ///
    /// If the message is not compressed within what was agreed.
    pub fn inflate(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        let Direction { bits, no_context } = self.theirs;
        if no_context {
            self.inflater = Inflater::new(bits);
        }
        self.inflater.inflate(&[message, &TAIL].concat()).map_err(|problem| {
            let context = if no_context { ", and without the messages before it" } else { "" };
            format!("a message that can't be inflated with a window of {bits} bits{context}: {problem}")
        })
    }
}

impl std::fmt::Debug for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compression")
            .field("ours", &self.ours)
            .field("theirs", &self.theirs)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::noise::{noise, repeated_after};
    use super::*;

    fn both(client: u8, server: u8, no_context: bool) -> (Compression, Compression) {
        let [client, server] = [client, server].map(|bits| Direction { bits, no_context });
        (Compression::new(client, server), Compression::new(server, client))
    }

    #[test]
    fn there_and_back() {
        for bits in 8..=15 {
            for no_context in [false, true] {
                let (mut client, mut server) = both(bits, bits, no_context);
                for message in [&b""[..], b"a", &noise(1, 3000), &noise(1, 3000), &vec![b'x'; 70_000]] {
                    let sent = client.compress(message).unwrap();
                    assert_eq!(server.inflate(&sent).unwrap(), message, "{bits} bits");
                }
            }
        }
    }

    #[test]
    fn a_repetition_within_reach_is_found() {
        for bits in 8..=15 {
            let (mut client, _) = both(bits, bits, false);
            let reach = client.ours().reach();
            let near = client.compress(&repeated_after(2, reach)).unwrap().len();
            let (mut client, _) = both(bits, bits, false);
            let nothing = client.compress(&noise(2, reach + 60)).unwrap().len();
            assert!(near + 30 < nothing, "{bits} bits: {near} and {nothing} bytes");
        }
    }

    #[test]
    fn a_window_that_is_too_large_is_found() {
        for bits in 8..15 {
            for larger in bits.max(9) + 1..=15 {
                let (mut client, _) = both(15, bits, false);
                let (_, mut server) = both(15, larger, false);
                let far = repeated_after(3, client.theirs().too_far());
                let sent = server.compress(&far).unwrap();
                let error = client.inflate(&sent).unwrap_err();
                assert!(error.contains("window of"), "{error}");
            }
        }
    }

    #[test]
    fn context_that_is_not_kept_is_missed() {
        let (mut client, _) = both(15, 15, true);
        let (_, mut server) = both(15, 15, false);
        let message = noise(4, 500);
        let first = server.compress(&message).unwrap();
        let second = server.compress(&message).unwrap();
        assert!(second.len() < 30);
        assert_eq!(client.inflate(&first).unwrap(), message);
        assert!(client.inflate(&second).is_err());
    }

    #[test]
    fn what_is_not_deflate() {
        for bytes in [&b"hello"[..], &[0xff; 20], &[0x07]] {
            let (mut client, _) = both(15, 15, false);
            assert!(client.inflate(bytes).is_err(), "{bytes:?}");
        }
        // A last block, and nothing behind it.
        let (mut client, _) = both(15, 15, false);
        assert_eq!(client.inflate(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]).unwrap(), b"Hello");
    }
}
