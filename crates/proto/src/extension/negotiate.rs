//! The negotiation of extensions for both roles, and its result.

use core::fmt;

use super::grammar::{Malformed, Member, list, members, visit};
use super::{Extension, Hints, Illegal, OfferWriter, ParamWriter, Params, Rsv};
use crate::field::is_token;
use crate::write::Writer;

/// The extensions in use (RFC 6455 §4.1): the value of the response, in tokens only and of bounded length, and the
/// client's hints.
#[derive(Clone, Copy)]
pub(crate) struct InUse {
    bytes: [u8; Self::MAX],
    len: usize,
    pub(crate) hints: Hints,
}

impl InUse {
    /// Maximum bytes of a response's value. A server declines an extension that would not fit; a client fails the
    /// connection.
    pub(crate) const MAX: usize = 256;

    pub(crate) const NONE: Self = Self {
        bytes: [0; Self::MAX],
        len: 0,
        hints: Hints { client_no_context_takeover: false, client_max_window_bits: None },
    };

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Server: writes the answer to a list of offers.
///
/// The answer keeps the client's order. It has the first acceptable offer of each extension. A reserved bit goes to
/// the first extension that needs it. Offers beyond the limit are declined. If it returns an error, discard what was
/// written.
pub(crate) fn accept<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    supported: &[&dyn Extension],
    limit: usize,
    in_use: &mut InUse,
) -> Result<(), Malformed<'a>> {
    let mut accepted = 0_u64;
    let mut taken = Rsv::NONE;
    let mut offers = 0;
    visit(lines, |offer| {
        offers += 1;
        let named = |extension: &&dyn Extension| extension.name().as_bytes() == offer.name_bytes();
        let place = supported.iter().take(64).position(named).filter(|_| offers <= limit);
        let Some((place, extension)) = place.and_then(|place| Some((place, supported.get(place)?))) else {
            return;
        };
        let free = accepted & 1 << place == 0 && !extension.rsv().overlaps(taken);
        if free && answer(*extension, offer.params(), in_use) {
            accepted |= 1 << place;
            taken = taken.union(extension.rsv());
        }
    })
}

/// Appends one answer, or leaves the answers as they are and returns `false`.
fn answer(extension: &dyn Extension, offer: Params<'_>, in_use: &mut InUse) -> bool {
    let start = in_use.len;
    let mut out = Writer::new(in_use.bytes.get_mut(start..).unwrap_or_default());
    if start > 0 {
        out.put(b", ");
    }
    out.put(extension.name().as_bytes());
    let mut legal = true;
    if !extension.answer(offer, &mut ParamWriter { out: &mut out, legal: &mut legal }) || !legal {
        return false;
    }
    let Ok(len) = out.finish() else { return false };
    in_use.len = start + len;
    true
}

/// Client: writes the value of `Sec-WebSocket-Extensions` and returns the number of offers in it.
///
/// An extension that would break the grammar is not offered.
pub(crate) fn write_offers(extensions: &[&dyn Extension], out: &mut Writer<'_>) -> usize {
    let mut written = 0;
    for extension in extensions {
        if !is_token(extension.name().as_bytes()) {
            continue;
        }
        let start = out.len();
        let mut offers = OfferWriter { out, name: extension.name(), written, legal: true };
        extension.offer(&mut offers);
        if offers.legal {
            written = offers.written;
        } else {
            out.truncate(start);
        }
    }
    written
}

/// Why a response's list is not legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disagreement {
    NotOffered,
    Repeated,
    Params,
    Conflict,
    TooLong,
}

/// Client: checks that a response's list is legal for what was offered (RFC 6455 §4.1, §9.1). The grammar must have
/// been checked.
pub(crate) fn verify<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    offered: &[&dyn Extension],
    in_use: &mut InUse,
) -> Result<(), (Disagreement, Member<'a>)> {
    let mut taken = Rsv::NONE;
    for member in members(lines) {
        let wrong = |disagreement| (disagreement, member);
        let named = |extension: &&&dyn Extension| extension.name().as_bytes() == member.name_bytes();
        let Some(extension) = offered.iter().find(named).filter(|extension| offers_anything(**extension))
        else {
            return Err(wrong(Disagreement::NotOffered));
        };
        if list(in_use.as_bytes()).any(|earlier| earlier.name_bytes() == member.name_bytes()) {
            return Err(wrong(Disagreement::Repeated));
        }
        if extension.rsv().overlaps(taken) {
            return Err(wrong(Disagreement::Conflict));
        }
        taken = taken.union(extension.rsv());
        let hints = extension.verify(member.params()).map_err(|Illegal| wrong(Disagreement::Params))?;
        if hints != Hints::default() {
            in_use.hints = hints;
        }
        push(member, in_use).map_err(wrong)?;
    }
    Ok(())
}

fn offers_anything(extension: &dyn Extension) -> bool {
    write_offers(&[extension], &mut Writer::new(&mut [])) > 0
}

fn push(member: Member<'_>, in_use: &mut InUse) -> Result<(), Disagreement> {
    let start = in_use.len;
    let mut out = Writer::new(in_use.bytes.get_mut(start..).unwrap_or_default());
    if start > 0 {
        out.put(b", ");
    }
    let written = fmt::write(&mut out, format_args!("{member}"));
    match (written, out.finish()) {
        (Ok(()), Ok(len)) => {
            in_use.len = start + len;
            Ok(())
        }
        _ => Err(Disagreement::TooLong),
    }
}
