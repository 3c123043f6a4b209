//! The target of a request (RFC 9112 §3.2).

use core::fmt;

use crate::error::Excerpt;
use crate::host_port::split_authority;
use crate::shown::{Shown, is_scheme};

/// A request target (RFC 9112 §3.2), in a form that an upgrade can have, or in another one. `Debug` shows neither
/// query nor user information.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// Origin-form: `/chat?room=1`.
    Origin {
        /// Path and query.
        path_and_query: &'a str,
    },
    /// Absolute-form: `http://example.com/chat?room=1`.
    Absolute {
        /// The scheme.
        scheme: &'a str,
        /// The authority.
        authority: &'a str,
        /// Path and query. The path may be empty.
        path_and_query: &'a str,
    },
    /// Any other text, such as `*` or `example.com:80`.
    Other(&'a str),
}

impl<'a> Target<'a> {
    /// Determines the form of a target as it stands in a request line (RFC 9112 §3.2).
    pub fn parse(target: &'a str) -> Self {
        if target.starts_with('/') {
            return Self::Origin { path_and_query: target };
        }
        let Some((scheme, rest)) = target.split_once("://") else {
            return Self::Other(target);
        };
        let (authority, path_and_query) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Self::Absolute { scheme, authority, path_and_query }
    }

    /// Returns path and query. The path may be empty in absolute-form.
    pub fn path_and_query(&self) -> &'a str {
        match self {
            Self::Origin { path_and_query } | Self::Absolute { path_and_query, .. } => path_and_query,
            Self::Other(_) => "",
        }
    }

    /// Returns the path, or `/` if it is empty (RFC 9110 §4.2.3).
    pub fn path(&self) -> &'a str {
        match self.path_and_query().split('?').next() {
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// Returns the query, without the question mark.
    pub fn query(&self) -> Option<&'a str> {
        self.path_and_query().split_once('?').map(|(_, query)| query)
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin { path_and_query } => f.debug_tuple("Origin").field(&shown(path_and_query)).finish(),
            // If scheme or authority is malformed, the other parts may hold a piece of it.
            Self::Absolute { scheme, authority, .. }
                if !is_scheme(scheme) || split_authority(authority).is_err() =>
            {
                f.write_str("Absolute(..)")
            }
            Self::Absolute { scheme, authority, path_and_query } => f
                .debug_tuple("Absolute")
                .field(&Excerpt::new(Shown::scheme(scheme)))
                .field(&Excerpt::new(Shown::authority(authority.as_bytes())))
                .field(&shown(path_and_query))
                .finish(),
            Self::Other(other) => f.debug_tuple("Other").field(&shown(other)).finish(),
        }
    }
}

/// Returns what may be shown of a target, or `None`.
pub(super) fn shown(target: &str) -> Option<Excerpt> {
    Excerpt::new(Shown::target(target))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn a_target_has_a_path_and_perhaps_a_query_and_shows_no_secret() {
        for (given, path, query, shown) in [
            ("/", "/", None, "Origin(Some(\"/\"))"),
            ("/chat?secret", "/chat", Some("secret"), "Origin(Some(\"/chat\"...))"),
            ("/a?", "/a", Some(""), "Origin(Some(\"/a\"...))"),
            ("/a?b?c", "/a", Some("b?c"), "Origin(Some(\"/a\"...))"),
            ("http://a/b?c", "/b", Some("c"), "Absolute(Some(\"http\"), Some(\"a\"), Some(\"/b\"...))"),
            ("wss://a:8080", "/", None, "Absolute(Some(\"wss\"), Some(\"a:8080\"), Some(\"\"))"),
            ("http://a?b", "/", Some("b"), "Absolute(Some(\"http\"), Some(\"a\"), Some(\"?\"...))"),
            ("http://user:secret@a/b", "/b", None, "Absolute(..)"),
            ("secret?://a/b", "/b", None, "Absolute(..)"),
            ("se cret://user@a/b", "/b", None, "Absolute(..)"),
            ("*", "/", None, "Other(Some(\"*\"))"),
            ("user:secret@a", "/", None, "Other(None)"),
        ] {
            let target = Target::parse(given);
            assert_eq!((target.path(), target.query()), (path, query), "{given}");
            assert_eq!(format!("{target:?}"), shown, "{given}");
        }
    }
}
