//! A client's credentials, and which origins they may be sent to.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use websocket_upgrade_proto::ShownUrl;

use super::cookies::CookieJar;
use super::refused::Refused;

/// A future of the fields that answer a 401.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Option<http::HeaderMap>> + Send>>;

/// A client's credentials, cookies, and redirects.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    /// In lower case.
    pub(super) sensitive: Vec<String>,
    pub(super) redirects: usize,
    pub(super) jar: Option<Arc<dyn CookieJar>>,
    pub(super) unauthorized: Option<Arc<dyn Fn(Unauthorized) -> Answering + Send + Sync>>,
}

/// A 401 response (RFC 9110 §15.5.2) that a hook can answer. `Debug` shows no query.
#[derive(Clone)]
#[non_exhaustive]
pub struct Unauthorized {
    /// The URL of the request, without user information. It has the query, which a Digest answer needs (RFC 7616
    /// §3.4). After a redirect it may belong to another origin.
    pub url: String,
    /// The response. `WWW-Authenticate` is among its fields. Its body has only the bytes that came with the head.
    pub refused: Refused,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("sensitive", &self.sensitive)
            .field("redirects", &self.redirects)
            .field("cookies", &self.jar.is_some())
            .field("on_unauthorized", &self.unauthorized.is_some())
            .finish()
    }
}

impl fmt::Debug for Unauthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unauthorized")
            .field("url", &ShownUrl::new(&self.url))
            .field("refused", &self.refused)
            .finish()
    }
}
