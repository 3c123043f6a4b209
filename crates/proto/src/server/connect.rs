//! The validation of an extended CONNECT for WebSocket over HTTP/2 or 3 (RFC 8441 §4, §5; RFC 9220 §3).

use super::bootstrap::Bootstrap;
use super::framing::{check_content_length, check_no_body};
use super::judge::{check_host, check_version, valid_key};
use super::reason::{Fault, RequestReason};
use super::request::{Form, Request};
use super::target::Target;
use crate::connection_specific::{CONNECTION_SPECIFIC, TE};
use crate::error::Error;
use crate::field::{Known, Lines};
use crate::head::{Source, check_padding};
use crate::host_port::{is_same_place, split_authority};
use crate::shown::Shown;

/// The pseudo-header fields of a CONNECT with `:protocol`.
#[derive(Clone, Copy)]
pub(super) struct PseudoFields<'a> {
    pub(super) protocol: Option<&'a str>,
    pub(super) scheme: Option<&'a str>,
    pub(super) authority: Option<&'a str>,
    pub(super) path: Option<&'a str>,
}

/// Checks that a request is an extended CONNECT. This comes before every other check.
pub(super) fn check_method(method: &str, protocol: Option<&str>) -> Result<(), Fault> {
    match protocol {
        _ if method != "CONNECT" => {
            Err(Error::new(RequestReason::NotExtendedConnect).with_value(Shown::name(method.as_bytes())))
        }
        None => Err(Error::new(RequestReason::NotExtendedConnect)),
        Some(_) => Ok(()),
    }
}

/// Validates an extended CONNECT; every entrance calls it. Errors are reported in this order: first what makes any
/// request malformed (RFC 9113 §8.1.1), then what this request asks for.
///
/// `:authority` is checked before `:scheme`, because a URI type may drop the scheme when the authority is missing.
pub(super) fn judge<'a>(
    pseudo: PseudoFields<'a>,
    lines: &Lines<'a>,
    source: Source<'a>,
) -> Result<Request<'a>, Fault> {
    let protocol = pseudo.protocol.unwrap_or_default();
    check_padding(b":protocol", protocol.as_bytes())
        .map_err(|error| error.map_reason(RequestReason::Syntax))?;
    check_connection_specific(source)?;
    let authority = check_authority(pseudo.authority)?;
    let scheme = pseudo.scheme.ok_or_else(|| Error::new(RequestReason::SchemeMissing))?;
    let https = scheme.eq_ignore_ascii_case("https");
    let path_and_query = check_path(pseudo.path)?;
    if lines.first(Known::Host).is_some() {
        check_same(check_host(lines)?, authority, https)?;
    }
    check_content_length(lines, source)?;
    check_protocol(protocol)?;
    check_scheme(scheme)?;
    check_no_body(lines)?;
    check_version(lines)?;
    Ok(Request {
        bootstrap: Bootstrap::ExtendedConnect,
        target: Form::Parsed(Target::Absolute { scheme, authority, path_and_query }),
        authority: authority.as_bytes(),
        // The key is not processed (RFC 8441 §5), but a proxy that bridges to HTTP/1.1 relays its accept value.
        key: valid_key(lines),
        head_len: 0,
        lines: lines.kept(),
        forwarded: lines.are_forwarded(),
        source,
    })
}

/// Checks that there are no connection-specific fields, which make a request malformed (RFC 9113 §8.2.2, RFC 9114
/// §4.2, RFC 8441 §5). `TE: trailers` is legal.
fn check_connection_specific(source: Source<'_>) -> Result<(), Fault> {
    for name in CONNECTION_SPECIFIC {
        let mut cursor = 0;
        while let Some(value) = source.line(name, &mut cursor) {
            if name != TE || !value.eq_ignore_ascii_case(b"trailers") {
                let error = Error::new(RequestReason::ConnectionSpecific).with_name(name.as_bytes());
                return Err(error.with_value(Shown::list(value)));
            }
        }
    }
    Ok(())
}

/// Checks `:authority`. It is "required on every HTTP/2 transaction" (RFC 8441 §5), so `Host` does not replace it.
/// User information is not allowed (RFC 9113 §8.3.1).
fn check_authority(authority: Option<&str>) -> Result<&str, Fault> {
    let authority = authority.ok_or_else(|| Error::new(RequestReason::AuthorityMissing))?;
    match split_authority(authority) {
        Ok(_) => Ok(authority),
        Err(_) => {
            Err(Error::new(RequestReason::AuthorityMalformed)
                .with_value(Shown::authority(authority.as_bytes())))
        }
    }
}

/// Checks `:protocol`, an upgrade token (RFC 8441 §4) that compares without case (RFC 9110 §7.8).
fn check_protocol(protocol: &str) -> Result<(), Fault> {
    if protocol.eq_ignore_ascii_case("websocket") {
        Ok(())
    } else {
        Err(Error::new(RequestReason::ProtocolUnsupported).with_value(Shown::name(protocol.as_bytes())))
    }
}

/// Checks `:scheme`: `https` for `wss`, `http` for `ws` (RFC 8441 §5).
fn check_scheme(scheme: &str) -> Result<(), Fault> {
    if ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        Ok(())
    } else {
        Err(Error::new(RequestReason::SchemeUnsupported).with_value(Shown::scheme(scheme)))
    }
}

/// Checks `:path`. It is required (RFC 8441 §4) and begins with a slash (RFC 9113 §8.3.1).
fn check_path(path: Option<&str>) -> Result<&str, Fault> {
    let path = path.ok_or_else(|| Error::new(RequestReason::PathMissing))?;
    if path.starts_with('/') {
        Ok(path)
    } else {
        Err(Error::new(RequestReason::PathMalformed).with_value(Shown::target(path)))
    }
}

/// Checks that `Host` names the same host and port as `:authority`. They compare after normalisation by the scheme
/// (RFC 9113 §8.3.1, RFC 3986 §6.2.3).
fn check_same(host: &[u8], authority: &str, https: bool) -> Result<(), Fault> {
    let text = core::str::from_utf8(host).unwrap_or_default();
    let same = match (split_authority(text), split_authority(authority)) {
        (Ok(host), Ok(authority)) => is_same_place(host, authority, https),
        _ => false,
    };
    if same {
        Ok(())
    } else {
        let error = Error::new(RequestReason::HostDiffers);
        Err(error
            .with_compared("", Shown::authority(authority.as_bytes()))
            .with_value(Shown::authority(host)))
    }
}
