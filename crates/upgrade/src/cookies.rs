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
    use std::cmp::Reverse;
    use std::fmt;
    use std::sync::{Mutex, PoisonError};

    use cookie_store::{CookieStore, RawCookie};
    use url::Url;

    use super::CookieJar;

    /// Cookies in memory, by the rules of RFC 6265. It has no list of public suffixes: a cookie for the whole of `com` is
    /// taken from every host in it.
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

    /// A cookie that a field can carry.
    fn parse(value: &[u8]) -> Option<RawCookie<'static>> {
        let value = std::str::from_utf8(value).ok().filter(|value| !value.chars().any(char::is_control))?;
        RawCookie::parse(value.to_owned()).ok()
    }

    impl CookieJar for MemoryJar {
        fn cookies(&self, url: &str) -> Option<String> {
            let url = as_http(url)?;
            let store = self.lock();
            let mut cookies = store.matches(&url);
            // To the store loopback is as good as TLS; RFC 6265 §5.4 makes no such exception.
            cookies.retain(|cookie| url.scheme() == "https" || cookie.secure() != Some(true));
            // Those with longer paths first.
            cookies.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.name()));
            let pairs: Vec<String> =
                cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
            if pairs.is_empty() { None } else { Some(pairs.join("; ")) }
        }

        fn store(&self, url: &str, set_cookie: &mut dyn Iterator<Item = &[u8]>) {
            let Some(url) = as_http(url) else { return };
            let mut store = self.lock();
            for cookie in set_cookie.filter_map(parse) {
                // One by one: given all of them, the store writes their values into the log. One that it does not take
                // is not for this host.
                let _ = store.insert_raw(&cookie, &url);
            }
        }
    }

    impl fmt::Debug for MemoryJar {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "MemoryJar({} cookies)", self.lock().iter_any().count())
        }
    }
}
