//! What goes to the terminal: colours, and text of others without control characters.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};

/// The styles of all commands. A stream of `anstream` removes them where there is no terminal, or `NO_COLOR` is set.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Shows a value in a style.
pub(crate) fn painted<T: Display>(style: Style, value: T) -> Painted<T> {
    Painted(style, value)
}

pub(crate) struct Painted<T>(Style, T);

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, value) = self;
        write!(f, "{style}{value}{style:#}")
    }
}

/// Shows text of others in one line: control characters are escaped, so that they can't drive the terminal.
pub(crate) struct OneLine<'t>(pub(crate) &'t str);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| escaped(char, f))
    }
}

/// Shows text of others with its line ends and tabs. Other control characters are escaped.
pub(crate) struct ManyLines<'t>(pub(crate) &'t str);

impl Display for ManyLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '\n' | '\t' => write!(f, "{char}"),
            _ => escaped(char, f),
        })
    }
}

fn escaped(char: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // Marks that change the direction of writing are not control characters, but can mislead a reader.
    let misleading =
        matches!(char, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if char.is_control() || misleading { char.escape_default().fmt(f) } else { write!(f, "{char}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_driven_by_no_text_of_others() {
        assert_eq!(OneLine("a\u{1b}[2Jb\nc\u{202e}d\u{e9}").to_string(), "a\\u{1b}[2Jb\\nc\\u{202e}d\u{e9}");
        assert_eq!(ManyLines("a\r\n\tb\u{7}").to_string(), "a\\r\n\tb\\u{7}");
    }
}
