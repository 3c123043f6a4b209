//! The keys of cases over HTTP/2.

use serde::Deserialize;

/// An extended CONNECT, and what a server may answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Http2ServerExchange {}

/// An answer to an extended CONNECT, and what a client may conclude.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Http2ClientExchange {}
