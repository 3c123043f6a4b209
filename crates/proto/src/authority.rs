//! The authorities that a server answers for (RFC 9110 §4.3.1, §7.4).

use core::fmt;

use crate::error::Excerpt;
use crate::host_port::{default_port, split_authority};
use crate::pattern::Pattern;
use crate::shown::Shown;

/// A checked, space-separated list of authorities and patterns that a server answers for.
///
/// | member | admitted authorities |
/// |---|---|
/// | `example.com` | this host at the scheme's port: 443 with TLS, 80 without, either if TLS is unknown |
/// | `example.com:8080` | this host at this port |
/// | `example.com:*` | this host at any port |
/// | `*.example.com` | every host below `example.com`, at any depth, but not `example.com` itself |
/// | `*.example.com:*` | every host below `example.com`, at any port |
/// | `192.0.2.1`, `[2001:db8::1]:8080` | this address; any spelling of an IPv6 address matches |
///
/// Names compare without case. A final dot makes a different name, as in an origin: `example.com.` needs a member of
/// its own. There is no pattern for every host. An empty list admits no authority. A request whose authority contains
/// user information is answered with 400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authorities<'p>(&'p str);

impl<'p> Authorities<'p> {
    /// Parses a list such as `example.com *.example.com:* [::1]:8080`.
    ///
    /// # Errors
    ///
    /// If a member is neither a host with an optional port (RFC 3986 §3.2) nor one of the patterns. The error shows
    /// the first such member.
    pub fn parse(list: &'p str) -> Result<Self, AuthorityError> {
        list.split_ascii_whitespace().try_for_each(AuthorityError::check).map(|()| Self(list))
    }

    /// Returns whether this server answers requests to `authority`. `secure` says whether the scheme of the target URI
    /// is `https` or `wss`; it is `None` if that is unknown.
    pub fn admit(&self, authority: &str, secure: Option<bool>) -> bool {
        let Ok((host, port)) = split_authority(authority) else {
            return false;
        };
        self.0.split_ascii_whitespace().filter_map(|member| Pattern::parse(member, false)).any(|pattern| {
            [true, false]
                .into_iter()
                .filter(|https| secure.is_none_or(|secure| secure == *https))
                .any(|https| pattern.admits(host, port, Some(default_port(https))))
        })
    }
}

/// The error for a list member that is neither an authority nor a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorityError {
    member: Option<Excerpt>,
}

impl AuthorityError {
    /// Checks one member.
    ///
    /// # Errors
    ///
    /// If it is neither a host with an optional port nor one of the patterns of [`Authorities`].
    pub fn check(member: &str) -> Result<(), Self> {
        if Pattern::parse(member, false).is_some() {
            return Ok(());
        }
        // The text before `@` may contain a password.
        let shown = member.rsplit('@').next().unwrap_or_default();
        Err(Self { member: Excerpt::new(Shown::told(shown.as_bytes())) })
    }
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("authority")?;
        if let Some(member) = self.member {
            write!(f, " {member}")?;
        }
        f.write_str(
            ": not a host and perhaps a port, such as example.com:8443, nor a pattern of subdomains or ports, such as \
             *.example.com:*",
        )
    }
}

impl core::error::Error for AuthorityError {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn what_no_list_can_have() {
        for member in [
            "*",
            "*:*",
            "*:443",
            "*.",
            "a.*",
            "a*.example.com",
            "*a.example.com",
            "*.*.example.com",
            "**.example.com",
            "*.192.0.2.1",
            "*.0x1",
            "*.[::1]",
            "[::*]",
            "example.com:4*",
            "example.com:443:*",
            "example.com::*",
            "example.com:*:*",
            "example.com:65536",
            "example.com:a",
            "example.com/",
            "https://example.com",
            "user@example.com",
            "::1",
            "[::1",
            ":80",
            ":*",
            "\u{e9}.example",
            "a,b c@",
        ] {
            let first = member.split(' ').next_back().unwrap_or_default();
            let error = Authorities::parse(member).expect_err(member);
            assert!(error.to_string().contains("not a host"), "{error}");
            assert_eq!(AuthorityError::check(first), Err(error), "{member}");
            let list = std::format!("a.example {member}");
            assert_eq!(Authorities::parse(&list), Err(error), "behind another one");
        }
        for member in ["", " ", "a", "a.b:0", "*.a", "*.a.b:*", "[::1]:*", "192.0.2.1:80", "a.", "a:"] {
            assert!(Authorities::parse(member).is_ok(), "{member}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let error = AuthorityError::check("user:marker@example.com").expect_err("user information");
        assert!(!error.to_string().contains("marker"), "{error}");
        assert!(error.to_string().starts_with("authority \"example.com\": "), "{error}");
    }

    #[test]
    fn what_is_malformed_is_nobodys() {
        let list = Authorities::parse("a *.a:* [::1]:*").expect("legal");
        for wrong in ["", "a b", "a/", "u@a", ":80", "a:b", "[::1", "a:65536", "*", "\u{e9}"] {
            assert!(!list.admit(wrong, None), "{wrong}");
        }
        assert!(list.admit("A:443", Some(true)) && !list.admit("a:443", Some(false)));
        assert!(!Authorities::default().admit("a", None));
    }
}
