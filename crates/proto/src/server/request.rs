//! A valid request to upgrade, and the validation that makes it one (RFC 6455 §4.2.1).

use super::{Accepted, Options, RequestError, RequestReason};
use crate::error::Error;
use crate::extension::{self, Malformed, Member};
use crate::field::{Field, Fields, Known, Lines, Source, is_token, is_value_byte, members, same_name, trim};
use crate::head::{Parts, Syntax};
use crate::key::Key;
use crate::settings::Settings;
use crate::subprotocol;
use crate::uri::{is_plain_host, split_authority};

/// A request that is a valid WebSocket opening handshake. It exists only if it is valid.
///
/// What depends on the server's options (origin, subprotocol, extensions) is judged by [`Request::accept`].
#[derive(Clone, Copy)]
pub struct Request<'a> {
    target: Form<'a>,
    /// ASCII.
    authority: &'a [u8],
    key: &'a [u8; 24],
    head_len: usize,
    lines: Lines<'a, { Known::KEPT }>,
    source: Source<'a>,
}

/// Where a request was parsed by someone else: its start line.
#[derive(Clone, Copy, Debug)]
pub struct Entrance<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target.
    pub target: Target<'a>,
    /// The minor version of HTTP/1.
    pub minor_version: u8,
}

/// A request target (RFC 9112 §3.2), in the forms that an upgrade can have and those that it can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// `/chat?room=1`.
    Origin {
        /// Path and query.
        path_and_query: &'a str,
    },
    /// `http://example.com/chat?room=1`.
    Absolute {
        /// The scheme.
        scheme: &'a str,
        /// The authority.
        authority: &'a str,
        /// Path and query; the path may be empty.
        path_and_query: &'a str,
    },
    /// `*`, `example.com:80`, or something else.
    Other(&'a str),
}

impl<'a> Target<'a> {
    /// The form of a target as it stands in a request line (RFC 9112 §3.2).
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

    /// Path and query; the path may be empty in absolute-form.
    pub fn path_and_query(&self) -> &'a str {
        match self {
            Self::Origin { path_and_query } | Self::Absolute { path_and_query, .. } => path_and_query,
            Self::Other(_) => "",
        }
    }

    /// The path; `/` where it is empty (RFC 9110 §4.2.3).
    pub fn path(&self) -> &'a str {
        match self.path_and_query().split('?').next() {
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// The query, without the question mark.
    pub fn query(&self) -> Option<&'a str> {
        self.path_and_query().split_once('?').map(|(_, query)| query)
    }
}

/// A target as it was given: text is made of the bytes of the usual form only when someone asks.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// Begins with `/`, and is ASCII.
    Origin(&'a [u8]),
    Parsed(Target<'a>),
}

/// Bytes that have been found to be ASCII.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

impl<'a> Request<'a> {
    /// Validates a request that someone else has parsed (RFC 6455 §4.2.1).
    ///
    /// # Errors
    ///
    /// What is wrong, as [`read`](super::read) says it. Fields that break the syntax are refused here as well, should
    /// the parser have let them pass.
    pub fn from_fields(entrance: &Entrance<'a>, fields: &'a dyn Fields) -> Result<Self, RequestError> {
        let Entrance { method, target, minor_version } = *entrance;
        let mut wrong = check_start_line(method, target).err();
        let mut lines = Lines::default();
        fields.visit(&mut |Field { name, value }| {
            if wrong.is_none() {
                wrong = check_field(name, value).err();
            }
            lines.push(Field { name, value: trim(value) });
        });
        if let Some(error) = wrong {
            return Err(error.to_head(method == "HEAD"));
        }
        let (method, target) = (method.as_bytes(), Form::Parsed(target));
        judge(method, target, minor_version, &lines, Source::Other(fields), 0)
    }

    pub(super) fn from_parts(parts: &Parts<'a>, lines: &Lines<'a>) -> Result<Self, RequestError> {
        let Parts { method, target, minor, fields, len } = *parts;
        let target = if target.starts_with(b"/") {
            Form::Origin(target)
        } else {
            Form::Parsed(Target::parse(text(target)))
        };
        judge(method, target, minor, lines, Source::Section(fields), len)
    }

    /// The request target.
    pub fn target(&self) -> Target<'a> {
        match self.target {
            Form::Origin(target) => Target::Origin { path_and_query: text(target) },
            Form::Parsed(target) => target,
        }
    }

    /// Whom the request was sent to: the authority of an absolute target, otherwise `Host` (RFC 9112 §3.3).
    pub fn authority(&self) -> &'a str {
        text(self.authority)
    }

    /// The key (RFC 6455 §4.2.1 item 5).
    pub fn key(&self) -> Key {
        Key::from_checked(self.key)
    }

    /// `Origin`, as it was sent (RFC 6455 §4.2.1 item 7). Whether it is allowed is for [`Request::accept`].
    pub fn origin(&self) -> Option<&'a [u8]> {
        self.lines.first(Known::Origin)
    }

    /// The subprotocols that the client offers, in its order (RFC 6455 §4.2.1 item 8).
    pub fn subprotocols(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.all(Known::Protocol).flat_map(members).filter_map(|name| core::str::from_utf8(name).ok())
    }

    /// The extensions that the client offers (RFC 6455 §4.2.1 item 9), in its order, up to the first that breaks the
    /// grammar.
    pub fn extensions(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        self.all(Known::Extensions).flat_map(extension::list)
    }

    /// The value of the first line of a field, compared without case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.source.line(name, &mut 0)
    }

    /// Bytes that the head took, 0 where someone else has parsed it: what is behind them belongs to the WebSocket
    /// connection.
    pub fn head_len(&self) -> usize {
        self.head_len
    }

    fn all(&self, known: Known) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.lines.all(known, self.source)
    }

    /// Judges what depends on the options, and negotiates.
    ///
    /// # Errors
    ///
    /// The origin is not allowed; the list of subprotocols or extensions breaks its grammar; a subprotocol is required
    /// and none is shared (RFC 6455 §4.2.2).
    pub fn accept<'p>(&self, options: &Options<'p>) -> Result<Accepted<'p>, RequestError> {
        let mut accepted = Accepted::new(self.key().accept_value(), options.fields, self.expects_continue());
        self.check_origin(options)?;
        accepted.settings.subprotocol = self.choose_subprotocol(options)?;
        self.negotiate(options, &mut accepted.settings)?;
        Ok(accepted)
    }

    fn check_origin(&self, options: &Options<'_>) -> Result<(), RequestError> {
        let Some(origin) = self.origin() else {
            return Ok(());
        };
        if self.lines.repeated(Known::Origin) {
            return Err(Error::new(RequestReason::OriginRepeated));
        }
        if !options.origins.admits(origin, self.authority) {
            let error = Error::new(RequestReason::OriginNotAllowed);
            return Err(error.with_context(self.authority).with_value(origin));
        }
        Ok(())
    }

    fn choose_subprotocol<'p>(&self, options: &Options<'p>) -> Result<Option<&'p str>, RequestError> {
        let chosen = if self.lines.first(Known::Protocol).is_some() {
            subprotocol::choose(self.all(Known::Protocol), &options.subprotocols)
                .map_err(|name| Error::new(RequestReason::SubprotocolsMalformed).with_value(name))?
        } else {
            None
        };
        if chosen.is_none() && options.require_subprotocol {
            return Err(Error::new(RequestReason::SubprotocolRequired));
        }
        Ok(chosen)
    }

    fn negotiate(&self, options: &Options<'_>, settings: &mut Settings<'_>) -> Result<(), RequestError> {
        if self.lines.first(Known::Extensions).is_none() {
            return Ok(());
        }
        let lines = self.all(Known::Extensions);
        extension::accept(lines, options.extensions, options.limits.offers, &mut settings.in_use).map_err(
            |Malformed { line, at }| {
                let rest = line.get(at..).unwrap_or_default();
                Error::new(RequestReason::ExtensionsMalformed).with_value(rest)
            },
        )
    }

    /// `Expect: 100-continue`: a 100 goes before the 101 (RFC 9110 §7.8).
    fn expects_continue(&self) -> bool {
        let is_continue = |member: &[u8]| member.eq_ignore_ascii_case(b"100-continue");
        self.lines.first(Known::Expect).is_some()
            && self.all(Known::Expect).flat_map(members).any(is_continue)
    }
}

impl core::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.target().path())
            .field("authority", &self.authority())
            .finish_non_exhaustive()
    }
}

/// What the tokeniser sees to where it reads the start line itself.
fn check_start_line(method: &str, target: Target<'_>) -> Result<(), RequestError> {
    if !is_token(method.as_bytes()) {
        let error = Error::new(RequestReason::Syntax(Syntax::Method));
        return Err(error.with_value(method.as_bytes()));
    }
    let parts = match target {
        Target::Origin { path_and_query } => ["", "", path_and_query],
        Target::Absolute { scheme, authority, path_and_query } => [scheme, authority, path_and_query],
        Target::Other(target) => ["", "", target],
    };
    let wrong = |byte: &u8| !byte.is_ascii_graphic() || *byte == b'#';
    match parts.iter().flat_map(|part| part.as_bytes()).find(|byte| wrong(byte)) {
        Some(byte) => {
            Err(Error::new(RequestReason::Syntax(Syntax::Target)).with_value(core::slice::from_ref(byte)))
        }
        None => Ok(()),
    }
}

/// What the tokeniser sees to where it reads the fields itself.
fn check_field(name: &[u8], value: &[u8]) -> Result<(), RequestError> {
    if !is_token(name) {
        Err(Error::new(RequestReason::Syntax(Syntax::FieldName)).with_value(name))
    } else if let Some(byte) = value.iter().find(|&&byte| !is_value_byte(byte)) {
        let error = Error::new(RequestReason::Syntax(Syntax::FieldValue));
        Err(error.with_context(name).with_value(core::slice::from_ref(byte)))
    } else {
        Ok(())
    }
}

/// The one validation of a request, whoever has parsed it.
fn judge<'a>(
    method: &[u8],
    target: Form<'a>,
    minor_version: u8,
    lines: &Lines<'a>,
    source: Source<'a>,
    head_len: usize,
) -> Result<Request<'a>, RequestError> {
    let request = judge_in_order(method, target, minor_version, lines, source, head_len);
    request.map_err(|error| error.to_head(method == b"HEAD"))
}

/// In the order in which a request's faults are reported.
fn judge_in_order<'a>(
    method: &[u8],
    target: Form<'a>,
    minor_version: u8,
    lines: &Lines<'a>,
    source: Source<'a>,
    head_len: usize,
) -> Result<Request<'a>, RequestError> {
    use RequestReason as R;
    if minor_version == 0 {
        return Err(Error::new(R::Http10));
    }
    check_list(lines, source, Known::Upgrade, b"websocket", R::NotUpgrade, R::UpgradeMalformed)?;
    check_list(lines, source, Known::Connection, b"upgrade", R::ConnectionMissing, R::ConnectionMalformed)?;
    if method != b"GET" {
        return Err(Error::new(R::Method).with_value(method));
    }
    check_no_body(lines, source)?;
    check_target(target)?;
    let host = check_host(lines)?;
    let authority = match target {
        Form::Parsed(Target::Absolute { authority, .. }) => authority.as_bytes(),
        _ => host,
    };
    check_version(lines)?;
    let key = check_key(lines)?;
    Ok(Request { target, authority, key, head_len, lines: lines.kept(), source })
}

/// A list field that must have one member, and may have others as long as they are legal.
#[inline]
fn check_list<const N: usize>(
    lines: &Lines<'_>,
    source: Source<'_>,
    known: Known,
    wanted: &[u8; N],
    missing: RequestReason,
    malformed: RequestReason,
) -> Result<(), RequestError> {
    if !lines.repeated(known) && lines.first(known).is_some_and(|value| same_name(value, wanted)) {
        // One line with one member, as nearly always.
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
) -> Result<(), RequestError> {
    let (mut found, mut wrong) = (false, None);
    for member in lines.all(known, source).flat_map(members) {
        found |= member.eq_ignore_ascii_case(wanted);
        if !is_list_member(known, member) {
            wrong = wrong.or(Some(member));
        }
    }
    match (found, wrong) {
        (true, None) => Ok(()),
        (true, Some(member)) => Err(Error::new(malformed).with_value(member)),
        (false, _) => {
            let error = Error::new(missing);
            Err(lines.first(known).map_or(error, |value| error.with_value(value)))
        }
    }
}

/// `Connection`: a token (RFC 9110 §7.6.1). `Upgrade`: a token, and perhaps a version (§7.8).
fn is_list_member(known: Known, member: &[u8]) -> bool {
    match member.iter().position(|&byte| byte == b'/') {
        Some(slash) if known == Known::Upgrade => {
            let (name, version) = member.split_at(slash);
            is_token(name) && is_token(version.get(1..).unwrap_or_default())
        }
        _ => is_token(member),
    }
}

fn check_no_body(lines: &Lines<'_>, source: Source<'_>) -> Result<(), RequestError> {
    let body = |known: Known, value| {
        Err(Error::new(RequestReason::Body).with_context(known.name().as_bytes()).with_value(value))
    };
    if let Some(value) = lines.first(Known::TransferEncoding) {
        return body(Known::TransferEncoding, value);
    }
    if let Some(value) = lines.first(Known::ContentLength) {
        let mut lengths =
            lines.all(Known::ContentLength, source).flat_map(|line| line.split(|&byte| byte == b','));
        let is_zero = |length: &[u8]| !length.is_empty() && length.iter().all(|&byte| byte == b'0');
        if !lengths.all(|length| is_zero(trim(length))) {
            return body(Known::ContentLength, value);
        }
    }
    Ok(())
}

fn check_target(target: Form<'_>) -> Result<(), RequestError> {
    let wrong = |text: &str| Err(Error::new(RequestReason::TargetForm).with_value(text.as_bytes()));
    let Form::Parsed(target) = target else {
        return Ok(());
    };
    match target {
        Target::Origin { path_and_query } if path_and_query.starts_with('/') => Ok(()),
        Target::Origin { path_and_query } => wrong(path_and_query),
        Target::Absolute { scheme, authority, .. } => {
            let known = ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            if !known {
                wrong(scheme)
            } else if split_authority(authority).is_err() {
                wrong(authority)
            } else {
                Ok(())
            }
        }
        Target::Other(target) => wrong(target),
    }
}

fn check_host<'a>(lines: &Lines<'a>) -> Result<&'a [u8], RequestError> {
    let host = lines.first(Known::Host).ok_or_else(|| Error::new(RequestReason::HostMissing))?;
    if lines.repeated(Known::Host) {
        return Err(Error::new(RequestReason::HostRepeated));
    }
    if is_plain_host(host) || core::str::from_utf8(host).is_ok_and(|host| split_authority(host).is_ok()) {
        Ok(host)
    } else {
        Err(Error::new(RequestReason::HostMalformed).with_value(host))
    }
}

#[inline]
fn check_version(lines: &Lines<'_>) -> Result<(), RequestError> {
    match lines.first(Known::Version) {
        Some(b"13") if !lines.repeated(Known::Version) => Ok(()),
        version => Err(wrong_version(version, lines.repeated(Known::Version))),
    }
}

#[cold]
fn wrong_version(version: Option<&[u8]>, repeated: bool) -> RequestError {
    let Some(version) = version else {
        return Error::new(RequestReason::VersionMissing);
    };
    if repeated {
        return Error::new(RequestReason::VersionRepeated);
    }
    let reason =
        if is_version(version) { RequestReason::VersionUnsupported } else { RequestReason::VersionMalformed };
    Error::new(reason).with_value(version)
}

/// `version = DIGIT | (NZDIGIT DIGIT) | ("1" DIGIT DIGIT) | ("2" DIGIT DIGIT)`, limited to 0-255 (RFC 6455 §4.3).
fn is_version(version: &[u8]) -> bool {
    let canonical = version.len() == 1 || !version.starts_with(b"0");
    let number = core::str::from_utf8(version).ok().filter(|_| version.iter().all(u8::is_ascii_digit));
    canonical && number.is_some_and(|number| number.parse::<u8>().is_ok())
}

#[inline]
fn check_key<'a>(lines: &Lines<'a>) -> Result<&'a [u8; 24], RequestError> {
    let key = lines.first(Known::Key);
    let repeated = lines.repeated(Known::Key);
    match key.and_then(Key::check).filter(|_| !repeated) {
        Some(checked) => Ok(checked),
        None => Err(wrong_key(key, repeated)),
    }
}

#[cold]
fn wrong_key(key: Option<&[u8]>, repeated: bool) -> RequestError {
    match key {
        None => Error::new(RequestReason::KeyMissing),
        Some(_) if repeated => Error::new(RequestReason::KeyRepeated),
        Some(key) => Error::new(RequestReason::KeyMalformed).with_value(key),
    }
}
