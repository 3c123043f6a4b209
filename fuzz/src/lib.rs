//! What must hold for every input, one module per fuzz target, as functions that panic where it does not.
//!
//! An input is three bytes and the bytes proper: what options are chosen, and where the input is split in two. What is
//! shorter is no input.
#![forbid(unsafe_code)]

pub mod extension_list;
pub mod request_head;
pub mod response_head;
pub mod uri;

/// An input, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    choices: u8,
    split: usize,
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// Takes an input apart.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        let (&[choices, high, low], bytes) = data.split_first_chunk()?;
        let split = usize::from(u16::from_be_bytes([high, low]));
        Some(Self { choices, split: split % (bytes.len() + 1), bytes })
    }

    /// Puts an input together: split in the middle.
    pub fn seed(choices: u8, bytes: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(bytes.len() / 2).unwrap_or_default().to_be_bytes();
        [&[choices, high, low], bytes].concat()
    }

    /// Whether a choice is made, of eight.
    fn chooses(&self, bit: u8) -> bool {
        self.choices >> bit & 1 == 1
    }

    /// The input in two parts: where they end.
    fn two_parts(&self) -> impl Iterator<Item = usize> + use<> {
        [self.split, self.bytes.len()].into_iter()
    }

    /// The input byte by byte: where the parts end.
    fn byte_by_byte(&self) -> impl Iterator<Item = usize> + use<> {
        0..=self.bytes.len()
    }
}

/// Bytes that a failed assertion shows as text.
#[derive(Clone, PartialEq, Eq)]
struct Text(Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
