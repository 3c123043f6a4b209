//! What a response is judged against: the request that it answers.

use serde::{Deserialize, Serialize};

use super::extension::{Extension, parse};

/// The request that a response answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sent {
    /// The method: `GET`, or `CONNECT` over HTTP/2.
    pub method: String,
    /// The value of `Sec-WebSocket-Key`, if there is one.
    pub key: Option<String>,
    /// The value of `Sec-WebSocket-Version`, if there is one.
    pub version: Option<String>,
    /// The subprotocols that were offered.
    pub subprotocols: Vec<String>,
    /// The extensions that were offered, in order.
    pub extensions: Vec<Extension>,
    /// Whether the request is one of HTTP/1.0.
    pub http_10: bool,
}

impl Sent {
    /// A request over HTTP/1.1 with this key and no offers.
    pub fn with_key(key: &str) -> Self {
        Self { method: "GET".to_owned(), key: Some(key.to_owned()), ..Self::connect() }
    }

    /// An extended CONNECT without offers.
    pub fn connect() -> Self {
        Self { method: "CONNECT".to_owned(), version: Some("13".to_owned()), ..Self::default() }
    }

    /// Offers subprotocols.
    #[must_use]
    pub fn subprotocols(mut self, names: &[&str]) -> Self {
        self.subprotocols.extend(names.iter().map(|&name| name.to_owned()));
        self
    }

    /// Offers extensions, as a value of `Sec-WebSocket-Extensions`. A list that breaks the grammar offers none.
    #[must_use]
    pub fn extensions(mut self, list: &str) -> Self {
        self.extensions.extend(parse([list.as_bytes()]).unwrap_or_default());
        self
    }
}
