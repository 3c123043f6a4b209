//! The validation of a request to upgrade over HTTP/1.1 (RFC 6455 §4.2.1).

use super::bootstrap::Bootstrap;
use super::error::RequestError;
use super::framing::{check_length, check_no_body};
use super::reason::{Fault, RequestReason};
use super::request::{Form, Request};
use super::target::Target;
use crate::error::Error;
use crate::field::{Known, Lines};
use crate::head::{Source, Syntax};
use crate::host_port::{is_of_the_web, parse_authority, split_authority};
use crate::key::Key;
use crate::rules::{behind_target, is_token, members};
use crate::shown::Shown;

/// The checks that the tokeniser makes on its own input, for start lines parsed elsewhere.
pub(super) fn check_start_line(method: &str, target: Target<'_>) -> Result<(), Fault> {
    if !is_token(method.as_bytes()) {
        let error = Error::new(RequestReason::Syntax(Syntax::Method));
        return Err(error.with_value(Shown::name(method.as_bytes())));
    }
    check_target_syntax(target)
}

/// The part of [`check_start_line`] for the target.
pub(super) fn check_target_syntax(target: Target<'_>) -> Result<(), Fault> {
    match target {
        Target::Origin { path_and_query: target } | Target::Other(target) => check_target_bytes(target),
        Target::Absolute { scheme, authority, path_and_query } => {
            [scheme, authority, path_and_query].into_iter().try_for_each(check_target_bytes)
        }
    }
}

/// Checks that there is no white space, no fragment, and nothing but ASCII.
pub(super) fn check_target_bytes(target: &str) -> Result<(), Fault> {
    match behind_target(target.as_bytes()) {
        [] => Ok(()),
        wrong => Err(Error::new(RequestReason::Syntax(Syntax::Target)).with_byte(wrong)),
    }
}

/// Validates a request over HTTP/1.1; every entrance calls it.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: otherwise its large result is moved
pub(super) fn judge<'a>(
    method: &[u8],
    target: Form<'a>,
    minor_version: u8,
    lines: &Lines<'a>,
    source: Source<'a>,
    head_len: usize,
) -> Result<Request<'a>, RequestError> {
    let bootstrap = Bootstrap::Upgrade;
    match check(method, target, minor_version, lines, source) {
        Ok((authority, key)) => {
            let (forwarded, lines) = (lines.are_forwarded(), lines.kept());
            Ok(Request { bootstrap, target, authority, key, head_len, lines, forwarded, source })
        }
        Err(error) => Err(error.to_head(method == b"HEAD")),
    }
}

/// Checks a request. The order of the checks is the order in which errors are reported. Returns the authority and the
/// key.
#[inline]
fn check<'a>(
    method: &[u8],
    target: Form<'a>,
    minor_version: u8,
    lines: &Lines<'a>,
    source: Source<'a>,
) -> Result<(&'a [u8], Option<&'a [u8; 24]>), RequestError> {
    use RequestReason as R;
    let host = match check_message(target, minor_version, lines, source) {
        Ok(host) => host,
        Err(fault) => return Err(malformed(fault, minor_version, lines, source)),
    };
    check_asked(minor_version, lines, source)?;
    check_list(lines, source, Known::Connection, b"upgrade", R::ConnectionMissing, R::ConnectionMalformed)?;
    if method != b"GET" {
        return Err(Error::new(R::Method).with_value(Shown::name(method)).into());
    }
    check_no_body(lines)?;
    check_target(target)?;
    let authority = match target {
        Form::Parsed(Target::Absolute { authority, .. }) => authority.as_bytes(),
        _ => host,
    };
    check_version(lines)?;
    let key = match valid_key(lines) {
        None => no_key(lines)?,
        key => key,
    };
    Ok((authority, key))
}

/// Makes the error of a malformed message. It says too whether the request asks for WebSocket at all.
#[cold]
fn malformed(fault: Fault, minor_version: u8, lines: &Lines<'_>, source: Source<'_>) -> RequestError {
    let asked = check_asked(minor_version, lines, source);
    RequestError::from(fault).not_upgrade(asked.is_err_and(|fault| fault.reason().is_not_upgrade()))
}

/// Checks what gets 400 whatever a request asks for: `Host` (RFC 9112 §3.2), the authority of an absolute target that
/// replaces it (§3.2.2), and a body of uncertain length (§6.3). Returns the value of `Host`, which is empty if an
/// HTTP/1.0 request has none.
#[inline]
fn check_message<'a>(
    target: Form<'_>,
    minor_version: u8,
    lines: &Lines<'a>,
    source: Source<'_>,
) -> Result<&'a [u8], Fault> {
    let host =
        if minor_version == 0 && lines.first(Known::Host).is_none() { b"" } else { check_host(lines)? };
    check_target_authority(target)?;
    check_length(minor_version, lines, source)?;
    Ok(host)
}

/// Checks the authority of a target that is a URI of HTTP or WebSocket: a host, without user information (RFC 9110
/// §4.2.1, §4.2.4).
#[inline]
fn check_target_authority(target: Form<'_>) -> Result<(), Fault> {
    match target {
        Form::Parsed(Target::Absolute { scheme, authority, .. })
            if is_of_the_web(scheme) && split_authority(authority).is_err() =>
        {
            let shown = Shown::authority(authority.as_bytes());
            Err(Error::new(RequestReason::TargetForm).with_value(shown))
        }
        _ => Ok(()),
    }
}

/// Checks that the request asks for WebSocket, in an HTTP version that has upgrades (RFC 9110 §7.8).
#[inline]
fn check_asked(minor_version: u8, lines: &Lines<'_>, source: Source<'_>) -> Result<(), Fault> {
    use RequestReason as R;
    if minor_version == 0 {
        return Err(Error::new(R::Http10));
    }
    check_list(lines, source, Known::Upgrade, b"websocket", R::NotUpgrade, R::UpgradeMalformed)
}

/// Checks that a list-based field has the wanted member. It may have other legal members.
#[inline]
fn check_list<const N: usize>(
    lines: &Lines<'_>,
    source: Source<'_>,
    known: Known,
    wanted: &[u8; N],
    missing: RequestReason,
    malformed: RequestReason,
) -> Result<(), Fault> {
    if lines.is_just(known, wanted) {
        return Ok(());
    }
    check_members(lines, source, known, wanted, missing, malformed)
}

#[cold]
fn check_members(
    lines: &Lines<'_>,
    source: Source<'_>,
    known: Known,
    wanted: &[u8],
    missing: RequestReason,
    malformed: RequestReason,
) -> Result<(), Fault> {
    let (mut found, mut wrong) = (false, None);
    for member in lines.all(known, source).flat_map(members) {
        found |= member.eq_ignore_ascii_case(wanted);
        if !is_list_member(known, member) {
            wrong = wrong.or(Some(member));
        }
    }
    match (found, wrong) {
        (true, None) => Ok(()),
        (true, Some(member)) => Err(Error::new(malformed).with_value(Shown::list(member))),
        (false, _) => {
            let error = Error::new(missing);
            Err(lines.first(known).map_or(error, |value| error.with_value(Shown::list(value))))
        }
    }
}

/// Returns whether a member is legal: in `Connection` a token (RFC 9110 §7.6.1), in `Upgrade` a token with an
/// optional version (§7.8).
fn is_list_member(known: Known, member: &[u8]) -> bool {
    match member.iter().position(|&byte| byte == b'/') {
        Some(slash) if known == Known::Upgrade => {
            let (name, version) = member.split_at(slash);
            is_token(name) && is_token(version.get(1..).unwrap_or_default())
        }
        _ => is_token(member),
    }
}

#[inline]
fn check_target(target: Form<'_>) -> Result<(), Fault> {
    let Form::Parsed(target) = target else {
        return Ok(());
    };
    check_form(target)
}

#[cold]
fn check_form(target: Target<'_>) -> Result<(), Fault> {
    let wrong = |shown| Err(Error::new(RequestReason::TargetForm).with_value(shown));
    match target {
        Target::Origin { path_and_query } if path_and_query.starts_with('/') => Ok(()),
        Target::Origin { path_and_query } => wrong(Shown::target(path_and_query)),
        Target::Absolute { scheme, .. } if is_of_the_web(scheme) => Ok(()),
        Target::Absolute { scheme, .. } => wrong(Shown::scheme(scheme)),
        Target::Other(target) => wrong(Shown::target(target)),
    }
}

#[inline]
pub(super) fn check_host<'a>(lines: &Lines<'a>) -> Result<&'a [u8], Fault> {
    match lines.first(Known::Host) {
        Some(host) if !lines.repeated(Known::Host) && parse_authority(host).is_ok() => Ok(host),
        host => Err(wrong_host(host, lines.repeated(Known::Host))),
    }
}

#[cold]
fn wrong_host(host: Option<&[u8]>, repeated: bool) -> Fault {
    match host {
        None => Error::new(RequestReason::HostMissing),
        Some(_) if repeated => Error::new(RequestReason::HostRepeated),
        Some(host) => Error::new(RequestReason::HostMalformed).with_value(Shown::authority(host)),
    }
}

#[inline]
pub(super) fn check_version(lines: &Lines<'_>) -> Result<(), Fault> {
    match lines.first(Known::Version) {
        Some(b"13") if !lines.repeated(Known::Version) => Ok(()),
        version => Err(wrong_version(version, lines.repeated(Known::Version))),
    }
}

#[cold]
fn wrong_version(version: Option<&[u8]>, repeated: bool) -> Fault {
    let Some(version) = version else {
        return Error::new(RequestReason::VersionMissing);
    };
    if repeated {
        return Error::new(RequestReason::VersionRepeated);
    }
    let reason =
        if is_version(version) { RequestReason::VersionUnsupported } else { RequestReason::VersionMalformed };
    Error::new(reason).with_value(Shown::list(version))
}

/// Checks `version = DIGIT | (NZDIGIT DIGIT) | ("1" DIGIT DIGIT) | ("2" DIGIT DIGIT)`, limited to 0-255 (RFC 6455
/// §4.3).
fn is_version(version: &[u8]) -> bool {
    let canonical = version.len() == 1 || !version.starts_with(b"0");
    let number = core::str::from_utf8(version).ok().filter(|_| version.iter().all(u8::is_ascii_digit));
    canonical && number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// Returns the key if it is valid and was not repeated.
#[inline]
pub(super) fn valid_key<'a>(lines: &Lines<'a>) -> Option<&'a [u8; 24]> {
    lines.first(Known::Key).and_then(Key::check).filter(|_| !lines.repeated(Known::Key))
}

/// Handles a request without a valid key. A missing key is judged later by [`Request::accept`], from the options.
#[cold]
fn no_key<'a>(lines: &Lines<'a>) -> Result<Option<&'a [u8; 24]>, Fault> {
    match lines.first(Known::Key) {
        None => Ok(None),
        Some(_) if lines.repeated(Known::Key) => Err(Error::new(RequestReason::KeyRepeated)),
        Some(key) => Err(Error::new(RequestReason::KeyMalformed).with_value(Shown::length(key))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_line_that_was_parsed_elsewhere_is_checked_as_the_tokeniser_does() {
        let origin = Target::parse("/chat?a");
        for (method, target, wrong) in [
            ("GET", origin, None),
            ("!#$%&'*+-.^_`|~", Target::parse("*"), None),
            ("PUT", Target::parse("http://a/b?c"), None),
            ("", origin, Some(Syntax::Method)),
            ("G T", origin, Some(Syntax::Method)),
            ("GET\r\n", origin, Some(Syntax::Method)),
            ("GET", Target::parse("/a b"), Some(Syntax::Target)),
            ("GET", Target::parse("/a#b"), Some(Syntax::Target)),
            ("GET", Target::parse("/\u{e9}"), Some(Syntax::Target)),
            ("GET", Target::parse("a\n"), Some(Syntax::Target)),
            ("GET", Target::parse("ht tp://a/"), Some(Syntax::Target)),
            ("GET", Target::parse("http://a b/"), Some(Syntax::Target)),
            ("GET", Target::parse("http://a/b\0"), Some(Syntax::Target)),
        ] {
            let error = check_start_line(method, target).err();
            assert_eq!(
                error.map(|error| error.reason()),
                wrong.map(RequestReason::Syntax),
                "{method} {target:?}"
            );
        }
    }
}
