//! The checks that the tokeniser makes on its own input, for fields that another parser has read.

use super::syntax::{HeadError, Syntax};
use crate::error::Error;
use crate::rules::{is_token, is_value_byte};
use crate::scanners::behind_text;
use crate::shown::Shown;

/// Checks a field of HTTP/1 whose parser may accept broken syntax (RFC 9110 §5.1, §5.5).
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

/// Checks a field of HTTP/2 or 3. The name must be in lower case. The value must have no white space around it, which
/// parsers do not strip there (RFC 9113 §8.2.1; RFC 9114 §4.2, §10.3).
pub(crate) fn check_binary_field(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    check_field(name, value)?;
    if name.iter().any(u8::is_ascii_uppercase) {
        return Err(Error::new(Syntax::FieldNameCase).with_value(Shown::name(name)));
    }
    check_binary_value(name, value)
}

/// As [`check_binary_field`], only for the white space around the value. The types of name and value ensure the rest.
#[inline]
pub(crate) fn check_binary_value(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    match value {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => {
            // The value is not shown, since it may be a secret.
            Err(Error::new(Syntax::FieldPadded).with_name(name))
        }
        _ => Ok(()),
    }
}
