//! The head of a message of HTTP/1.1, as changes to a good one, and how it is delivered.

use serde::Deserialize;

use super::deliver::Deliver;
use crate::text::{self, Names, TextError};

/// A message: changes to a good head, what comes behind it, and how both are delivered.
///
/// All strings are in the notation of [`text`](crate::text).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Message {
    /// The start line, without its end.
    pub line: Option<String>,
    /// All lines of each named field are replaced, in place, by these lines.
    pub set: Vec<String>,
    /// Names of fields whose lines are left out.
    pub remove: Vec<String>,
    /// Lines at the end.
    pub add: Vec<String>,
    /// The whole head, in place of all of the above.
    pub head: Option<String>,
    /// What is sent in the same write, behind the head.
    pub behind: Option<String>,
    /// How all of it is delivered.
    pub deliver: Deliver,
}

impl Message {
    /// The keys of a message in a case.
    pub(super) const KEYS: [&str; 7] = ["line", "set", "remove", "add", "head", "behind", "deliver"];

    /// Returns the head as bytes: the good one, given as lines without their ends, with the changes of this message.
    ///
    /// # Errors
    ///
    /// If a text breaks the notation.
    pub fn head(&self, good: &[&str], names: &Names) -> Result<Vec<u8>, TextError> {
        if let Some(head) = &self.head {
            return text::bytes(head, names);
        }
        let mut head = Vec::new();
        for line in self.lines(good) {
            head.extend(text::bytes(line, names)?);
            head.extend(b"\r\n");
        }
        head.extend(b"\r\n");
        Ok(head)
    }

    /// Returns the bytes behind the head.
    ///
    /// # Errors
    ///
    /// If the text breaks the notation.
    pub fn behind(&self, names: &Names) -> Result<Vec<u8>, TextError> {
        self.behind.as_deref().map_or(Ok(Vec::new()), |behind| text::bytes(behind, names))
    }

    fn lines<'a>(&'a self, good: &[&'a str]) -> Vec<&'a str> {
        let mut lines = good.to_vec();
        if let (Some(line), Some(first)) = (&self.line, lines.first_mut()) {
            *first = line;
        }
        let mut done: Vec<&str> = Vec::new();
        for line in &self.set {
            let name = name_of(line);
            if done.iter().any(|done| done.eq_ignore_ascii_case(name)) {
                continue;
            }
            done.push(name);
            let new =
                self.set.iter().map(String::as_str).filter(|line| name_of(line).eq_ignore_ascii_case(name));
            let place = position(&lines, name).unwrap_or(lines.len());
            remove(&mut lines, name);
            lines.splice(place..place, new);
        }
        for name in &self.remove {
            remove(&mut lines, name);
        }
        lines.extend(self.add.iter().map(String::as_str));
        lines
    }
}

/// The name of a field line. Lines without a colon are names as a whole.
fn name_of(line: &str) -> &str {
    line.split_once(':').map_or(line, |(name, _)| name).trim()
}

/// Where the first line of a field is. The start line is none.
fn position(lines: &[&str], name: &str) -> Option<usize> {
    lines.iter().skip(1).position(|line| name_of(line).eq_ignore_ascii_case(name)).map(|index| index + 1)
}

fn remove(lines: &mut Vec<&str>, name: &str) {
    while let Some(index) = position(lines, name) {
        lines.remove(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; 4] = ["GET / HTTP/1.1", "Host: {host}", "Connection: Upgrade", "X: 1"];

    fn text(message: &Message) -> String {
        String::from_utf8(message.head(&GOOD, &Names::sample()).unwrap()).unwrap()
    }

    #[test]
    fn changes_of_a_head() {
        let message = |toml: &str| toml::from_str::<Message>(toml).unwrap();
        for (changes, expected) in [
            ("", "GET / HTTP/1.1\r\nHost: server.example\r\nConnection: Upgrade\r\nX: 1\r\n\r\n"),
            ("line = 'HEAD / HTTP/1.1'\nremove = ['host', 'x', 'connection']", "HEAD / HTTP/1.1\r\n\r\n"),
            (
                "set = ['connection: a', 'Y: b', 'Connection: c']\nadd = ['Host: d']\nremove = ['X']",
                "GET / HTTP/1.1\r\nHost: server.example\r\nconnection: a\r\nConnection: c\r\nY: b\r\nHost: d\r\n\r\n",
            ),
            ("head = \"a\\n\"\nadd = ['never']", "a\n"),
        ] {
            assert_eq!(text(&message(changes)), expected, "{changes}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Message>("lime = 'x'").is_err());
    }
}
