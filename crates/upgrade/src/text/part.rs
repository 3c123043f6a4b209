//! Text of others as a part of one line.

use std::fmt::{self, Write};

/// Text of others as a part of one line. Characters that could break the line or control a terminal are escaped. The
/// text is cut off after the given number of characters, counted after escaping.
pub(crate) struct Part<T>(pub(crate) T, pub(crate) usize);

impl<T: fmt::Display> fmt::Display for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, most) = self;
        let mut escaping = Escaping { f, left: *most, cut: false };
        write!(escaping, "{text}")?;
        if escaping.cut { f.write_str("...") } else { Ok(()) }
    }
}

struct Escaping<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    left: usize,
    cut: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            // Quotes and backslashes are harmless, and usual.
            let escaped = (!matches!(char, '"' | '\'' | '\\')).then(|| char.escape_debug());
            let len = escaped.as_ref().map_or(1, ExactSizeIterator::len);
            self.cut = self.cut || len > self.left;
            if self.cut {
                return Ok(());
            }
            self.left -= len;
            match escaped {
                Some(escaped) => write!(self.f, "{escaped}")?,
                None => self.f.write_char(char)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_within_its_bound() {
        let cases = [
            ("", 3, ""),
            ("abc", 3, "abc"),
            ("abcd", 3, "abc..."),
            ("a\"b'c\\", 9, "a\"b'c\\"),
            ("a\nb\r\tc", 9, "a\\nb\\r\\tc"),
            ("a\nb\r\tc", 8, "a\\nb\\r\\t..."),
            ("\u{1b}[2J", 9, "\\u{1b}[2J"),
            ("\u{9b}\u{2028}\u{202e}", 30, "\\u{9b}\\u{2028}\\u{202e}"),
            ("gr\u{fc}\u{df}e", 5, "gr\u{fc}\u{df}e"),
        ];
        for (text, most, expected) in cases {
            assert_eq!(Part(text, most).to_string(), expected);
        }
    }
}
