//! What the user wants to send, and the commands of the terminal.

use bytes::Bytes;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Text(String),
    Binary(Bytes),
    Ping(Bytes),
    Close {
        code: u16,
        reason: String,
    },
    /// Something to be shown to the user, and not to be sent.
    Show(String),
    /// This line of the input is not UTF-8.
    NotText(u64),
    /// The input can't be read further.
    Broken(String),
    /// The input has ended.
    End,
    /// Ctrl-C.
    Interrupt,
}

/// The help of the terminal.
const HELP: &str = "\
/binary 00ff       send bytes, in hexadecimal digits
/ping [TEXT]       send a ping
/close [CODE] [REASON]  close the connection: 1000 unless you say another code
//text             send a text that begins with a slash
Ctrl-D             close the connection with 1000
Ctrl-C             close it with 1001";

/// Most bytes of a ping or of a close reason (RFC 6455 §5.5).
const CONTROL: usize = 125;

impl Input {
    /// Reads a line of the terminal.
    pub(super) fn of_line(line: &str) -> Self {
        let Some(command) = line.strip_prefix('/') else { return Self::Text(line.to_owned()) };
        if command.starts_with('/') {
            return Self::Text(command.to_owned());
        }
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        let read = match name {
            "binary" => bytes(rest).map(Self::Binary),
            "ping" if rest.len() > CONTROL => Err(format!("a ping has at most {CONTROL} bytes")),
            "ping" => Ok(Self::Ping(Bytes::copy_from_slice(rest.as_bytes()))),
            "close" => close(rest),
            "help" => Ok(Self::Show(HELP.to_owned())),
            _ => Err(format!(
                "/{name}: no such command; /help lists them, and //{name} sends a text with a slash"
            )),
        };
        read.unwrap_or_else(Self::Show)
    }
}

/// Reads hexadecimal digits, perhaps with spaces.
fn bytes(digits: &str) -> Result<Bytes, String> {
    let digits: Option<Vec<u8>> = digits
        .chars()
        .filter(|char| !char.is_whitespace())
        .map(|char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => Ok(digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect()),
        _ => Err(String::from("/binary: expected pairs of hexadecimal digits, such as 00ff")),
    }
}

/// Reads a close code and a reason. A client may send 1000 to 1003, 1007 to 1011 and 3000 to 4999 (RFC 6455 §7.4).
fn close(rest: &str) -> Result<Input, String> {
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let (code, reason) = match code {
        "" => (1000, ""),
        code => match code.parse() {
            Ok(code) => (code, reason.trim()),
            Err(_) => return Err(format!("/close {code}: expected a code, such as 1000, before the reason")),
        },
    };
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(format!("/close {code}: not a code that may be sent: use 1000, or 3000 to 4999"));
    }
    if reason.len() > CONTROL - 2 {
        return Err(format!("a close reason has at most {} bytes", CONTROL - 2));
    }
    Ok(Input::Close { code, reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_or_commands() {
        let close = |code, reason: &str| Input::Close { code, reason: reason.to_owned() };
        for (line, input) in [
            ("hello", Input::Text("hello".into())),
            ("", Input::Text(String::new())),
            (" /ping", Input::Text(" /ping".into())),
            ("//ping", Input::Text("/ping".into())),
            ("/binary 00ff", Input::Binary(Bytes::from_static(&[0, 0xff]))),
            ("/binary 00 FF", Input::Binary(Bytes::from_static(&[0, 0xff]))),
            ("/binary", Input::Binary(Bytes::new())),
            ("/ping", Input::Ping(Bytes::new())),
            ("/ping a b", Input::Ping(Bytes::from_static(b"a b"))),
            ("/close", close(1000, "")),
            ("/close 4000", close(4000, "")),
            ("/close 1000 good bye", close(1000, "good bye")),
        ] {
            assert_eq!(Input::of_line(line), input, "{line}");
        }
        let long = format!("/ping {}", "a".repeat(126));
        for line in
            ["/binary 0", "/binary xy", "/close now", "/close 1005", "/close 999", "/pong", "/", &long]
        {
            assert!(matches!(Input::of_line(line), Input::Show(_)), "{line}");
        }
    }
}
