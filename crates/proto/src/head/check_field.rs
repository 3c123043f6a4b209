//! Checks a field that another parser has read, as the tokeniser checks its own input.

use super::syntax::{HeadError, Syntax};
use crate::error::Error;
use crate::rules::is_token;
use crate::scanners::behind_value;
use crate::shown::Shown;

/// How the version of HTTP frames its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// HTTP/1: lines of text.
    Text,
    /// HTTP/2 and 3: binary frames.
    Binary,
}

/// Checks a field whose parser may accept broken syntax (RFC 9110 §5.1, §5.5).
///
/// In binary frames the name must be in lower case too, and the value must have no white space around it (RFC 9113
/// §8.2.1; RFC 9114 §4.2, §10.3).
pub(crate) fn check_field(framing: Framing, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    if !is_token(name) {
        return Err(Error::new(Syntax::FieldName).with_value(Shown::name(name)));
    }
    let wrong = behind_value(value);
    if !wrong.is_empty() {
        return Err(Error::new(Syntax::FieldValue).with_name(name).with_byte(wrong));
    }
    match framing {
        Framing::Text => Ok(()),
        Framing::Binary if name.iter().any(u8::is_ascii_uppercase) => {
            Err(Error::new(Syntax::FieldNameCase).with_value(Shown::name(name)))
        }
        Framing::Binary => check_padding(name, value),
    }
}

/// Checks that there is no white space around a value in binary frames, from which parsers do not strip it. The rest
/// of [`check_field`] is not needed if the types of name and value ensure it.
#[inline]
pub(crate) fn check_padding(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    match value {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => {
            // The value is not shown, since it may be a secret.
            Err(Error::new(Syntax::FieldPadded).with_name(name))
        }
        _ => Ok(()),
    }
}
