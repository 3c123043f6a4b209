//! Text and bytes inside a page: nothing in them is markup.

use std::fmt::{self, Display, Formatter, Write as _};

use super::super::escape::{Piece, Visible, hex, pieces};
use super::super::section::parts;

/// Text as content of an element, or of an attribute in double quotes.
pub(super) struct Escaped<T>(pub(super) T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        struct Escape<'a, 'f>(&'a mut Formatter<'f>);
        impl fmt::Write for Escape<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                for char in text.chars() {
                    match char {
                        '&' => self.0.write_str("&amp;")?,
                        '<' => self.0.write_str("&lt;")?,
                        '>' => self.0.write_str("&gt;")?,
                        '"' => self.0.write_str("&quot;")?,
                        '\'' => self.0.write_str("&#39;")?,
                        char => self.0.write_char(char)?,
                    }
                }
                Ok(())
            }
        }
        write!(Escape(f), "{}", self.0)
    }
}

/// Returns text of any origin: control characters are shown as escapes.
pub(super) fn text(text: &str) -> Escaped<Visible<'_>> {
    Escaped(Visible(text))
}

/// Returns an id, which a line may end inside of: behind each slash.
pub(super) fn path(id: &str) -> String {
    text(id).to_string().replace('/', "/<wbr>")
}

/// Writes bytes as text with escapes, a line for each line feed, and in hexadecimal notation to be opened.
pub(super) fn bytes(page: &mut String, bytes: &[u8]) {
    page.push_str("<pre class=\"bytes\" tabindex=\"0\">");
    for piece in pieces(bytes) {
        let _ = match piece {
            Piece::Text(text) => write!(page, "{}", Escaped(text)),
            Piece::Escape(text) => write!(page, "<i>{}</i>", Escaped(text)),
            Piece::LineEnd => writeln!(page),
        };
    }
    let hex = Escaped(hex(bytes));
    let _ = write!(
        page,
        "</pre>\n<details class=\"hex\"><summary>hex</summary><pre class=\"bytes\" tabindex=\"0\">{hex}</pre></details>\n"
    );
}

/// Writes the name of a section, with links to its page.
pub(super) fn section(page: &mut String, section: &str) {
    for part in parts(section) {
        let shown = text(part.text);
        let _ = match part.url {
            Some(url) => write!(page, "<a href=\"{}\">{shown}</a>", Escaped(url)),
            None => write!(page, "{shown}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, section, text};

    #[test]
    fn no_text_is_markup() {
        let hostile = "</script><img src=x onerror=\"alert('&')\">\u{1b}";
        let expected = "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;\\u{1b}";
        assert_eq!(text(hostile).to_string(), expected);
    }

    #[test]
    fn no_bytes_are_markup() {
        let mut page = String::new();
        bytes(&mut page, b"</pre><img\r\n\xff");
        assert!(page.starts_with(
            "<pre class=\"bytes\" tabindex=\"0\">&lt;/pre&gt;&lt;img<i>\\r\\n</i>\n<i>\\xff</i></pre>"
        ));
        assert!(!page.contains("<img"), "{page}");
    }

    #[test]
    fn sections_are_links() {
        let mut page = String::new();
        section(&mut page, "RFC 6455 §4.1 <b>");
        let expected =
            "<a href=\"https://www.rfc-editor.org/rfc/rfc6455#section-4.1\">RFC 6455 §4.1</a> &lt;b&gt;";
        assert_eq!(page, expected);
    }
}
