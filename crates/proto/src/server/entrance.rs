//! The entrances: how bytes, or what another parser has read, become a request.

use core::fmt;

use super::bootstrap::Bootstrap;
use super::connect::{self, PseudoFields};
use super::error::RequestError;
use super::judge::{self, check_start_line, check_target_bytes};
use super::reason::{Fault, RequestReason};
use super::request::{Form, Request, text};
use super::target::{self, Target};
use crate::error::Excerpt;
use crate::field::{Field, Fields, Lines};
use crate::head::{Framing, Parts, RequestHead, Scan, Source, check_field, read_parts};
use crate::limits::Limits;
use crate::rules::trim;
use crate::shown::Shown;

/// The part before the fields of a request that another parser has read. `Debug` shows no query.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Entrance<'a> {
    /// The request line of HTTP/1 (RFC 9112 §3).
    Upgrade {
        /// The method.
        method: &'a str,
        /// The request target.
        target: Target<'a>,
        /// The minor version of HTTP/1.
        minor_version: u8,
    },
    /// The pseudo-header fields of HTTP/2 and 3 (RFC 9113 §8.3.1, RFC 8441 §4, RFC 9114 §4.3.1). A missing one is
    /// `None`.
    ///
    /// Pass pseudo-header fields and fields exactly as they came. An upper-case name, or white space around a value,
    /// makes a request malformed (RFC 9113 §8.2.1). It can't be detected if the parser has already removed it.
    ExtendedConnect {
        /// `:method`.
        method: &'a str,
        /// `:protocol`.
        protocol: Option<&'a str>,
        /// `:scheme`.
        scheme: Option<&'a str>,
        /// `:authority`.
        authority: Option<&'a str>,
        /// `:path`: path and query.
        path: Option<&'a str>,
    },
}

impl fmt::Debug for Entrance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |text: &str| Excerpt::new(Shown::name(text.as_bytes()));
        match self {
            Self::Upgrade { method, target, minor_version } => f
                .debug_struct("Upgrade")
                .field("method", &name(method))
                .field("target", target)
                .field("minor_version", minor_version)
                .finish(),
            Self::ExtendedConnect { method, protocol, scheme, authority, path } => f
                .debug_struct("ExtendedConnect")
                .field("method", &name(method))
                .field("protocol", &protocol.map(name))
                .field("scheme", &scheme.map(|scheme| Excerpt::new(Shown::scheme(scheme))))
                .field("authority", &authority.map(|host| Excerpt::new(Shown::authority(host.as_bytes()))))
                .field("path", &path.map(target::shown))
                .finish(),
        }
    }
}

/// Reads and validates a request from the start of `buf`. Returns `None` if more bytes are needed.
///
/// When more bytes have arrived, call it again with all of them and the same `scan`. Bytes after the head
/// ([`Request::head_len`]) are not read: they belong to the WebSocket connection.
///
/// # Errors
///
/// The first error, in the order of RFC 9112 (syntax, `Host`, the length of a body) and RFC 6455 §4.2.1. If
/// [`RequestError::is_not_upgrade`] holds, the request is another HTTP request.
pub fn read<'a>(
    buf: &'a [u8],
    scan: &mut Scan,
    limits: &Limits,
) -> Result<Option<Request<'a>>, RequestError> {
    let mut lines = Lines::default();
    match read_parts(buf, scan, limits, &mut lines) {
        Ok(Some(parts)) => Request::from_parts(&parts, &lines).map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(RequestError::of_head(error, buf, limits)),
    }
}

impl<'a> Request<'a> {
    /// Validates a request that another parser has read (RFC 6455 §4.2.1, RFC 8441 §5).
    ///
    /// # Errors
    ///
    /// Those of [`read`](super::read). Fields that break the syntax are refused as well, in case the parser has
    /// accepted them.
    pub fn from_fields(entrance: &Entrance<'a>, fields: &'a dyn Fields) -> Result<Self, RequestError> {
        let framing = match entrance {
            Entrance::Upgrade { .. } => Framing::Text,
            Entrance::ExtendedConnect { .. } => Framing::Binary,
        };
        Self::from_collected(entrance, fields, |lines| {
            if let Entrance::Upgrade { method, target, .. } = *entrance {
                check_start_line(method, target)?;
            }
            collect(fields, framing, lines)
        })
    }

    /// As [`Request::from_fields`], with a function that checks the syntax of the start line and the fields, and
    /// collects the fields. It can leave out what the types of both can't hold.
    #[inline]
    pub(crate) fn from_collected(
        entrance: &Entrance<'a>,
        fields: &'a dyn Fields,
        collect: impl FnOnce(&mut Lines<'a>) -> Result<(), Fault>,
    ) -> Result<Self, RequestError> {
        let mut lines = Lines::default();
        match *entrance {
            Entrance::Upgrade { method, target, minor_version } => {
                collect(&mut lines).map_err(|fault| RequestError::from(fault).to_head(method == "HEAD"))?;
                let (method, target) = (method.as_bytes(), Form::Parsed(target));
                judge::judge(method, target, minor_version, &lines, Source::Other(fields), 0)
            }
            Entrance::ExtendedConnect { method, protocol, scheme, authority, path } => {
                let pseudo = PseudoFields { protocol, scheme, authority, path };
                connect::check_method(method, protocol)
                    .and_then(|()| check_target_bytes(path.unwrap_or_default()))
                    .and_then(|()| collect(&mut lines))
                    .and_then(|()| connect::judge(pseudo, &lines, Source::Other(fields)))
                    .map_err(|fault| {
                        RequestError::from(fault).to_head(method == "HEAD").over(Bootstrap::ExtendedConnect)
                    })
            }
        }
    }

    pub(super) fn from_parts(parts: &Parts<'a>, lines: &Lines<'a>) -> Result<Self, RequestError> {
        let Parts { method, target, minor, fields, len } = *parts;
        let target = if target.starts_with(b"/") {
            Form::Origin(target)
        } else {
            Form::Parsed(Target::parse(text(target)))
        };
        judge::judge(method, target, minor, lines, Source::Section(fields), len)
    }
}

/// Validates a head that has been read.
impl<'a> TryFrom<&RequestHead<'a>> for Request<'a> {
    type Error = RequestError;

    fn try_from(head: &RequestHead<'a>) -> Result<Self, RequestError> {
        Self::from_parts(&head.parts, &head.lines)
    }
}

/// Collects every field once, in order, with the checks that the tokeniser makes on its own input.
fn collect<'a>(fields: &'a dyn Fields, framing: Framing, lines: &mut Lines<'a>) -> Result<(), Fault> {
    let mut wrong = None;
    fields.visit(&mut |Field { name, value }| {
        if wrong.is_none() {
            wrong = check_field(framing, name, value).err();
        }
        lines.push(Field { name, value: trim(value) });
    });
    wrong.map_or(Ok(()), |error| Err(error.map_reason(RequestReason::Syntax)))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn an_entrance_shows_no_secret() {
        let target = Target::parse("/chat?secret");
        let upgrade = Entrance::Upgrade { method: "GET", target, minor_version: 1 };
        assert_eq!(
            format!("{upgrade:?}"),
            "Upgrade { method: Some(\"GET\"), target: Origin(Some(\"/chat\"...)), minor_version: 1 }"
        );
        let connect = Entrance::ExtendedConnect {
            method: "CONNECT",
            protocol: Some("websocket"),
            scheme: Some("https"),
            authority: Some("user:secret@a"),
            path: Some("/chat?secret"),
        };
        assert_eq!(
            format!("{connect:?}"),
            "ExtendedConnect { method: Some(\"CONNECT\"), protocol: Some(Some(\"websocket\")), \
             scheme: Some(Some(\"https\")), authority: Some(None), path: Some(Some(\"/chat\"...)) }"
        );
    }

    #[test]
    fn the_answer_to_head_has_no_body_whatever_is_wrong_first() {
        let fields: &[(&str, &str)] = &[("A", "\0")];
        for (method, has_body) in [("GET", true), ("HEAD", false), ("head", true)] {
            let upgrade = Entrance::Upgrade { method, target: Target::parse("/"), minor_version: 1 };
            let connect = Entrance::ExtendedConnect {
                method,
                protocol: None,
                scheme: None,
                authority: None,
                path: Some("/"),
            };
            for entrance in [upgrade, connect] {
                let error = Request::from_fields(&entrance, &fields).map(|_| ()).expect_err("NUL in a value");
                let body = error.rejection().encode_body(&mut [0; 256]).expect("room for it");
                assert_eq!(body > 0, has_body, "{entrance:?}");
            }
        }
    }
}
