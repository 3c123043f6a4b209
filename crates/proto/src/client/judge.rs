//! The only check of an accepting response (RFC 6455 §4.1, the numbered list for the server's response).

use super::reason::{ResponseError, ResponseReason};
use super::request::Request;
use crate::content_length::content_length;
use crate::error::Error;
use crate::extension::{self, Disagreement};
use crate::field::{Fields, Known, Lines};
use crate::head::{ResponseHead, Source};
use crate::key::AcceptValue;
use crate::rules::{is_token, members};
use crate::settings::Settings;
use crate::shown::Shown;

impl<'p> Request<'p, '_> {
    /// Checks that a 101 is a legal answer to this request. Returns the agreed settings.
    ///
    /// # Errors
    ///
    /// What is wrong with the response: fail the connection.
    pub(super) fn judge(
        &self,
        head: &ResponseHead<'_>,
        lines: &Lines<'_>,
        expected: &AcceptValue,
    ) -> Result<Settings<'p>, ResponseError> {
        let source = Source::Section(head.fields);
        if head.minor == 0 {
            return Err(Error::new(ResponseReason::Http10));
        }
        check_no_body(lines, source)?;
        check_upgrade(lines, source)?;
        check_connection(lines, source)?;
        check_accept(lines, expected)?;
        self.check_agreed(lines, source)
    }

    /// Checks that a 2xx is a legal answer to the extended CONNECT of this request (RFC 8441 §5). Returns the agreed
    /// settings.
    ///
    /// # Errors
    ///
    /// What is wrong with the response: reset the stream.
    pub(super) fn judge_connect(
        &self,
        lines: &Lines<'_>,
        fields: &dyn Fields,
    ) -> Result<Settings<'p>, ResponseError> {
        self.check_agreed(lines, Source::Other(fields))
    }

    /// Checks items 5 and 6, which hold in every HTTP version.
    #[inline]
    fn check_agreed(&self, lines: &Lines<'_>, source: Source<'_>) -> Result<Settings<'p>, ResponseError> {
        let mut settings = Settings::EMPTY;
        if lines.first(Known::Extensions).is_some() {
            self.check_extensions(lines, source, &mut settings)?;
        }
        if let Some(name) = lines.first(Known::Protocol) {
            settings.subprotocol = Some(self.check_subprotocol(name, lines)?);
        }
        Ok(settings)
    }

    /// Checks item 5: every extension was offered, with parameters that are legal for an offer. Several lines form one
    /// list (erratum 3433).
    fn check_extensions(
        &self,
        lines: &Lines<'_>,
        source: Source<'_>,
        settings: &mut Settings<'_>,
    ) -> Result<(), ResponseError> {
        let all = || lines.all(Known::Extensions, source);
        extension::visit(all(), |_| ())
            .map_err(|malformed| malformed.error(ResponseReason::ExtensionsMalformed))?;
        let verified = extension::verify(all(), self.options.extensions, &mut settings.in_use);
        verified.map_err(|(disagreement, member)| {
            let reason = match disagreement {
                Disagreement::NotOffered => ResponseReason::ExtensionNotOffered,
                Disagreement::Repeated => ResponseReason::ExtensionRepeated,
                Disagreement::Params => ResponseReason::ExtensionParams,
                Disagreement::Conflict => ResponseReason::ExtensionConflict,
                Disagreement::TooLong => ResponseReason::ExtensionsTooLong,
            };
            Error::new(reason).with_value(Shown::value(member.name_bytes()))
        })
    }

    /// Checks item 6: the subprotocol was offered, and came once.
    fn check_subprotocol(&self, name: &[u8], lines: &Lines<'_>) -> Result<&'p str, ResponseError> {
        let wrong = |reason| Error::new(reason).with_value(self.shown_subprotocol(name));
        if lines.repeated(Known::Protocol) {
            return Err(wrong(ResponseReason::SubprotocolRepeated));
        }
        let offered = self.options.subprotocols.find(name);
        offered.ok_or_else(|| wrong(ResponseReason::SubprotocolNotOffered))
    }

    /// Returns what may be shown of a subprotocol that the server names. Only its length is shown if it may repeat an
    /// offered one, which may be a secret.
    fn shown_subprotocol<'a>(&self, name: &'a [u8]) -> Shown<'a> {
        let mut offered = self.options.subprotocols.iter().map(str::as_bytes);
        let echoes = offered.any(|offered| contains(name, offered) || contains(offered, name));
        if echoes || !is_token(name) { Shown::length(name) } else { Shown::value(name) }
    }
}

/// Returns whether `text` contains `other`, without regard to case.
fn contains(text: &[u8], other: &[u8]) -> bool {
    text.windows(other.len().max(1)).any(|piece| piece.eq_ignore_ascii_case(other))
}

/// Checks that a 101 announces no body (RFC 9112 §6.1, RFC 9110 §8.6). A length of 0 is accepted.
fn check_no_body(lines: &Lines<'_>, source: Source<'_>) -> Result<(), ResponseError> {
    let length = match content_length(lines, source) {
        Ok(None | Some([])) => None,
        Ok(_) => lines.first(Known::ContentLength),
        Err(line) => Some(line),
    };
    let coding = lines.first(Known::TransferEncoding);
    for (known, value) in [(Known::TransferEncoding, coding), (Known::ContentLength, length)] {
        if let Some(value) = value {
            let error = Error::new(ResponseReason::Body).with_name(known.name().as_bytes());
            return Err(error.with_value(Shown::list(value)));
        }
    }
    Ok(())
}

/// Checks item 2: `Upgrade` is websocket and nothing else.
fn check_upgrade(lines: &Lines<'_>, source: Source<'_>) -> Result<(), ResponseError> {
    if lines.is_just(Known::Upgrade, b"websocket") {
        return Ok(());
    }
    let mut found = false;
    for member in lines.all(Known::Upgrade, source).flat_map(members) {
        if found || !member.eq_ignore_ascii_case(b"websocket") {
            return Err(Error::new(ResponseReason::Upgrade).with_value(Shown::list(member)));
        }
        found = true;
    }
    if found { Ok(()) } else { Err(Error::new(ResponseReason::UpgradeMissing)) }
}

/// Checks item 3: `Connection` lists upgrade, among any other tokens.
fn check_connection(lines: &Lines<'_>, source: Source<'_>) -> Result<(), ResponseError> {
    if lines.is_just(Known::Connection, b"upgrade") {
        return Ok(());
    }
    let mut found = false;
    for member in lines.all(Known::Connection, source).flat_map(members) {
        if !is_token(member) {
            return Err(Error::new(ResponseReason::Connection).with_value(Shown::list(member)));
        }
        found |= member.eq_ignore_ascii_case(b"upgrade");
    }
    let first = lines.first(Known::Connection);
    match (found, first) {
        (true, _) => Ok(()),
        (false, None) => Err(Error::new(ResponseReason::ConnectionMissing)),
        (false, Some(value)) => Err(Error::new(ResponseReason::Connection).with_value(Shown::list(value))),
    }
}

/// Checks item 4. The values compare byte by byte, since base64 is case-sensitive.
fn check_accept(lines: &Lines<'_>, expected: &AcceptValue) -> Result<(), ResponseError> {
    let value = lines.first(Known::Accept).ok_or_else(|| Error::new(ResponseReason::AcceptMissing))?;
    if lines.repeated(Known::Accept) {
        return Err(Error::new(ResponseReason::AcceptRepeated));
    }
    if value != expected.as_bytes() {
        // A value of another length may be the key itself, sent back.
        let shown = if value.len() == expected.as_bytes().len() { Shown::value } else { Shown::length };
        let error = Error::new(ResponseReason::Accept).with_value(shown(value));
        return Err(error.with_compared("", Shown::value(expected.as_bytes())));
    }
    Ok(())
}
