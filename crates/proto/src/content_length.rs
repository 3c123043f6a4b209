//! The value of `Content-Length` (RFC 9110 §8.6, RFC 9112 §6.3).

use crate::field::{Known, Lines};
use crate::head::Source;
use crate::rules::trim;

/// Returns the digits of `Content-Length` without leading zeros; 0 has no digits. `Err` is the wrong line.
///
/// ```text
/// Content-Length = 1*DIGIT
/// ```
///
/// A number may be repeated, in a list or on another line, if it is the same number. An empty list member is an error
/// (RFC 9112 §6.3 item 5, RFC 9110 §8.6).
pub(crate) fn content_length<'a>(
    lines: &Lines<'a>,
    source: Source<'a>,
) -> Result<Option<&'a [u8]>, &'a [u8]> {
    let mut number = None;
    for line in lines.all(Known::ContentLength, source) {
        for member in line.split(|&byte| byte == b',').map(trim) {
            let digits = significant(member).filter(|digits| number.is_none_or(|number| number == *digits));
            number = Some(digits.ok_or(line)?);
        }
    }
    Ok(number)
}

/// Returns the digits of a number of any length without leading zeros.
fn significant(number: &[u8]) -> Option<&[u8]> {
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    number.get(zeros..).filter(|_| is_number)
}
