//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::grammar::{is_tchar, is_token};

/// One extension of an offer or a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its parameters in order, unquoted.
    pub params: Vec<(String, Option<String>)>,
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in &self.params {
            write!(f, "; {name}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// Parses the list of one or several lines. `Err` is the number of the line, and the offset in it, where the grammar
/// breaks.
///
/// ```text
/// extension-list  = 1#extension
/// extension       = extension-token *( ";" extension-param )
/// extension-param = token [ "=" (token | quoted-string) ]
///                 ; the value after unescaping must be a token
/// ```
pub(super) fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Extension>, (usize, usize)> {
    let mut list = Vec::new();
    let mut end = 0;
    for (number, line) in lines.into_iter().enumerate() {
        end = number;
        let mut reader = Reader { line, at: 0 };
        loop {
            reader.skip(b" \t,");
            if reader.next().is_none() {
                break;
            }
            list.push(reader.extension().ok_or((number, reader.at))?);
            reader.skip(b" \t");
            if !matches!(reader.next(), None | Some(b',')) {
                return Err((number, reader.at));
            }
        }
    }
    if list.is_empty() { Err((end, 0)) } else { Ok(list) }
}

/// Reads a line from left to right. A method that returns `None` has stopped at the wrong byte.
struct Reader<'a> {
    line: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn skip(&mut self, set: &[u8]) {
        while self.next().is_some_and(|byte| set.contains(&byte)) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let found = self.next() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn extension(&mut self) -> Option<Extension> {
        let name = self.token()?;
        let mut params = Vec::new();
        loop {
            self.skip(b" \t");
            if !self.eat(b';') {
                return Some(Extension { name, params });
            }
            self.skip(b" \t");
            params.push(self.param()?);
        }
    }

    fn param(&mut self) -> Option<(String, Option<String>)> {
        let name = self.token()?;
        let before = self.at;
        self.skip(b" \t");
        if !self.eat(b'=') {
            self.at = before;
            return Some((name, None));
        }
        self.skip(b" \t");
        let value = if self.next() == Some(b'"') { self.quoted() } else { self.token() };
        Some((name, Some(value?)))
    }

    fn token(&mut self) -> Option<String> {
        let start = self.at;
        while self.next().is_some_and(is_tchar) {
            self.at += 1;
        }
        let token = self.line.get(start..self.at).filter(|token| !token.is_empty())?;
        Some(String::from_utf8_lossy(token).into_owned())
    }

    /// A quoted string (RFC 9110 §5.6.4) whose text is a token.
    fn quoted(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        while !self.eat(b'"') {
            self.eat(b'\\');
            text.push(self.next()?);
            self.at += 1;
        }
        if is_token(&text) {
            Some(String::from_utf8_lossy(&text).into_owned())
        } else {
            self.at = start;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for (line, expected) in [
            ("x", Some("x")),
            ("x, y", Some("x|y")),
            (",, x ,", Some("x")),
            ("x;a;b=1", Some("x; a; b=1")),
            ("x ; a\t=\t\"1\" , y", Some("x; a=1|y")),
            ("x; a=\"\\1\\2\"", Some("x; a=12")),
            ("", None),
            (",", None),
            ("x;", None),
            ("x; =1", None),
            ("x; a=", None),
            ("x; a=\"\"", None),
            ("x; a=\"1, y\"", None),
            ("x; a=\"1", None),
            ("x y", None),
            ("x=1", None),
            ("\u{e9}", None),
        ] {
            let list = parse([line.as_bytes()]).ok();
            let list = list.map(|list| list.iter().map(Extension::to_string).collect::<Vec<_>>().join("|"));
            assert_eq!(list.as_deref(), expected, "{line}");
        }
        assert_eq!(parse([&b"x"[..], b"", b"y z"]), Err((2, 2)));
    }
}
