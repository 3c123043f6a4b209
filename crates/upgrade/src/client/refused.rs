//! The response that refuses a client.

use std::error::Error;
use std::fmt;

use websocket_upgrade_proto::client::Truncation;

use crate::head::ResponseHead;
use crate::text::part::Part;
use crate::upgraded::Length;

/// A refusal by a server or a proxy: any final response that does not accept.
///
/// It displays as one line with the status and the beginning of the body. `Debug` shows only the length of the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Refused {
    /// The status and the fields.
    pub head: ResponseHead,
    /// The body, up to the limit [`refusal_body`](crate::proto::Limits::refusal_body), and as far as it arrived in the
    /// time of [`ClientOptions::refusal_body_idle`](crate::ClientOptions::refusal_body_idle).
    pub body: Vec<u8>,
    /// Whether `body` is incomplete: the body was longer than the limit, ended early, or took too long.
    pub truncated: bool,
    truncation: Option<Truncation>,
}

impl Refused {
    /// Sets why the body is incomplete.
    #[cfg(feature = "proxy")]
    pub(crate) fn cut(&mut self, truncation: Option<Truncation>) {
        (self.truncated, self.truncation) = (truncation.is_some(), truncation);
    }

    /// Returns why the body is incomplete, if it is.
    pub fn truncation(&self) -> Option<Truncation> {
        self.truncation
    }

    /// Returns the status.
    pub fn status(&self) -> u16 {
        self.head.status()
    }
}

#[cfg(driver)]
impl Refused {
    pub(crate) fn new(head: ResponseHead, body: Vec<u8>, truncation: Option<Truncation>) -> Self {
        Self { head, body, truncated: truncation.is_some(), truncation }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// How many bytes of the body are shown.
        const SHOWN: usize = 200;
        write!(f, "refused with status {}", self.status())?;
        let body = self.body.trim_ascii();
        let shown = body.get(..SHOWN).unwrap_or(body);
        if !shown.is_empty() {
            write!(f, ": {}", Part(String::from_utf8_lossy(shown), SHOWN))?;
        }
        if self.truncated || shown.len() < body.len() {
            f.write_str("...")?;
        }
        match self.truncation {
            Some(limit @ (Truncation::RefusalBody | Truncation::RefusalOverhead)) => write!(f, " ({limit})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("head", &self.head)
            .field("body", &Length(&self.body))
            .field("truncated", &self.truncated)
            .field("truncation", &self.truncation)
            .finish()
    }
}

impl Error for Refused {}
