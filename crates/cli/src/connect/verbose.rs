//! The handshake as it happens, on standard error, in the form of curl's `-v`.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use websocket_upgrade::{ClientEvent, Phase};

use crate::network::is_secret;
use crate::output::{HINT, OneLine, painted};

/// What has been received of a head.
#[derive(Debug, Default)]
pub(super) struct Verbose {
    received: Vec<u8>,
    /// Whether the rest is no head any more.
    over: bool,
}

impl Verbose {
    /// A function for the events of a connection.
    pub(super) fn into_watch(self) -> impl Fn(ClientEvent<'_>) + Send + Sync + 'static {
        let state = Mutex::new(self);
        move |event| state.lock().unwrap_or_else(PoisonError::into_inner).tell(event)
    }

    fn tell(&mut self, event: ClientEvent<'_>) {
        let mut err = anstream::stderr().lock();
        // Without standard error nobody reads it.
        let mut lines = |mark: &str, lines: &[String]| {
            for text in lines {
                let _ = writeln!(err, "{} {}", painted(HINT, mark), OneLine(text));
            }
        };
        match event {
            ClientEvent::Attempt(url) => {
                *self = Self::default();
                lines("*", &[url.to_owned()]);
            }
            ClientEvent::Phase(Phase::Handshake) => {}
            ClientEvent::Phase(phase) => lines("*", &[format!("{phase} ...")]),
            ClientEvent::Request(head) => lines(">", &head_lines(head)),
            ClientEvent::Http2Request { uri, headers } => {
                lines(">", &[format!(":method: CONNECT, :protocol: websocket, {uri}")]);
                lines(">", &fields(headers));
            }
            ClientEvent::Http2Response { status, headers } => {
                lines("<", &[format!(":status: {}", status.as_u16())]);
                lines("<", &fields(headers));
            }
            ClientEvent::Received(bytes) if !self.over => {
                self.received.extend_from_slice(bytes);
                while let Some(end) = self.received.windows(4).position(|end| end == b"\r\n\r\n") {
                    let head: Vec<u8> = self.received.drain(..end + 4).collect();
                    lines("<", &head_lines(&head));
                    // Only an interim response is followed by another head; 101 is none here.
                    self.over = !head.get(9..).is_some_and(|status| status.starts_with(b"1"))
                        || head.get(9..12) == Some(b"101");
                    if self.over {
                        self.received.clear();
                    }
                }
            }
            _ => {}
        }
    }
}

/// The lines of a head, without secrets.
fn head_lines(head: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let lines = text.trim_end().split("\r\n");
    lines
        .map(|line| match line.split_once(':') {
            Some((name, _)) if is_secret(name) => format!("{name}: ..."),
            _ => line.to_owned(),
        })
        .collect()
}

fn fields(headers: &http::HeaderMap) -> Vec<String> {
    headers
        .iter()
        .map(|(name, value)| {
            let secret = is_secret(name.as_str());
            let value = if secret { "...".into() } else { String::from_utf8_lossy(value.as_bytes()) };
            format!("{name}: {value}")
        })
        .collect()
}
