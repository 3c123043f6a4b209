//! The checks that the tokeniser makes on its own input, for fields parsed elsewhere.

use super::{HeadError, Syntax, behind_text};
use crate::error::Error;
use crate::field::{is_token, is_value_byte};
use crate::shown::Shown;

/// A field of HTTP/1, or of a parser that may have let pass what breaks the syntax (RFC 9110 §5.1, §5.5).
pub(crate) fn check_field(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    if !is_token(name) {
        Err(Error::new(Syntax::FieldName).with_value(Shown::name(name)))
    } else if let Some(byte) = behind_text(value).iter().find(|&&byte| !is_value_byte(byte)) {
        let error = Error::new(Syntax::FieldValue).with_name(name);
        Err(error.with_byte(core::slice::from_ref(byte)))
    } else {
        Ok(())
    }
}

/// A field of HTTP/2 or 3: the name in lower case, and no white space around the value, which nothing strips there (RFC
/// 9113 §8.2.1; RFC 9114 §4.2, §10.3).
pub(crate) fn check_binary_field(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    check_field(name, value)?;
    if name.iter().any(u8::is_ascii_uppercase) {
        return Err(Error::new(Syntax::FieldNameCase).with_value(Shown::name(name)));
    }
    check_binary_value(name, value)
}

/// The same of the value alone, where the type of the name and that of the value hold the rest.
#[inline]
pub(crate) fn check_binary_value(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    match value {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => {
            // The value may be a secret.
            Err(Error::new(Syntax::FieldPadded).with_name(name))
        }
        _ => Ok(()),
    }
}
