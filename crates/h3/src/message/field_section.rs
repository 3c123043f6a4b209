//! A field section: lines encoded with QPACK (RFC 9204 §4.5).
//!
//! We announce no dynamic table, so a peer can't refer to one, and we don't use the peer's. So field sections don't
//! depend on each other. No field is kept in a table, neither here nor at the peer.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use http3::qpack::{self, DecoderError, HeaderField};
use websocket_upgrade_proto::Limits;

use super::malformed::Malformed;

/// The largest field section that is accepted. Like `SETTINGS_MAX_FIELD_SECTION_SIZE`, it counts 32 bytes for each
/// line beside name and value (RFC 9114 §4.2.2).
pub(crate) fn largest(limits: &Limits) -> u64 {
    let lines = limits.fields.saturating_add(PSEUDO);
    limits.head.saturating_add(lines.saturating_mul(OVERHEAD)) as u64
}

/// Pseudo-header fields of one head at the most.
const PSEUDO: usize = 5;

/// What each line counts beside its name and value (RFC 9114 §4.2.2).
const OVERHEAD: usize = 32;

/// The lines of a head, in two parts.
#[derive(Debug)]
pub(super) struct FieldSection {
    /// The pseudo-header fields, in their order, without the colon. None occurs twice.
    pub(super) pseudo: Vec<(Pseudo, Bytes)>,
    pub(super) fields: HeaderMap,
}

/// A pseudo-header field (RFC 9114 §4.3, RFC 9220 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pseudo {
    Authority,
    Method,
    Path,
    Protocol,
    Scheme,
    Status,
}

impl Pseudo {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b":authority" => Self::Authority,
            b":method" => Self::Method,
            b":path" => Self::Path,
            b":protocol" => Self::Protocol,
            b":scheme" => Self::Scheme,
            b":status" => Self::Status,
            _ => return None,
        })
    }
}

impl FieldSection {
    /// Decodes a field section, and checks what each message must keep to (RFC 9114 §4.2, §4.3): names in lower case,
    /// legal values, pseudo-header fields that are known, in front of all others, and there once.
    pub(super) fn decode(mut encoded: Bytes, limits: &Limits) -> Result<Self, Malformed> {
        // A Required Insert Count of 0, the only one without a dynamic table, and a Base that is not below it (RFC 9204
        // §4.5.1).
        if !matches!(encoded[..], [0x00, 0x00..=0x7f, ..]) {
            return Err(Malformed::Qpack);
        }
        let decoded =
            qpack::decode_stateless(&mut encoded, largest(limits)).map_err(|error| match error {
                DecoderError::HeaderTooLong(_) => Malformed::TooLarge,
                _ => Malformed::Qpack,
            })?;
        let mut section = Self { pseudo: Vec::new(), fields: HeaderMap::new() };
        let mut bytes = 0;
        for HeaderField { name, value } in decoded.fields {
            bytes += name.len() + value.len();
            section.push(&name, value.into_owned().into(), limits)?;
        }
        if bytes > limits.head { Err(Malformed::TooLarge) } else { Ok(section) }
    }

    fn push(&mut self, name: &[u8], value: Bytes, limits: &Limits) -> Result<(), Malformed> {
        if name.first() == Some(&b':') {
            let pseudo = Pseudo::named(name).ok_or(Malformed::Message("an unknown pseudo-header field"))?;
            if !self.fields.is_empty() {
                return Err(Malformed::Message("a pseudo-header field behind a field"));
            }
            if self.get(pseudo).is_some() {
                return Err(Malformed::Message("a repeated pseudo-header field"));
            }
            self.pseudo.push((pseudo, value));
            return Ok(());
        }
        // The type lowers the case, so this comes first.
        if name.iter().any(u8::is_ascii_uppercase) {
            return Err(Malformed::Message("a field name in upper case"));
        }
        let name =
            HeaderName::from_bytes(name).map_err(|_| Malformed::Message("a field name that is no token"))?;
        let value = HeaderValue::from_maybe_shared(value)
            .map_err(|_| Malformed::Message("a field value with a forbidden character"))?;
        if self.fields.len() >= limits.fields {
            return Err(Malformed::TooLarge);
        }
        // It fails only for more fields than the largest limit makes sense for.
        self.fields.try_append(name, value).map_err(|_| Malformed::TooLarge)?;
        Ok(())
    }

    /// The value of a pseudo-header field.
    pub(super) fn get(&self, pseudo: Pseudo) -> Option<&Bytes> {
        self.pseudo.iter().find(|(known, _)| *known == pseudo).map(|(_, value)| value)
    }
}

/// Encodes a field section. Sensitive values are marked, so that no proxy keeps them in a table. The error is that of a
/// value that QPACK can't encode, and does not happen.
pub(super) fn encode<'f>(
    pseudo: impl Iterator<Item = (&'static str, &'f [u8])>,
    fields: &'f HeaderMap,
) -> io::Result<Bytes> {
    let mut encoded = BytesMut::new();
    let pseudo = pseudo.map(|(name, value)| HeaderField::new(name, value));
    qpack::encode_stateless(&mut encoded, pseudo).map_err(io::Error::other)?;
    for (name, value) in fields {
        if value.is_sensitive() {
            put_never_indexed(name.as_str().as_bytes(), value.as_bytes(), &mut encoded);
        } else {
            let field = HeaderField::new(name.as_str(), value.as_bytes());
            let mut line = BytesMut::new();
            qpack::encode_stateless(&mut line, [field]).map_err(io::Error::other)?;
            // Behind the prefix of a section, which is there already.
            encoded.put_slice(line.get(PREFIX..).unwrap_or_default());
        }
    }
    Ok(encoded.freeze())
}

/// The prefix of a field section that refers to no dynamic table (RFC 9204 §4.5.1).
const PREFIX: usize = 2;

/// Writes a line that nobody may keep in a table: "Literal Field Line with Literal Name", with N set and without
/// Huffman codes (RFC 9204 §4.5.6, §7.1.3).
fn put_never_indexed(name: &[u8], value: &[u8], encoded: &mut BytesMut) {
    put_prefixed(0b0011_0000, 3, name.len(), encoded);
    encoded.put_slice(name);
    put_prefixed(0, 7, value.len(), encoded);
    encoded.put_slice(value);
}

/// Writes an integer with a prefix of this many bits (RFC 7541 §5.1).
fn put_prefixed(flags: u8, bits: u8, value: usize, encoded: &mut BytesMut) {
    let most = (1_u8 << bits) - 1;
    let Some(mut rest) = value.checked_sub(usize::from(most)) else {
        // It is below `most`.
        encoded.put_u8(flags | u8::try_from(value).unwrap_or(most));
        return;
    };
    encoded.put_u8(flags | most);
    while rest >= 0x80 {
        encoded.put_u8(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
        rest >>= 7;
    }
    encoded.put_u8(u8::try_from(rest).unwrap_or_default());
}
