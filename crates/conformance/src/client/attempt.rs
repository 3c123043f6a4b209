//! What a client under test is asked to do.

use std::path::PathBuf;
use std::time::Duration;

use crate::case::{Deflate, Offer};

/// What a client under test is asked to do, once.
///
/// A command finds it in its environment:
///
/// | variable | |
/// |---|---|
/// | `WS_URL` | the URL, which also replaces `{url}` in its arguments |
/// | `WS_SUBPROTOCOLS` | subprotocols to offer, in order, with commas between |
/// | `WS_DEFLATE` | `1`: offer permessage-deflate |
/// | `WS_DEFLATE_PARAMS` | the parameters of that offer, perhaps none. A client that can't choose them ignores it |
/// | `WS_TIMEOUT` | the seconds after which it should give up the handshake |
/// | `WS_HTTP2` | `1`: use HTTP/2 (RFC 8441), over TLS by ALPN, without TLS by prior knowledge |
/// | `WS_CA` | a PEM file with the certificate authority to trust, over TLS |
///
/// A variable that asks for nothing is not set.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The URL to open a WebSocket to.
    pub url: String,
    /// The subprotocols to offer, in order.
    pub subprotocols: Vec<String>,
    /// Whether to offer permessage-deflate.
    pub deflate: Deflate,
    /// The time after which it should give up the handshake.
    pub timeout: Option<Duration>,
    /// Whether to use HTTP/2: over TLS by ALPN, without TLS by prior knowledge.
    pub http2: bool,
    /// A PEM file with the certificate authority to trust, over TLS.
    pub ca: Option<PathBuf>,
}

/// All variables, so that none is inherited.
pub(super) const VARIABLES: [&str; 7] =
    ["WS_URL", "WS_SUBPROTOCOLS", "WS_DEFLATE", "WS_DEFLATE_PARAMS", "WS_TIMEOUT", "WS_HTTP2", "WS_CA"];

impl Attempt {
    pub(super) fn new(url: String, offer: &Offer, ca: Option<PathBuf>) -> Self {
        Self {
            url,
            subprotocols: offer.subprotocols.clone(),
            deflate: offer.deflate.clone(),
            timeout: offer.timeout.map(Duration::from_secs),
            http2: false,
            ca,
        }
    }

    /// As [`Attempt::new`], over HTTP/2.
    pub(crate) fn over_http2(url: String, offer: &Offer, ca: Option<PathBuf>) -> Self {
        Self { http2: true, ..Self::new(url, offer, ca) }
    }

    /// Returns the variables that are set for a command.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let deflate = (self.deflate != Deflate::No).then(|| "1".to_owned());
        let params = match &self.deflate {
            Deflate::Params(params) => Some(params.clone()),
            Deflate::No | Deflate::Usual => None,
        };
        let subprotocols = (!self.subprotocols.is_empty()).then(|| self.subprotocols.join(","));
        let timeout = self.timeout.map(|time| time.as_secs().to_string());
        let http2 = self.http2.then(|| "1".to_owned());
        let ca = self.ca.as_ref().map(|path| path.display().to_string());
        let values = [Some(self.url.clone()), subprotocols, deflate, params, timeout, http2, ca];
        VARIABLES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        let mut attempt = Attempt::new("ws://h/".to_owned(), &Offer::default(), None);
        assert_eq!(attempt.variables(), [("WS_URL", "ws://h/".to_owned())]);
        attempt.subprotocols = vec!["a".to_owned(), "b".to_owned()];
        attempt.timeout = Some(Duration::from_secs(1));
        attempt.http2 = true;
        attempt.ca = Some("ca.pem".into());
        for (deflate, params) in [
            (Deflate::Usual, None),
            (Deflate::Params(String::new()), Some("")),
            (Deflate::Params("client_max_window_bits".to_owned()), Some("client_max_window_bits")),
        ] {
            attempt.deflate = deflate;
            let mut expected = vec![("WS_URL", "ws://h/"), ("WS_SUBPROTOCOLS", "a,b"), ("WS_DEFLATE", "1")];
            expected.extend(params.map(|params| ("WS_DEFLATE_PARAMS", params)));
            expected.extend([("WS_TIMEOUT", "1"), ("WS_HTTP2", "1"), ("WS_CA", "ca.pem")]);
            let expected: Vec<_> =
                expected.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert_eq!(attempt.variables(), expected);
        }
    }
}
