//! Reads the server's answer with a parser of the tests.

use std::collections::BTreeMap;

use crate::report::{Outcome, same};

/// A response, parsed simply, since our own output is strict.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a str,
}

impl<'a> Answer<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the answer is not ASCII".to_owned())?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or("the answer's head has no end")?;
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status =
            status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..4)?.trim_end().parse().ok());
        let status = status.ok_or_else(|| format!("not a status line: {status_line:?}"))?;
        let field = |line: &'a str| {
            let legal = !line.contains(['\r', '\n']);
            line.split_once(": ").filter(|_| legal).ok_or_else(|| format!("not a field line: {line:?}"))
        };
        Ok(Self { status, fields: lines.map(field).collect::<Result<_, _>>()?, body })
    }

    /// Returns the values of all lines of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&'a str> {
        let named = self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value).collect()
    }

    /// Checks that there is exactly one line with this value, or no line for `None`.
    pub(crate) fn has_once(&self, name: &str, value: Option<&str>) -> Outcome {
        same(name, &self.all(name), &Vec::from_iter(value))
    }

    /// Checks that there is a line for each of these fields.
    pub(crate) fn has_all(&self, fields: &BTreeMap<String, String>) -> Outcome {
        for (name, value) in fields {
            let got = self.all(name);
            if !got.contains(&value.as_str()) {
                return Err(format!("{name}: expected {value:?}, got {got:?}"));
            }
        }
        Ok(())
    }

    /// Checks what every refusal has: the end of the connection, and a correct length.
    pub(crate) fn is_refusal(&self, to_head: bool) -> Outcome {
        let (connection, upgrade) =
            if self.status == 426 { ("close, Upgrade", Some("websocket")) } else { ("close", None) };
        self.has_once("Connection", Some(connection))?;
        self.has_once("Upgrade", upgrade)?;
        self.has_once("Transfer-Encoding", None)?;
        let length = self.all("Content-Length");
        let [length] = length.as_slice() else {
            return Err(format!("Content-Length: {length:?}"));
        };
        if to_head {
            return same("body", &self.body, &"");
        }
        same("Content-Length", length, &self.body.len().to_string().as_str())
    }
}
