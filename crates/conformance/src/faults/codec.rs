//! permessage-deflate for the messages of an echo (RFC 7692 §7.2).

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::fault::Fault;
use crate::case::Role;
use crate::judge::Deflate;

/// What is removed behind each compressed message, and put back before it is inflated (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The most bytes of a message.
const MOST: usize = 4 * 1024 * 1024;

/// Both directions of an agreed permessage-deflate.
pub(super) struct Codec {
    compress: Compress,
    decompress: Decompress,
    /// Whether the own window is forgotten after each message, and the peer's.
    forget: (bool, bool),
    fault: Option<Fault>,
}

impl Codec {
    /// Starts what was agreed, as this role keeps it.
    pub(super) fn new(agreed: Deflate, role: Role, fault: Option<Fault>) -> Self {
        use Fault as F;
        let server = (agreed.server_max_window_bits, agreed.server_no_context_takeover);
        let client = (agreed.client_max_window_bits, agreed.client_no_context_takeover);
        let ((mut bits, mut forget), (_, mut forget_theirs)) = match role {
            Role::Server => (server, client),
            Role::Client => (client, server),
        };
        match fault {
            Some(F::ServerWindowIgnored | F::ClientWindowIgnored) => bits = 15,
            Some(F::ServerContextKept | F::ClientContextKept) => forget = false,
            Some(F::ServerContextLost | F::ClientContextLost) => forget_theirs = true,
            _ => {}
        }
        // zlib has no window of 8 bits. Stored blocks refer to nothing, so they need none.
        let level = if bits < 9 { Compression::none() } else { Compression::best() };
        Self {
            compress: Compress::new_with_window_bits(level, false, bits.clamp(9, 15)),
            decompress: Decompress::new(false),
            forget: (forget, forget_theirs),
            fault,
        }
    }

    /// Compresses a message.
    pub(super) fn compress(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        let start = self.compress.total_in();
        let mut out = Vec::with_capacity(message.len() / 2 + 64);
        loop {
            let done = usize::try_from(self.compress.total_in() - start).unwrap_or(usize::MAX);
            let rest = message.get(done..).unwrap_or_default();
            self.compress
                .compress_vec(rest, &mut out, FlushCompress::Sync)
                .map_err(|error| error.to_string())?;
            if out.len() < out.capacity() {
                break;
            }
            out.reserve(out.len());
        }
        if out.ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        }
        if self.forget.0 {
            self.compress.reset();
        }
        Ok(out)
    }

    /// Inflates a message.
    pub(super) fn decompress(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        if self.fault == Some(Fault::DeflatePromised) {
            return Err("it can't inflate".to_owned());
        }
        let input = [message, &TAIL].concat();
        let start = self.decompress.total_in();
        let mut out = Vec::with_capacity(message.len() * 4 + 64);
        loop {
            let done = usize::try_from(self.decompress.total_in() - start).unwrap_or(usize::MAX);
            let rest = input.get(done..).unwrap_or_default();
            let status = self.decompress.decompress_vec(rest, &mut out, FlushDecompress::Sync);
            let status = status.map_err(|error| error.to_string())?;
            if status == Status::StreamEnd {
                // A message may end its stream (RFC 7692 §7.2.3.5). The next one begins another.
                self.decompress.reset(false);
                break;
            }
            if out.len() < out.capacity() {
                break;
            }
            if out.len() > MOST {
                return Err("the message is too large".to_owned());
            }
            out.reserve(out.len());
        }
        if self.forget.1 {
            self.decompress.reset(false);
        }
        Ok(out)
    }
}
