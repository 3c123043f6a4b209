//! The handshake as it happens, on standard error, in the form of curl's `-v`.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use websocket_upgrade::{ClientEvent, Phase};

use crate::output::{HINT, OneLine, painted};
use crate::secrets;

/// What has been sent and received so far.
#[derive(Debug, Default)]
pub(super) struct Verbose {
    /// The request, which is shown when it is sent.
    request: Vec<String>,
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
            ClientEvent::Request(head) => self.request = secrets::lines(head, false),
            ClientEvent::Http2Request { uri, headers } => {
                let uri = secrets::url(&uri.to_string(), false);
                self.request = vec![format!(":method: CONNECT, :protocol: websocket, {uri}")];
                self.request.extend(fields(headers));
            }
            ClientEvent::Sent => lines(">", &self.request),
            ClientEvent::Http2Response { status, headers } => {
                lines("<", &[format!(":status: {}", status.as_u16())]);
                lines("<", &fields(headers));
            }
            ClientEvent::Received(bytes) if !self.over => {
                self.received.extend_from_slice(bytes);
                while let Some(end) = self.received.windows(4).position(|end| end == b"\r\n\r\n") {
                    let head: Vec<u8> = self.received.drain(..end + 4).collect();
                    lines("<", &secrets::lines(&head, false));
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

/// The lines of a field section, without secrets.
fn fields(headers: &http::HeaderMap) -> Vec<String> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = match name.as_str() {
            "location" => secrets::url(&value, false),
            name => secrets::value(name, &value, false),
        };
        format!("{name}: {value}")
    };
    headers.iter().map(line).collect()
}
