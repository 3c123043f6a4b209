//! The options about credentials, cookies and redirects.

use std::future::Future;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::ClientOptions;
use crate::client::cookies::CookieJar;
#[cfg(dials)]
use crate::client::credentials::Answering;
use crate::client::credentials::Unauthorized;
#[cfg(dials)]
use crate::client::refused::Refused;
use crate::options::OptionsError;

/// Names that are sensitive by themselves.
#[cfg(driver)]
const SENSITIVE: [&str; 3] = ["Authorization", "Cookie", "Proxy-Authorization"];

impl ClientOptions {
    /// Adds a field line to the request that is meant for the URL's origin alone: a redirect to another one drops it.
    ///
    /// # Errors
    ///
    /// As [`ClientOptions::header`].
    pub fn sensitive_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        self.push_line(name, value.as_ref())?;
        self.credentials.sensitive.push(name.to_ascii_lowercase());
        Ok(self)
    }

    /// Basic authorization (RFC 7617), as user information in the URL is too.
    ///
    /// # Errors
    ///
    /// If the user has a colon, or one of the two a control character.
    pub fn basic_authorization(mut self, user: &str, password: &str) -> Result<Self, OptionsError> {
        if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
            return Err(OptionsError::credentials());
        }
        let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        self.push_line("Authorization", value.as_bytes())?;
        Ok(self)
    }

    /// A bearer token (RFC 6750 §2.1).
    ///
    /// # Errors
    ///
    /// If the token is empty, or has other characters than RFC 6750 allows.
    pub fn bearer_token(mut self, token: &str) -> Result<Self, OptionsError> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || !token.bytes().all(legal) {
            return Err(OptionsError::credentials());
        }
        self.push_line("Authorization", format!("Bearer {token}").as_bytes())?;
        Ok(self)
    }

    /// Calls back with a 401, once whenever it comes to another origin: the fields that come of it go into another
    /// request, in the place of those of the same name. `None` lets the refusal stand. The hook is called when the
    /// head is there, whatever the body does.
    ///
    /// That is enough for schemes with one answer: Bearer, Basic, Digest. NTLM and Negotiate take several messages on
    /// one connection; of these only a Negotiate whose first token is all that the server needs (Kerberos) can be
    /// answered.
    ///
    /// The blocking driver has nothing to wait with and fails where there is such a hook.
    #[must_use]
    pub fn on_unauthorized<H, F>(mut self, hook: H) -> Self
    where
        H: Fn(Unauthorized) -> F + Send + Sync + 'static,
        F: Future<Output = Option<http::HeaderMap>> + Send + 'static,
    {
        self.credentials.unauthorized = Some(Arc::new(move |refused| Box::pin(hook(refused))));
        self
    }

    /// Takes cookies from a jar and gives it those of every answer (RFC 6265). A `Cookie` header of the caller's own
    /// goes instead of the jar's.
    #[must_use]
    pub fn cookies(mut self, jar: Arc<dyn CookieJar>) -> Self {
        self.credentials.jar = Some(jar);
        self
    }

    /// Follows so many redirects (RFC 9110 §15.4). 0: a redirect is a refusal like any other.
    ///
    /// Never from TLS to a connection without. `http` and `https` count as `ws` and `wss`. To another origin (scheme,
    /// host and port) no authorization, no cookies, no sensitive headers, no client certificate and no server name of
    /// the TLS options go, nor do they come back from there.
    #[must_use]
    pub fn redirects(mut self, most: usize) -> Self {
        self.credentials.redirects = most;
        self
    }

    /// What the hook for a 401 gives.
    #[cfg(dials)]
    pub(crate) fn unauthorized(&self, url: String, refused: &Refused) -> Option<Answering> {
        let hook = self.credentials.unauthorized.as_ref()?;
        Some(hook(Unauthorized { url, refused: refused.clone() }))
    }
}

#[cfg(driver)]
impl ClientOptions {
    /// How many redirects are followed.
    #[cfg(dials)]
    pub(crate) fn max_redirects(&self) -> usize {
        self.credentials.redirects
    }

    pub(crate) fn jar(&self) -> Option<&dyn CookieJar> {
        self.credentials.jar.as_deref()
    }

    /// Whether a field is meant for the URL's origin alone.
    pub(crate) fn is_sensitive(&self, name: &[u8]) -> bool {
        let own = self.credentials.sensitive.iter().map(String::as_str);
        SENSITIVE.into_iter().chain(own).any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
    }

    #[cfg(dials)]
    pub(crate) fn has_hook(&self) -> bool {
        self.credentials.unauthorized.is_some()
    }
}
