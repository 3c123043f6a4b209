//! A valid request that owns what the decision on it depends on.

use core::fmt;
use std::boxed::Box;
use std::vec::Vec;

use super::bootstrap::Bootstrap;
use super::request::{Form, Request, text};
use super::target::Target;
use crate::field::{Came, Field, Fields, Known, Lines};
use crate::head::Source;

/// A valid opening handshake that owns what the decision on it depends on, for a server that decides later. Besides, it
/// keeps the fields in which a proxy says what it was asked for: `Forwarded`, `X-Forwarded-Host` and
/// `X-Forwarded-Proto`. It leaves out all others.
///
/// It is made from a [`Request`], so it exists only if it is valid, and nothing is checked again.
///
/// ```
/// use websocket_upgrade_proto::server::{Options, OwnedRequest, Request};
///
/// let request = http::Request::get("/chat")
///     .header("Host", "example.com")
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
///     .header("Sec-WebSocket-Version", "13")
///     .body(())?;
/// let owned = OwnedRequest::new(&Request::from_http(&request)?, &[]);
/// drop(request);
/// let accepted = owned.as_request().accept(&Options::new())?;
/// assert_eq!(accepted.to_http().status(), 101);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OwnedRequest {
    bootstrap: Bootstrap,
    /// Whether the target is in absolute-form.
    absolute: bool,
    /// The key, scheme, authority, path and query, and the first lines of fields, one behind the other.
    pieces: Box<[u8]>,
    lengths: [usize; 4 + Known::KEPT],
    came: Came,
    forwarded: bool,
    /// All lines of repeated fields, those of a proxy, and those that the caller has added.
    more: Box<[Line]>,
}

/// The name and the value of a field line.
type Line = (Box<[u8]>, Box<[u8]>);

impl OwnedRequest {
    /// Copies everything that [`Request::accept`] depends on. `more` are other field lines to keep, which
    /// [`Request::field_lines`] then returns.
    pub fn new(request: &Request<'_>, more: &[Field<'_>]) -> Self {
        let (absolute, scheme, path_and_query) = match request.target {
            Form::Origin(target) => (false, "", target),
            Form::Parsed(Target::Absolute { scheme, path_and_query, .. }) => {
                (true, scheme, path_and_query.as_bytes())
            }
            Form::Parsed(target) => (false, "", target.path_and_query().as_bytes()),
        };
        let [origin, expect, protocol, extensions] = request.lines.values();
        let key: &[u8] = request.key.map_or(&[], |key| key);
        let (scheme, authority) = (scheme.as_bytes(), request.authority);
        let pieces = [key, scheme, authority, path_and_query, origin, expect, protocol, extensions];
        let mut kept = Vec::new();
        let mut keep = |name: &[u8], value: &[u8]| kept.push((name.into(), value.into()));
        // Most requests have none of either.
        if request.lines.any_repeated() {
            for known in Known::kept().filter(|known| request.lines.repeated(*known)) {
                request.all(known).for_each(|value| keep(known.name().as_bytes(), value));
            }
        }
        if request.forwarded {
            for name in Known::FORWARDING.map(Known::name) {
                request.field_lines(name).for_each(|value| keep(name.as_bytes(), value));
            }
        }
        for field in more {
            keep(field.name, field.value);
        }
        Self {
            bootstrap: request.bootstrap,
            absolute,
            pieces: pieces.concat().into(),
            lengths: pieces.map(<[u8]>::len),
            came: request.lines.came(),
            forwarded: request.forwarded,
            more: kept.into(),
        }
    }

    /// Returns the request. It has only the fields that were kept.
    pub fn as_request(&self) -> Request<'_> {
        let mut rest = &*self.pieces;
        let [key, scheme, authority, path_and_query, values @ ..] = self.lengths.map(|length| {
            let (piece, behind) = rest.split_at_checked(length).unwrap_or_default();
            rest = behind;
            piece
        });
        let target = if self.absolute {
            let (scheme, authority, path_and_query) = (text(scheme), text(authority), text(path_and_query));
            Form::Parsed(Target::Absolute { scheme, authority, path_and_query })
        } else {
            Form::Origin(path_and_query)
        };
        let (key, lines) = (key.try_into().ok(), Lines::new(self.came, values));
        let (bootstrap, forwarded, source) = (self.bootstrap, self.forwarded, Source::Other(self));
        Request { bootstrap, target, authority, key, head_len: 0, lines, forwarded, source }
    }

    /// Returns the field lines that were kept.
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let lines = self.as_request().lines;
        let single = Known::kept().filter(move |known| !lines.repeated(*known));
        let single = single.filter_map(move |known| {
            lines.first(known).map(|value| Field { name: known.name().as_bytes(), value })
        });
        single.chain(self.more.iter().map(|(name, value)| Field { name, value }))
    }
}

impl Fields for OwnedRequest {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        self.fields().for_each(visit);
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        let mut lines = self.fields().filter(|field| field.name.eq_ignore_ascii_case(name.as_bytes()));
        let line = lines.nth(*cursor)?;
        *cursor += 1;
        Some(line.value)
    }
}

impl fmt::Debug for OwnedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedRequest").field(&self.as_request()).finish()
    }
}
