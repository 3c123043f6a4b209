//! A URL in the form that may be shown.

use core::fmt;

use crate::host_port::split_authority;
use crate::shown::{is_scheme, path};

/// A URL, or a reference to one (RFC 3986 §4.1). It displays without user information, query and fragment.
///
/// If its authority is malformed, any part may hold a secret, and only the scheme is shown.
///
/// ```
/// use websocket_upgrade_proto::ShownUrl;
/// let url = ShownUrl::new("wss://user:secret@example.com:8443/chat?token=secret");
/// assert_eq!(url.to_string(), "wss://example.com:8443/chat");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShownUrl<'u>(&'u str);

impl<'u> ShownUrl<'u> {
    /// Accepts any text.
    pub fn new(url: &'u str) -> Self {
        Self(url)
    }
}

impl fmt::Display for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = match self.0.split_once("//") {
            Some(("", rest)) => ("", rest),
            Some((scheme, rest)) if scheme.strip_suffix(':').is_some_and(is_scheme) => (scheme, rest),
            // There is no authority, only a path. A relative path may be a URL without its colon, or user information.
            _ => {
                let path = path(self.0);
                let doubtful = !path.starts_with('/') && path.contains([':', '@']);
                return f.write_str(if doubtful { "..." } else { path });
            }
        };
        let (authority, resource) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        match split_authority(host) {
            Ok(_) => write!(f, "{scheme}//{host}{}", path(resource)),
            Err(_) => write!(f, "{scheme}//..."),
        }
    }
}

impl fmt::Debug for ShownUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        for (url, expected) in [
            ("wss://example.com/chat", "wss://example.com/chat"),
            ("wss://example.com?secret", "wss://example.com"),
            ("wss://example.com/a?secret=//b@c", "wss://example.com/a"),
            ("https://user:secret@example.com", "https://example.com"),
            ("https://example.com#secret", "https://example.com"),
            ("//user:secret@example.com/x@y?z", "//example.com/x@y"),
            ("wss://user:sec/ret@example.com/", "wss://..."),
            ("wss://user:sec?ret@example.com/", "wss://..."),
            ("wss//user:secret@example.com/", "..."),
            ("user:secret@example.com/", "..."),
            ("user@example.com", "..."),
            ("data:secret", "..."),
            ("/login?token=secret", "/login"),
            ("login?token=secret", "login"),
            ("?token=secret", ""),
            ("?to=https://user:secret@example.com", ""),
            ("/login?to=https://user:secret@example.com", "/login"),
            ("#secret", ""),
            ("", ""),
        ] {
            assert_eq!(ShownUrl::new(url).to_string(), expected, "{url}");
        }
    }
}
