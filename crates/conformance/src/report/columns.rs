//! Text in columns, for terminals.

use std::fmt::{self, Formatter};

use super::escape::Visible;
use super::summary::Counts;

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint(bool);

impl Paint {
    pub(super) fn new(colours: bool) -> Self {
        Self(colours)
    }

    pub(super) fn plain() -> Self {
        Self(false)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Red if something failed, green if something passed.
    pub(super) fn counts(self, counts: Counts, text: &str) -> String {
        match counts {
            Counts { failed: 0, passed: 0, .. } => text.to_owned(),
            Counts { failed: 0, .. } => self.green(text),
            _ => self.red(text),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Writes a name and its value, which goes on in further lines below itself.
pub(super) fn entry(f: &mut Formatter<'_>, width: usize, name: &str, value: &str) -> fmt::Result {
    for (index, line) in wrapped(value, width - INDENT).iter().enumerate() {
        let name = if index == 0 { name } else { "" };
        writeln!(f, "  {name:<NAME$}{line}")?;
    }
    Ok(())
}

/// Breaks text into lines between words, and inside words that are longer than a line. Control characters are shown as
/// escapes.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    let visible = Visible(text).to_string();
    for word in visible.split(' ').filter(|word| !word.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        while word.len() > width {
            // A path is broken behind a slash or a hyphen, if the line is not short then.
            let end = word[..width]
                .iter()
                .rposition(|char| matches!(char, '/' | '-'))
                .map_or(width, |last| last + 1);
            let end = if end * 2 > width { end } else { width };
            lines.push(word.drain(..end).collect());
        }
        line.extend(&word);
        length += word.len();
    }
    if length > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The columns of a name with the space behind it.
const NAME: usize = 10;

/// The columns in front of a value.
const INDENT: usize = 2 + NAME;

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_broken_between_words_or_inside_long_ones() {
        for (text, width, expected) in [
            ("", 5, &[""][..]),
            ("a b c", 5, &["a b c"]),
            ("a b c d", 5, &["a b c", "d"]),
            ("abcdefg h", 3, &["abc", "def", "g h"]),
            ("a bcdefg", 3, &["a", "bcd", "efg"]),
            ("éé éé", 2, &["éé", "éé"]),
            ("abc/def/ghi", 9, &["abc/def/", "ghi"]),
            ("a/bcdefghi", 8, &["a/bcdefg", "hi"]),
            ("a\r\nb", 9, &[r"a\r\nb"]),
        ] {
            assert_eq!(wrapped(text, width), expected, "{text}");
        }
    }
}
