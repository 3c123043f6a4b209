//! Reads an answer with a parser of the tests.

use super::report::{Outcome, holds, same};

/// Returns an answer as text, without the line of `Date`, which changes every second.
pub(crate) fn undated(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let is_date = |line: &str| line.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("date: "));
    text.split("\r\n").filter(|line| !is_date(line)).collect::<Vec<_>>().join("\r\n")
}

/// A response, parsed simply, since our own output is strict.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Parses one response, and a 100 before it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(bytes);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.ok_or_else(|| format!("not a whole head: \"{}\"", bytes.escape_ascii()))?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(|error| error.to_string())?;
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status =
            status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..4)?.trim_end().parse().ok());
        let status = status.ok_or_else(|| format!("not a status line: {status_line:?}"))?;
        let field = |line: &str| {
            let legal = !line.contains(['\r', '\n']);
            let field = line.split_once(": ").filter(|_| legal);
            field
                .map(|(name, value)| (name.into(), value.into()))
                .ok_or_else(|| format!("no field: {line:?}"))
        };
        Ok(Self {
            status,
            fields: lines.map(field).collect::<Result<_, _>>()?,
            body: bytes[end + 4..].to_vec(),
        })
    }

    /// Returns the values of all lines of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Checks that one of the field's lines has this value.
    pub(crate) fn has(&self, name: &str, value: &str) -> Outcome {
        let got = self.all(name);
        holds(got.contains(&value), || format!("{name}: expected {value:?}, got {got:?}"))
    }

    /// Returns the body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Checks what every rejection has: a date, the end of the connection, and a correct length.
    pub(crate) fn is_rejection(&self, to_head: bool) -> Outcome {
        let dates = self.all("Date");
        holds(dates.len() == 1 && dates[0].len() == 29 && dates[0].ends_with(" GMT"), || {
            format!("Date: {dates:?}")
        })?;
        let (connection, upgrade) = match self.status {
            426 => ("close, Upgrade", vec!["websocket"]),
            _ => ("close", vec![]),
        };
        same("Connection", &self.all("Connection"), &[connection])?;
        same("Upgrade", &self.all("Upgrade"), &upgrade)?;
        same("Transfer-Encoding", &self.all("Transfer-Encoding").len(), &0)?;
        let lengths = self.all("Content-Length");
        same("lines of Content-Length", &lengths.len(), &1)?;
        if to_head {
            return same("body", &self.text(), "");
        }
        same("Content-Length", lengths[0], &self.body.len().to_string())
    }
}
