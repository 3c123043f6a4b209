//! The options about credentials, cookies and redirects.

use std::future::Future;
use std::sync::Arc;

use websocket_upgrade_proto::to_base64;

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
    /// Adds a field line to the request that only the URL's origin gets: a redirect to another origin drops it.
    ///
    /// # Errors
    ///
    /// As [`ClientOptions::header`].
    pub fn sensitive_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        self.push_line(name, value.as_ref())?;
        self.credentials.sensitive.push(name.to_ascii_lowercase());
        Ok(self)
    }

    /// Sends Basic authorization (RFC 7617). User information in the URL does the same.
    ///
    /// # Errors
    ///
    /// If the user has a colon, or if the user or the password has a control character.
    pub fn basic_authorization(mut self, user: &str, password: &str) -> Result<Self, OptionsError> {
        if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
            return Err(OptionsError::credentials());
        }
        let mut value = String::from("Basic ");
        // A string takes any text.
        let _ = to_base64(format!("{user}:{password}").as_bytes(), &mut value);
        self.push_line("Authorization", value.as_bytes())?;
        Ok(self)
    }

    /// Sends a bearer token (RFC 6750 §2.1).
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

    /// Calls this hook when a server responds with 401, once at each origin.
    ///
    /// The hook returns fields, and the client sends another request with them. They replace fields of the same name.
    /// With `None` the refusal is the result. The hook is called as soon as the head of the response is there, without
    /// the rest of its body.
    ///
    /// This is enough for schemes with one message: Bearer, Basic, Digest. NTLM and Negotiate need several messages on
    /// one connection. Only a Negotiate whose first token is enough for the server (Kerberos) can be answered.
    ///
    /// The blocking driver can't run such a hook: there it is an error.
    #[must_use]
    pub fn on_unauthorized<H, F>(mut self, hook: H) -> Self
    where
        H: Fn(Unauthorized) -> F + Send + Sync + 'static,
        F: Future<Output = Option<http::HeaderMap>> + Send + 'static,
    {
        self.credentials.unauthorized = Some(Arc::new(move |refused| Box::pin(hook(refused))));
        self
    }

    /// Sends the cookies of a jar, and stores those of every response in it (RFC 6265). If the caller adds a `Cookie`
    /// header, it is sent instead of the jar's cookies.
    #[must_use]
    pub fn cookies(mut self, jar: Arc<dyn CookieJar>) -> Self {
        self.credentials.jar = Some(jar);
        self
    }

    /// Follows up to this many redirects (RFC 9110 §15.4). With 0, the default, a redirect is a refusal like any
    /// other.
    ///
    /// `http` and `https` in a redirect count as `ws` and `wss`. A redirect from TLS to a connection without TLS is
    /// not followed.
    ///
    /// Another origin (scheme, host and port) gets no authorization, no `Cookie` header of the caller and no sensitive
    /// headers. Unless the TLS options say otherwise, their client certificate and server name are not used there. All
    /// of this stays dropped if a later redirect leads back.
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
