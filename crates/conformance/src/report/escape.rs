//! How text and bytes of a peer are shown: nothing in them controls a terminal or changes the order of letters.

use std::fmt::{self, Display, Formatter, Write as _};

/// Text without control characters: they are shown as escapes.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a>(pub &'a str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            if is_harmless(char) { f.write_char(char)? } else { write!(f, "{}", char.escape_default())? }
        }
        Ok(())
    }
}

/// Returns whether a character shows itself, and changes neither the terminal nor the direction of the text.
fn is_harmless(char: char) -> bool {
    !char.is_control()
        && !matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A part of bytes that are shown as text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// Bytes that are printable ASCII.
    Text(String),
    /// Bytes that are shown by a notation: `\r\n`, `\x81`.
    Escape(String),
    /// The place behind a line feed.
    LineEnd,
}

/// Splits bytes into pieces for people. A backslash is an escape too, so that no two inputs look the same.
pub(super) fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for &byte in bytes {
        let is_plain = byte != b'\\' && (byte == b' ' || byte.is_ascii_graphic());
        match pieces.last_mut() {
            Some(Piece::Text(text)) if is_plain => text.push(char::from(byte)),
            _ if is_plain => pieces.push(Piece::Text(char::from(byte).to_string())),
            // `escape_default` escapes quotes too, but these are graphic.
            Some(Piece::Escape(text)) => text.extend(byte.escape_ascii().map(char::from)),
            _ => pieces.push(Piece::Escape(byte.escape_ascii().to_string())),
        }
        if byte == b'\n' {
            pieces.push(Piece::LineEnd);
        }
    }
    pieces
}

/// Returns the bytes in hexadecimal notation, 16 a line, with offsets and text.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for (index, line) in bytes.chunks(16).enumerate() {
        let _ = write!(hex, "{:04x} ", index * 16);
        for column in 0..16 {
            let gap = if column == 8 { "  " } else { " " };
            let _ = match line.get(column) {
                Some(byte) => write!(hex, "{gap}{byte:02x}"),
                None => write!(hex, "{gap}  "),
            };
        }
        hex.push_str("  ");
        let shown = |&byte: &u8| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '.' };
        hex.extend(line.iter().map(shown));
        hex.push('\n');
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::{Piece, Visible, hex, pieces};

    #[test]
    fn control_characters_are_shown_as_escapes() {
        let shown = Visible("a\x1b[31m\r\n\t\u{202e}\u{9b}é§").to_string();
        assert_eq!(shown, r"a\u{1b}[31m\r\n\t\u{202e}\u{9b}é§");
    }

    #[test]
    fn bytes_are_split_at_line_feeds() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let escape = |text: &str| Piece::Escape(text.to_owned());
        assert_eq!(
            pieces(b"a: 'b'\r\n\x81\\c"),
            [text("a: 'b'"), escape(r"\r\n"), Piece::LineEnd, escape(r"\x81\\"), text("c")]
        );
    }

    #[test]
    fn hexadecimal_lines_have_the_same_width() {
        let hex = hex(b"0123456789abcdef\x00<");
        let expected = "\
0000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef
0010  00 3c                                             .<
";
        assert_eq!(hex, expected);
    }
}
