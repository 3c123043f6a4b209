//! How long the body behind a response's head is (RFC 9112 §6.3).

use serde::{Deserialize, Serialize};

use super::agreed::accepts;
use super::framing::{is_chunked, number};
use super::subject::Subject;

/// How the body of a response ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// There is none: the bytes behind the head are something else.
    #[default]
    None,
    /// It has this many bytes.
    Length(u64),
    /// It ends with its last chunk (RFC 9112 §7.1).
    Chunked,
    /// It ends when the server closes the connection.
    UntilClose,
}

impl Body {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        let status = subject.status().unwrap_or_default();
        if subject.sent.method == "HEAD" || matches!(status, 100..=199 | 204 | 304) || accepts(subject) {
            return Self::None;
        }
        if subject.has("Transfer-Encoding") {
            return if is_chunked(subject) { Self::Chunked } else { Self::UntilClose };
        }
        let digits = number(subject).ok().flatten().and_then(|digits| std::str::from_utf8(digits).ok());
        match digits {
            Some("") => Self::Length(0),
            Some(digits) => digits.parse().map_or(Self::UntilClose, Self::Length),
            None => Self::UntilClose,
        }
    }
}
