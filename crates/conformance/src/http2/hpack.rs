//! Field sections as bytes (RFC 7541), also those that a library would refuse to write.

use loona_hpack::encoder::encode_integer_into;
use loona_hpack::{Decoder, Encoder};

use crate::case::http2::Coding;

/// A field line: name and value.
pub(crate) type Line = (Vec<u8>, Vec<u8>);

/// Both tables of one side of a connection.
pub(crate) struct Tables {
    encoder: Encoder<'static>,
    decoder: Decoder<'static>,
}

impl Tables {
    pub(crate) fn new() -> Self {
        let mut decoder = Decoder::new();
        decoder.set_max_allowed_table_size(4096);
        Self { encoder: Encoder::new(), decoder }
    }

    /// Encodes a field section.
    pub(crate) fn encode(&mut self, lines: &[Line], coding: Coding) -> Vec<u8> {
        if coding == Coding::Indexed {
            return self.encoder.encode(lines.iter().map(|(name, value)| (&name[..], &value[..])));
        }
        let mut block = Vec::new();
        for (name, value) in lines {
            block.push(if coding == Coding::Never { 0x10 } else { 0 });
            for part in [name, value] {
                string(part, coding, &mut block);
            }
        }
        block
    }

    /// Decodes a field section.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Vec<Line>, String> {
        self.decoder.decode(block).map_err(|error| format!("{error:?}"))
    }
}

/// Splits `name: value` into a line. The value begins behind the first colon and space; `: value` has an empty name.
pub(crate) fn line(text: &[u8]) -> Line {
    if let Some(value) = text.strip_prefix(b": ") {
        return (Vec::new(), value.to_vec());
    }
    let inner = text.get(1..).unwrap_or_default();
    match inner.windows(2).position(|pair| pair == b": ") {
        Some(at) => (text[..=at].to_vec(), inner[at + 2..].to_vec()),
        None => (text.strip_suffix(b":").unwrap_or(text).to_vec(), Vec::new()),
    }
}

fn string(text: &[u8], coding: Coding, out: &mut Vec<u8>) {
    let coded = if coding == Coding::Huffman { huffman(text) } else { None };
    let (bits, text) = match &coded {
        Some(coded) => (0x80, &coded[..]),
        None => (0, text),
    };
    // Writing into a vector does not fail.
    let _ = encode_integer_into(text.len(), 7, bits, out);
    out.extend(text);
}

/// Huffman codes are canonical (RFC 7541, Appendix B): those of one length count upwards, in this order. Characters
/// with longer codes are not needed here.
const CODES: [(u32, u64, &[u8]); 4] = [
    (5, 0x0, b"012aceiost"),
    (6, 0x14, b" %-./3456789=A_bdfghlmnpru"),
    (7, 0x5c, b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, 0xf8, b"&*,;XZ"),
];

/// Returns `None` if the text has a character with a long code.
fn huffman(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut waiting, mut bits) = (0_u64, 0);
    for byte in text {
        let (length, code) = CODES.iter().find_map(|&(length, first, characters)| {
            let at = characters.iter().position(|character| character == byte)?;
            Some((length, first + u64::try_from(at).ok()?))
        })?;
        waiting = waiting << length | code;
        bits += length;
        while bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(waiting >> bits & 0xff).ok()?);
        }
    }
    if bits > 0 {
        // Filled with ones, the beginning of the code for the end of a string.
        out.push(u8::try_from((waiting << (8 - bits) | (0xff >> bits)) & 0xff).ok()?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        [
            ":status: 200",
            ":path: /a?b",
            "sec-websocket-version: 13",
            "x: ",
            "y: &*,;XZ jkqvwxyz:BCDEFGHIJKLMNOPQRSTUVWY",
        ]
        .map(|text| line(text.as_bytes()))
        .to_vec()
    }

    #[test]
    fn every_coding_is_decoded() {
        let (mut ours, mut theirs) = (Tables::new(), Tables::new());
        for coding in [Coding::Literal, Coding::Huffman, Coding::Never, Coding::Indexed, Coding::Indexed] {
            let block = ours.encode(&lines(), coding);
            assert_eq!(theirs.decode(&block), Ok(lines()), "{coding:?}");
        }
    }

    #[test]
    fn huffman_is_the_one_of_the_specification() {
        // RFC 7541 §C.4.1.
        let coded = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(huffman(b"www.example.com").as_deref(), Some(&coded[..]));
        assert_eq!(huffman(b"\0"), None);
    }

    #[test]
    fn a_second_section_refers_to_the_first() {
        let mut tables = Tables::new();
        let first = tables.encode(&lines(), Coding::Indexed);
        let second = tables.encode(&lines(), Coding::Indexed);
        assert!(second.len() < first.len() / 2, "{} {}", first.len(), second.len());
    }

    #[test]
    fn a_line_may_have_colons_in_its_name_and_spaces_in_its_value() {
        assert_eq!(line(b":path: /"), (b":path".to_vec(), b"/".to_vec()));
        assert_eq!(line(b"x:y: a"), (b"x:y".to_vec(), b"a".to_vec()));
        assert_eq!(line(b"x:  a"), (b"x".to_vec(), b" a".to_vec()));
        assert_eq!(line(b"x: "), (b"x".to_vec(), Vec::new()));
        assert_eq!(line(b"x:"), (b"x".to_vec(), Vec::new()));
        assert_eq!(line(b": a"), (Vec::new(), b"a".to_vec()));
    }
}
