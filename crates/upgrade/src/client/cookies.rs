//! Jars for a client's cookies (RFC 6265).

/// A store for cookies that the requests of a client share.
pub trait CookieJar: Send + Sync {
    /// Returns the value of `Cookie` for a request to this URL (`ws://` or `wss://`, without user information), or
    /// `None` if there are no cookies for it.
    fn cookies(&self, url: &str) -> Option<String>;

    /// Stores the values of the `Set-Cookie` lines of a response, whether it accepts or refuses.
    fn store(&self, url: &str, set_cookie: &mut dyn Iterator<Item = &[u8]>);
}

#[cfg(feature = "cookies")]
pub use jar::MemoryJar;

#[cfg(feature = "cookies")]
mod jar {
    use std::cmp::Reverse;
    use std::collections::HashMap;
    use std::fmt;
    use std::sync::{Mutex, PoisonError};

    use cookie_store::{Cookie, CookieStore, RawCookie, StoreAction};
    use url::Url;

    use super::CookieJar;

    /// A jar that keeps cookies in memory, by the rules of RFC 6265. It has no list of public suffixes: every host
    /// below `com` can set a cookie for all of `com`.
    ///
    /// Its limits are the minimum that RFC 6265 §6.1 asks for: [`COOKIE_BYTES`](Self::COOKIE_BYTES),
    /// [`PER_DOMAIN`](Self::PER_DOMAIN) and [`TOTAL`](Self::TOTAL). A cookie that is too long is not stored. If there
    /// are too many, the jar removes expired cookies first. If a domain still has too many, the jar removes the cookie
    /// of that domain that was set or sent the longest time ago. If there are still too many in total, it removes the
    /// oldest cookie of all in the same sense (RFC 6265 §5.3).
    #[derive(Default)]
    pub struct MemoryJar(Mutex<Cookies>);

    #[derive(Default)]
    struct Cookies {
        store: CookieStore,
        /// When each was set or sent, as a count of such events.
        used: HashMap<Key, u64>,
        now: u64,
    }

    /// Domain, path and name.
    type Key = (String, String, String);

    impl MemoryJar {
        /// Maximum bytes of a cookie's name, value and attributes together.
        pub const COOKIE_BYTES: usize = 4096;

        /// Maximum cookies of one domain. Cookies for a host alone and for the host with its subdomains count
        /// together.
        pub const PER_DOMAIN: usize = 50;

        /// Maximum cookies in total.
        pub const TOTAL: usize = 3000;

        /// An empty jar.
        pub fn new() -> Self {
            Self::default()
        }

        fn lock(&self) -> std::sync::MutexGuard<'_, Cookies> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Cookies {
        /// Stores a cookie, and removes cookies beyond the limits.
        fn insert(&mut self, cookie: Cookie<'static>, url: &Url) {
            let key = key(&cookie);
            match self.store.insert(cookie, url) {
                // So a server takes a cookie back (RFC 6265 §3.1).
                Ok(StoreAction::ExpiredExisting) => self.remove(&key),
                Ok(_) => {
                    let domain = key.0.clone();
                    self.use_of(key);
                    self.bound(&domain);
                }
                // It is not for this host.
                Err(_) => {}
            }
        }

        fn use_of(&mut self, key: Key) {
            self.now += 1;
            self.used.insert(key, self.now);
        }

        /// Enforces the limits after a cookie was added to `domain`.
        fn bound(&mut self, domain: &str) {
            let is_of = |key: &Key| key.0 == domain;
            if self.is_over(MemoryJar::PER_DOMAIN, is_of) || self.is_over(MemoryJar::TOTAL, |_| true) {
                let expired: Vec<Key> =
                    self.store.iter_any().filter(|cookie| cookie.is_expired()).map(key).collect();
                for key in expired {
                    self.remove(&key);
                }
            }
            while self.is_over(MemoryJar::PER_DOMAIN, is_of) {
                self.remove_oldest(is_of);
            }
            while self.is_over(MemoryJar::TOTAL, |_| true) {
                self.remove_oldest(|_| true);
            }
        }

        /// Whether more than `most` cookies match.
        fn is_over(&self, most: usize, is_one: impl Fn(&Key) -> bool) -> bool {
            self.used.len() > most && self.used.keys().filter(|key| is_one(key)).count() > most
        }

        /// Removes the matching cookie that was used the longest time ago.
        fn remove_oldest(&mut self, is_one: impl Fn(&Key) -> bool) {
            let oldest = self.used.iter().filter(|(key, _)| is_one(key)).min_by_key(|(_, at)| **at);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.remove(&key);
            }
        }

        fn remove(&mut self, key: &Key) {
            self.store.remove(&key.0, &key.1, &key.2);
            self.used.remove(key);
        }
    }

    fn key(cookie: &Cookie<'_>) -> Key {
        (String::from(&cookie.domain), String::from(&cookie.path), cookie.name().to_owned())
    }

    /// The URL with an HTTP scheme, since the store takes `Secure` to mean `https`.
    fn as_http(url: &str) -> Option<Url> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = if scheme == "wss" { "https" } else { "http" };
        Url::parse(&format!("{scheme}://{rest}")).ok()
    }

    /// A cookie that a field can carry, for the host of this URL, if it is not too long.
    fn parse(value: &[u8], url: &Url) -> Option<Cookie<'static>> {
        let value = std::str::from_utf8(value).ok().filter(|value| !value.chars().any(char::is_control))?;
        let fits = |bytes: usize| bytes <= MemoryJar::COOKIE_BYTES;
        if !fits(value.split(';').map(|part| bytes(part.trim())).sum()) {
            return None;
        }
        let raw = RawCookie::parse(value.to_owned()).ok()?;
        // A path that is not said is the URL's.
        let cookie = Cookie::try_from_raw_cookie(&raw, url).ok().filter(|cookie| fits(cookie.path.len()))?;
        Some(cookie.into_owned())
    }

    /// The bytes of a name and its value, without what is between them.
    fn bytes(pair: &str) -> usize {
        pair.len() - usize::from(pair.contains('='))
    }

    impl CookieJar for MemoryJar {
        fn cookies(&self, url: &str) -> Option<String> {
            let url = as_http(url)?;
            let mut all = self.lock();
            let mut cookies = all.store.matches(&url);
            // To the store loopback is as good as TLS; RFC 6265 §5.4 makes no such exception.
            cookies.retain(|cookie| url.scheme() == "https" || cookie.secure() != Some(true));
            // Those with longer paths first.
            cookies.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.name()));
            let pairs: Vec<String> =
                cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
            let sent: Vec<Key> = cookies.into_iter().map(key).collect();
            for key in sent {
                all.use_of(key);
            }
            if pairs.is_empty() { None } else { Some(pairs.join("; ")) }
        }

        fn store(&self, url: &str, set_cookie: &mut dyn Iterator<Item = &[u8]>) {
            let Some(url) = as_http(url) else { return };
            let mut all = self.lock();
            // One by one: given all of them, the store writes their values into the log.
            for cookie in set_cookie.filter_map(|value| parse(value, &url)) {
                all.insert(cookie, &url);
            }
        }
    }

    impl fmt::Debug for MemoryJar {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "MemoryJar({} cookies)", self.lock().used.len())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Time that passes is the store's: here it has passed for some.
        #[test]
        fn what_has_expired_goes_before_what_is_older() {
            let url = as_http("ws://a.example/").expect("a URL");
            let cookie = |value: &str| parse(value.as_bytes(), &url).expect("a cookie");
            let mut all = Cookies::default();
            for number in 0..MemoryJar::PER_DOMAIN {
                all.insert(cookie(&format!("c{number}=1")), &url);
            }
            let last = format!("c{}=1; Max-Age=0", MemoryJar::PER_DOMAIN - 1);
            all.store.insert(cookie(&last), &url).expect("it was there");
            assert_eq!(all.used.len(), MemoryJar::PER_DOMAIN);
            all.insert(cookie("new=1"), &url);
            let left = |name: &str| all.store.contains_any("a.example", "/", name);
            assert!(left("c0") && left("new") && !left("c49"));
            assert_eq!(all.used.len(), MemoryJar::PER_DOMAIN);
        }
    }
}
