//! Heads without the values that are secrets.

use crate::network::is_secret;

/// Stands for a value that is not shown.
const HIDDEN: &str = "...";

/// The value of a field as it is shown.
pub(crate) fn value(name: &str, value: &str, show: bool) -> String {
    if show || !is_secret(name) {
        return value.to_owned();
    }
    // The scheme of credentials, and the name of a cookie, are no secret.
    let lower = name.to_ascii_lowercase();
    let start = match lower.as_str() {
        "authorization" | "proxy-authorization" => {
            value.split_once(' ').map(|(scheme, _)| format!("{scheme} "))
        }
        "set-cookie" | "cookie" => value.split_once('=').map(|(name, _)| format!("{name}=")),
        _ => None,
    };
    start.unwrap_or_default() + HIDDEN
}

/// The target of a request: a query may have a token.
pub(crate) fn target(target: &str, show: bool) -> String {
    match target.split_once('?') {
        Some((path, _)) if !show => format!("{path}?{HIDDEN}"),
        _ => target.to_owned(),
    }
}

/// The lines of a head as they are shown. Bytes outside UTF-8 are replaced.
pub(crate) fn lines(head: &[u8], show: bool) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let text = text.strip_suffix("\r\n\r\n").unwrap_or(&text);
    let line = |(number, line): (usize, &str)| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if number == 0 {
            return match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
                [method, path, version] if path.starts_with('/') => {
                    format!("{method} {} {version}", target(path, show))
                }
                _ => line.to_owned(),
            };
        }
        match line.split_once(':') {
            Some((name, rest)) => {
                let trimmed = rest.trim_start();
                let space = rest.get(..rest.len() - trimmed.len()).unwrap_or_default();
                let shown = if name.eq_ignore_ascii_case("location") {
                    url(trimmed, show)
                } else {
                    value(name, trimmed, show)
                };
                format!("{name}:{space}{shown}")
            }
            None => line.to_owned(),
        }
    };
    text.split('\n').enumerate().map(line).collect()
}

/// A URL: user information and query may be secrets.
pub(crate) fn url(url: &str, show: bool) -> String {
    if show { url.to_owned() } else { websocket_upgrade::proto::ShownUrl::new(url).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_without_secrets() {
        let head = b"GET /a?token=secret HTTP/1.1\r\nHost: a\r\nAuthorization: Basic secret\r\n\
            Cookie: id=secret; b=secret\r\nX-Api-Key: secret\r\nSec-WebSocket-Key: shown\r\nLocation: /x?secret\r\n\r\n";
        let expected = [
            "GET /a?... HTTP/1.1",
            "Host: a",
            "Authorization: Basic ...",
            "Cookie: id=...",
            "X-Api-Key: ...",
            "Sec-WebSocket-Key: shown",
            "Location: /x",
        ];
        assert_eq!(lines(head, false), expected);
        let shown = lines(head, true).join("\n");
        assert_eq!(shown.matches("secret").count(), 6);
    }
}
