//! Where a client's cookies come from, and where they go to (RFC 6265).

/// A place for cookies, shared by the requests of a client.
pub trait CookieJar: Send + Sync {
    /// The value of `Cookie` for a request to this URL (`ws://` or `wss://`, without user information); `None` if there
    /// are no cookies for it.
    fn cookies(&self, url: &str) -> Option<String>;

    /// Takes the values of an answer's `Set-Cookie` lines, accepted or refused.
    fn store(&self, url: &str, set_cookie: &mut dyn Iterator<Item = &[u8]>);
}

#[cfg(feature = "cookies")]
pub use jar::MemoryJar;

#[cfg(feature = "cookies")]
mod jar {
    use std::fmt;
    use std::sync::{Mutex, PoisonError};

    use cookie_store::{CookieStore, RawCookie};
    use url::Url;

    use super::CookieJar;

    /// Cookies in memory, by the rules of RFC 6265.
    #[derive(Default)]
    pub struct MemoryJar(Mutex<CookieStore>);

    impl MemoryJar {
        /// An empty jar.
        pub fn new() -> Self {
            Self::default()
        }

        fn lock(&self) -> std::sync::MutexGuard<'_, CookieStore> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// As an HTTP client sees it: `Secure` means `https` to the store.
    fn as_http(url: &str) -> Option<Url> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = if scheme == "wss" { "https" } else { "http" };
        Url::parse(&format!("{scheme}://{rest}")).ok()
    }

    impl CookieJar for MemoryJar {
        fn cookies(&self, url: &str) -> Option<String> {
            let url = as_http(url)?;
            let store = self.lock();
            let pairs: Vec<String> =
                store.get_request_values(&url).map(|(name, value)| format!("{name}={value}")).collect();
            if pairs.is_empty() { None } else { Some(pairs.join("; ")) }
        }

        fn store(&self, url: &str, set_cookie: &mut dyn Iterator<Item = &[u8]>) {
            let Some(url) = as_http(url) else { return };
            let cookies = set_cookie
                .filter_map(|value| std::str::from_utf8(value).ok())
                .filter_map(|value| RawCookie::parse(value.to_owned()).ok());
            self.lock().store_response_cookies(cookies, &url);
        }
    }

    impl fmt::Debug for MemoryJar {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "MemoryJar({} cookies)", self.lock().iter_any().count())
        }
    }
}
