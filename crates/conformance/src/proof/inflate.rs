//! An inflater that keeps to a window: zlib's take a larger one.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// The largest message that is inflated.
const LARGEST: usize = 1 << 20;

/// Inflates messages, and refuses what refers back further than the window, or than what has come so far.
pub(super) struct Inflater {
    state: Box<DecompressorOxide>,
    window: Vec<u8>,
    next: usize,
    is_full: bool,
}

impl Inflater {
    /// Returns an inflater with an empty window of `1 << bits` bytes.
    pub(super) fn new(bits: u8) -> Self {
        let window = vec![0; 1 << bits.clamp(8, 15)];
        Self { state: Box::default(), window, next: 0, is_full: false }
    }

    /// Inflates a message with its tail.
    pub(super) fn inflate(&mut self, mut input: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        loop {
            let mut flags = TINFL_FLAG_HAS_MORE_INPUT;
            if !self.is_full {
                // Until the window is full, the place in it says how far back something can be.
                flags |= TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
            }
            let (status, consumed, written) =
                decompress(&mut self.state, input, &mut self.window, self.next, flags);
            input = input.get(consumed..).unwrap_or_default();
            let end = (self.next + written).min(self.window.len());
            out.extend_from_slice(&self.window[self.next..end]);
            self.next = end;
            if self.next == self.window.len() {
                self.next = 0;
                self.is_full = true;
            }
            if out.len() > LARGEST {
                return Err(format!("it is longer than {LARGEST} bytes"));
            }
            match status {
                TINFLStatus::HasMoreOutput => {}
                TINFLStatus::NeedsMoreInput if input.is_empty() => return Ok(out),
                // A last block inside a message is legal (RFC 7692 §7.2.3.5). What follows is a new stream.
                TINFLStatus::Done => {
                    self.state.init();
                    if input.len() <= 4 {
                        return Ok(out);
                    }
                }
                _ => return Err("it refers back too far, or is no deflate data".to_owned()),
            }
        }
    }
}
