//! Names of what HTTP/2 has numbers for: types of frames, error codes, settings.

use serde::Deserialize;

pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
pub(crate) const ENABLE_CONNECT_PROTOCOL: u16 = 8;

/// Names of the frame types, by their number.
const KINDS: [&str; 10] = [
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
];

/// Names of the error codes, by their number (RFC 9113 §7).
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// Names of the settings (RFC 9113 §6.5.2, RFC 8441 §3).
const SETTING_NAMES: [(&str, u16); 7] = [
    ("HEADER_TABLE_SIZE", 1),
    ("ENABLE_PUSH", 2),
    ("MAX_CONCURRENT_STREAMS", 3),
    ("INITIAL_WINDOW_SIZE", INITIAL_WINDOW_SIZE),
    ("MAX_FRAME_SIZE", 5),
    ("MAX_HEADER_LIST_SIZE", 6),
    ("ENABLE_CONNECT_PROTOCOL", ENABLE_CONNECT_PROTOCOL),
];

/// A setting: `NAME=value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Setting(pub(crate) u16, pub(crate) u32);

/// An error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Code(pub(crate) u32);

/// A type of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Kind(pub(crate) u8);

/// Returns the name of a frame type.
pub(crate) fn kind_name(kind: u8) -> String {
    KINDS.get(usize::from(kind)).map_or_else(|| format!("type {kind:#04x}"), |&name| name.to_owned())
}

/// Returns the number of a frame type: a name, or a number such as `0xfa`.
fn kind_number(name: &str) -> Option<u8> {
    let known = KINDS.iter().position(|&kind| kind == name).and_then(|at| u8::try_from(at).ok());
    known.or_else(|| number(name)?.try_into().ok())
}

/// Returns the name of an error code.
pub(crate) fn code_name(code: u32) -> String {
    let known = usize::try_from(code).ok().and_then(|code| CODES.get(code));
    known.map_or_else(|| format!("error code {code:#x}"), |&name| name.to_owned())
}

/// Returns the number of an error code: a name, or a number.
fn code_number(name: &str) -> Option<u32> {
    let known = CODES.iter().position(|&code| code == name).and_then(|at| u32::try_from(at).ok());
    known.or_else(|| number(name))
}

/// Reads a setting such as `INITIAL_WINDOW_SIZE=0` or `0x0a=1`.
fn setting(text: &str) -> Option<(u16, u32)> {
    let (name, value) = text.split_once('=')?;
    let known = SETTING_NAMES.iter().find(|(known, _)| *known == name).map(|&(_, id)| id);
    Some((known.or_else(|| number(name)?.try_into().ok())?, number(value)?))
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

impl TryFrom<String> for Setting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        setting(&text).map(|(id, value)| Self(id, value)).ok_or_else(|| format!("no setting: {text:?}"))
    }
}

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        code_number(&text).map(Self).ok_or_else(|| format!("no error code: {text:?}"))
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        kind_number(&text).map(Self).ok_or_else(|| format!("no type of frames: {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_stand_for_each_other() {
        for code in 0..14 {
            assert_eq!(code_number(&code_name(code)), Some(code));
        }
        for kind in 0..10 {
            assert_eq!(kind_number(&kind_name(kind)), Some(kind));
        }
        assert_eq!(kind_number("0xfa"), Some(0xfa));
        assert_eq!(code_number("NONE"), None);
        assert_eq!(setting("ENABLE_CONNECT_PROTOCOL=1"), Some((8, 1)));
        assert_eq!(setting("0x0a=0xffffffff"), Some((10, u32::MAX)));
        assert_eq!(setting("INITIAL_WINDOW_SIZE"), None);
    }
}
