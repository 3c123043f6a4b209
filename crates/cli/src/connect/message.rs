//! What is received, as text.

use std::fmt::{self, Write};

/// Bytes as people read them: the offset, 16 bytes in hexadecimal digits, and their characters.
pub(super) struct HexDump<'b>(pub(super) &'b [u8]);

impl fmt::Display for HexDump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.chunks(16).enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{:08x} ", index * 16)?;
            for column in 0..16 {
                if column == 8 {
                    f.write_char(' ')?;
                }
                match line.get(column) {
                    Some(byte) => write!(f, " {byte:02x}")?,
                    None => f.write_str("   ")?,
                }
            }
            f.write_str("  ")?;
            for &byte in line {
                f.write_char(if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' })?;
            }
        }
        Ok(())
    }
}

/// Bytes in hexadecimal digits.
pub(super) struct Hex<'b>(pub(super) &'b [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_sixteen_bytes_a_line() {
        let bytes: Vec<u8> = (0x3f..0x52).collect();
        assert_eq!(
            HexDump(&bytes).to_string(),
            "00000000  3f 40 41 42 43 44 45 46  47 48 49 4a 4b 4c 4d 4e  ?@ABCDEFGHIJKLMN\n\
             00000010  4f 50 51                                          OPQ"
        );
        assert_eq!(HexDump(b"").to_string(), "");
        assert_eq!(Hex(&[0, 255]).to_string(), "00ff");
    }
}
