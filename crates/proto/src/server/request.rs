//! A valid opening handshake, and how it is accepted (RFC 6455 §4.2.1, §4.2.2).

use core::fmt;

use super::accepted::Accepted;
use super::bootstrap::Bootstrap;
use super::error::RequestError;
use super::options::Options;
use super::reason::{Fault, RequestReason};
use super::target::Target;
use crate::error::Error;
use crate::extension::{self, Member};
use crate::field::{Known, Lines};
use crate::head::Source;
use crate::key::{AcceptValue, Key};
use crate::origin::OriginPolicy;
use crate::rules::{is_token, members};
use crate::settings::Settings;
use crate::shown::Shown;
use crate::subprotocol;

/// A request that is a valid WebSocket opening handshake, in any HTTP version. It exists only if it is valid.
///
/// [`Request::accept`] judges what depends on the server's options: a missing key, the origin, the subprotocol and the
/// extensions.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(super) bootstrap: Bootstrap,
    pub(super) target: Form<'a>,
    /// These bytes are ASCII.
    pub(super) authority: &'a [u8],
    pub(super) key: Option<&'a [u8; 24]>,
    pub(super) head_len: usize,
    pub(super) lines: Lines<'a, { Known::KEPT }>,
    /// Whether a proxy says what it was asked for.
    #[cfg_attr(not(feature = "http"), allow(dead_code))]
    pub(super) forwarded: bool,
    pub(super) source: Source<'a>,
}

/// A request target as it was given. The bytes of the usual form are converted to text only when needed.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// Begins with `/`, and is ASCII.
    Origin(&'a [u8]),
    Parsed(Target<'a>),
}

/// Converts bytes that are known to be ASCII.
pub(super) fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

impl<'a> Request<'a> {
    /// Returns how the connection begins, which decides the kind of answer.
    pub fn bootstrap(&self) -> Bootstrap {
        self.bootstrap
    }

    /// Returns the request target. For an extended CONNECT it is built from the pseudo-header fields, in
    /// absolute-form.
    pub fn target(&self) -> Target<'a> {
        match self.target {
            Form::Origin(target) => Target::Origin { path_and_query: text(target) },
            Form::Parsed(target) => target,
        }
    }

    /// Returns the authority that the request was sent to: over HTTP/1.1 that of an absolute target, otherwise `Host`
    /// (RFC 9112 §3.3); over extended CONNECT `:authority` (RFC 8441 §5).
    pub fn authority(&self) -> &'a str {
        text(self.authority)
    }

    /// Returns the key (RFC 6455 §4.2.1 item 5), or `None` if the client sent none. Over HTTP/1.1 [`Request::accept`]
    /// then refuses the request, unless the options allow it. Over extended CONNECT no key is required (RFC 8441 §5),
    /// and a malformed or repeated one counts as none.
    pub fn key(&self) -> Option<Key> {
        self.key.map(Key::from_checked)
    }

    /// Returns `Origin` as it was sent (RFC 6455 §4.2.1 item 7). [`Request::accept`] checks whether it is allowed.
    pub fn origin(&self) -> Option<&'a [u8]> {
        self.lines.first(Known::Origin)
    }

    /// Returns the subprotocols that the client offers (RFC 6455 §4.2.1 item 8), in its order. It stops at the first
    /// one that is not a token; [`Request::accept`] refuses such a list.
    pub fn subprotocols(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.all(Known::Protocol).flat_map(members).take_while(|name| is_token(name)).map(text)
    }

    /// Returns the extensions that the client offers (RFC 6455 §4.2.1 item 9), in its order. It stops at the first
    /// one that breaks the grammar; [`Request::accept`] refuses such a list.
    pub fn extensions(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        extension::members(self.all(Known::Extensions))
    }

    /// Returns the value of the first line of a field. Names compare without case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.source.line(name, &mut 0)
    }

    /// Returns the values of all lines of a field, in order. Names compare without case.
    pub fn field_lines<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let (source, mut cursor) = (self.source, 0);
        core::iter::from_fn(move || source.line(name, &mut cursor))
    }

    /// Returns the length of the head in bytes, or 0 if another parser has read it. Bytes after the head belong to the
    /// WebSocket connection.
    pub fn head_len(&self) -> usize {
        self.head_len
    }

    pub(super) fn all(&self, known: Known) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.lines.all(known, self.source)
    }

    /// Checks what depends on the options, and negotiates subprotocol and extensions.
    ///
    /// # Errors
    ///
    /// If a required key is missing; the request was sent to another server (RFC 9110 §7.4); the origin is not
    /// allowed; the list of subprotocols or extensions breaks its grammar; or a subprotocol is required and none is
    /// shared (RFC 6455 §4.2.2).
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: otherwise its large result is moved
    pub fn accept<'p, 'o>(&self, options: &Options<'p, 'o>) -> Result<Accepted<'p, 'o>, RequestError> {
        let expects_continue = self.lines.first(Known::Expect).is_some() && self.expects_continue();
        // It is large, so it is made where it is returned.
        let mut result = Ok(Accepted::new(self.bootstrap, options.fields, expects_continue));
        if let Ok(accepted) = &mut result {
            if let Err(fault) = self.agree(options, accepted) {
                result = Err(RequestError::from(fault).over(self.bootstrap));
            }
        }
        result
    }

    /// Checks everything for which [`Request::accept`] refuses a request, and answers nothing.
    ///
    /// It is for a server that looks something up before it accepts, such as credentials: a request of a foreign
    /// origin then costs no lookup.
    ///
    /// # Errors
    ///
    /// Those of [`Request::accept`].
    pub fn check(&self, options: &Options<'_, '_>) -> Result<(), RequestError> {
        self.accept(options).map(|_| ())
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // measured, like `accept`
    fn agree<'p>(&self, options: &Options<'p, '_>, accepted: &mut Accepted<'p, '_>) -> Result<(), Fault> {
        match self.key {
            Some(key) => accepted.accept_value = Some(AcceptValue::of(key)),
            None => self.check_no_key(options)?,
        }
        if options.secure.is_some() || options.authorities.is_some() {
            self.check_directed(options)?;
        }
        if let Some(origin) = self.origin() {
            self.check_origin(origin, options)?;
        }
        if self.lines.first(Known::Protocol).is_some() || options.require_subprotocol {
            accepted.settings.subprotocol = self.choose_subprotocol(options)?;
        }
        if self.lines.first(Known::Extensions).is_some() {
            self.negotiate(options, &mut accepted.settings)?;
        }
        Ok(())
    }

    #[cold]
    fn check_no_key(&self, options: &Options<'_, '_>) -> Result<(), Fault> {
        if self.bootstrap == Bootstrap::ExtendedConnect || options.danger_no_key {
            Ok(())
        } else {
            Err(Error::new(RequestReason::KeyMissing))
        }
    }

    /// Checks that the request was sent to this server (RFC 9110 §7.4).
    fn check_directed(&self, options: &Options<'_, '_>) -> Result<(), Fault> {
        let wrong = |reason, value: &str| Err(Error::new(reason).with_value(Shown::told(value.as_bytes())));
        let mut secure = options.secure;
        if let Form::Parsed(Target::Absolute { scheme, .. }) = self.target {
            // The error shows the scheme in lower case, as URI types have it.
            let https = ["https", "wss"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
            if let (Some(https), Some(false)) = (https, options.secure) {
                return wrong(RequestReason::NotSecured, https);
            }
            secure = Some(https.is_some());
        }
        let authority = options.authority.unwrap_or(self.authority());
        match options.authorities {
            Some(authorities) if !authorities.admit(authority, secure) => {
                wrong(RequestReason::AuthorityNotServed, authority)
            }
            _ => Ok(()),
        }
    }

    fn check_origin(&self, origin: &[u8], options: &Options<'_, '_>) -> Result<(), Fault> {
        if self.lines.repeated(Known::Origin) {
            return Err(Error::new(RequestReason::OriginRepeated));
        }
        let origins = match options.origins {
            OriginPolicy::Same { secure: None, authority } => {
                OriginPolicy::Same { secure: options.secure, authority }
            }
            other => other,
        };
        if !origins.admits(origin, self.authority) {
            let (scheme, authority) = origins.compares(self.authority);
            let error = Error::new(RequestReason::OriginNotAllowed).with_value(Shown::origin(origin));
            return Err(error.with_compared(scheme, Shown::told(authority)));
        }
        Ok(())
    }

    fn choose_subprotocol<'p>(&self, options: &Options<'p, '_>) -> Result<Option<&'p str>, Fault> {
        let chosen = if self.lines.first(Known::Protocol).is_some() {
            subprotocol::choose(self.all(Known::Protocol), &options.subprotocols)
                .map_err(|wrong| Error::new(RequestReason::SubprotocolsMalformed).with_byte(wrong))?
        } else {
            None
        };
        if chosen.is_none() && options.require_subprotocol {
            return Err(Error::new(RequestReason::SubprotocolRequired));
        }
        Ok(chosen)
    }

    fn negotiate(&self, options: &Options<'_, '_>, settings: &mut Settings<'_>) -> Result<(), Fault> {
        let lines = self.all(Known::Extensions);
        extension::accept(lines, options.extensions, options.limits.offers, &mut settings.in_use)
            .map_err(|malformed| malformed.error(RequestReason::ExtensionsMalformed))
    }

    /// Returns whether the client expects a 100 before the 101: `Expect: 100-continue` (RFC 9110 §7.8).
    fn expects_continue(&self) -> bool {
        let is_continue = |member: &[u8]| member.eq_ignore_ascii_case(b"100-continue");
        self.all(Known::Expect).flat_map(members).any(is_continue)
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.target().path())
            .field("authority", &self.authority())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::head::Scan;
    use crate::limits::Limits;
    use crate::server::Entrance;

    const UPGRADE: &[u8] = b"GET /chat?secret HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Cookie: a=1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\ncookie: b=2\r\n\r\n";

    #[test]
    fn a_request_says_how_it_came_and_has_all_lines_of_a_field() {
        let request = crate::server::read(UPGRADE, &mut Scan::default(), &Limits::new());
        let request = request.expect("valid").expect("whole");
        assert_eq!(request.bootstrap(), Bootstrap::Upgrade);
        assert_eq!(request.key(), Some(Key::from_nonce(b"the sample nonce")));
        assert_eq!(request.field_lines("COOKIE").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
        assert_eq!((request.field("Cookie"), request.field("X-A")), (Some(&b"a=1"[..]), None));
        assert_eq!(format!("{request:?}"), "Request { path: \"/chat\", authority: \"a\", .. }");

        let entrance = Entrance::ExtendedConnect {
            method: "CONNECT",
            protocol: Some("websocket"),
            scheme: Some("https"),
            authority: Some("a"),
            path: Some("/chat?secret"),
        };
        let fields: &[(&str, &str)] =
            &[("sec-websocket-version", "13"), ("cookie", "a=1"), ("cookie", "b=2")];
        let request = Request::from_fields(&entrance, &fields).expect("valid");
        assert_eq!((request.bootstrap(), request.key()), (Bootstrap::ExtendedConnect, None));
        assert_eq!(request.field_lines("Cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
        assert_eq!(format!("{request:?}"), "Request { path: \"/chat\", authority: \"a\", .. }");
    }
}
