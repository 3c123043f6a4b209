//! The negotiation of extensions for both roles, and its result.

use core::fmt;

use super::grammar::{Malformed, Member, list, members, visit};
use super::supported::{Announced, Extension, Illegal, Rsv};
use super::writer::{OfferWriter, ParamWriter};
use crate::rules::is_token;
use crate::write::Writer;

/// The extensions in use (RFC 6455 §4.1): the value of the response, in tokens only and of bounded length, and what
/// the client announced beside it.
#[derive(Clone, Copy)]
pub(crate) struct InUse {
    bytes: [u8; Self::MAX],
    len: usize,
    pub(crate) announced: Announced,
}

impl InUse {
    /// Maximum bytes of a response's value. A server declines an extension that would not fit; a client fails the
    /// connection.
    pub(crate) const MAX: usize = 256;

    pub(crate) const NONE: Self = Self { bytes: [0; Self::MAX], len: 0, announced: Announced::NOTHING };

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Appends the member that `write` writes. Leaves everything as it is and returns `false` if `write` returns
    /// `false`, or if the member does not fit.
    #[inline]
    fn append(&mut self, write: impl FnOnce(&mut Writer<'_>) -> bool) -> bool {
        let start = self.len;
        let mut out = Writer::new(self.bytes.get_mut(start..).unwrap_or_default());
        if start > 0 {
            out.put(b", ");
        }
        if !write(&mut out) {
            return false;
        }
        let Ok(len) = out.finish() else { return false };
        self.len = start + len;
        true
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
        let mut places = supported.iter().take(64).enumerate();
        let named = places.find(|(_, extension)| extension.name().as_bytes() == offer.name_bytes());
        let Some((place, extension)) = named.filter(|_| offers <= limit) else {
            return;
        };
        let rsv = extension.rsv();
        let free = accepted & 1 << place == 0 && !rsv.overlaps(taken);
        if free && answer(*extension, &offer, in_use) {
            accepted |= 1 << place;
            taken = taken.union(rsv);
        }
    })
}

/// Appends the answer to an offer of this extension, or leaves the answers as they are and returns `false`.
fn answer(extension: &dyn Extension, offer: &Member<'_>, in_use: &mut InUse) -> bool {
    in_use.append(|out| {
        out.put(offer.name_bytes());
        let mut legal = true;
        extension.answer(offer.params(), &mut ParamWriter::new(out, &mut legal)) && legal
    })
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
        let mut offers = OfferWriter::new(out, extension.name(), written);
        extension.offer(&mut offers);
        match offers.finish() {
            Some(all) => written = all,
            None => out.truncate(start),
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
        let announced = extension.verify(member.params()).map_err(|Illegal| wrong(Disagreement::Params))?;
        if announced != Announced::NOTHING {
            in_use.announced = announced;
        }
        if !in_use.append(|out| fmt::write(out, format_args!("{member}")).is_ok()) {
            return Err(wrong(Disagreement::TooLong));
        }
    }
    Ok(())
}

fn offers_anything(extension: &dyn Extension) -> bool {
    write_offers(&[extension], &mut Writer::new(&mut [])) > 0
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};

    use super::super::grammar::Params;
    use super::super::supported::Plain;
    use super::*;

    /// An extension that offers what the function writes.
    struct Writes<F>(&'static str, F);

    impl<F: Fn(&mut OfferWriter<'_, '_>) + Send + Sync> Extension for Writes<F> {
        fn name(&self) -> &str {
            self.0
        }

        fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
            self.1(offers);
        }

        fn verify(&self, _: Params<'_>) -> Result<Announced, Illegal> {
            Err(Illegal)
        }

        fn answer(&self, _: Params<'_>, _: &mut ParamWriter<'_, '_>) -> bool {
            false
        }
    }

    fn written(extensions: &[&dyn Extension]) -> (usize, String) {
        let mut bytes = [0; 256];
        let mut out = Writer::new(&mut bytes);
        let offers = write_offers(extensions, &mut out);
        let len = out.finish().expect("room for it");
        (offers, String::from_utf8_lossy(&bytes[..len]).into_owned())
    }

    #[test]
    fn offers_are_written_with_what_is_legal() {
        let plain = Plain::new("x-a").expect("a token");
        let several = Writes("x-b", |offers: &mut OfferWriter<'_, '_>| {
            offers.offer().flag("c");
            let mut params = offers.offer();
            params.number("d", 7);
            params.token("e", "f");
        });
        let nothing = Writes("x-none", |_: &mut OfferWriter<'_, '_>| {});
        let no_token = Writes("x none", |offers: &mut OfferWriter<'_, '_>| offers.offer().flag("a"));
        assert_eq!(written(&[]), (0, String::new()));
        assert_eq!(written(&[&nothing, &no_token]), (0, String::new()));
        assert_eq!(
            written(&[&plain, &no_token, &several, &nothing, &plain]),
            (4, "x-a, x-b; c, x-b; d=7; e=f, x-a".into())
        );
    }

    #[test]
    fn an_extension_that_has_offered_nothing_can_not_be_answered() {
        let plain = Plain::new("x-a").expect("a token");
        let nothing = Writes("x-none", |_: &mut OfferWriter<'_, '_>| {});
        let verified = |list: &str| {
            let mut in_use = InUse::NONE;
            let refused = verify([list.as_bytes()].into_iter(), &[&plain, &nothing], &mut in_use);
            refused.map_err(|(disagreement, member)| (disagreement, member.name().to_string()))
        };
        assert_eq!(verified("x-a"), Ok(()));
        for list in ["x-none", "x-a, x-none"] {
            assert_eq!(verified(list), Err((Disagreement::NotOffered, "x-none".into())));
        }
    }

    #[test]
    fn an_extension_that_writes_what_is_not_legal_offers_nothing() {
        let plain = Plain::new("x-a").expect("a token");
        let wrong: [fn(&mut ParamWriter<'_, '_>); 6] = [
            |params| params.flag("a b"),
            |params| params.flag(""),
            |params| params.number("a;b", 7),
            |params| params.token("a", "b c"),
            |params| params.token("a", ""),
            |params| params.token("", "b"),
        ];
        for write in wrong {
            let offers = Writes("x-b", move |offers: &mut OfferWriter<'_, '_>| {
                write(&mut offers.offer());
                // The legal offers of such an extension are discarded too.
                offers.offer().flag("legal");
            });
            assert_eq!(written(&[&offers]), (0, String::new()));
            assert_eq!(written(&[&plain, &offers, &plain]), (2, "x-a, x-a".into()));
        }
    }

    #[test]
    fn numbers_are_decimal_without_leading_zeros() {
        for number in 0..=u8::MAX {
            let offers = Writes("x", move |offers: &mut OfferWriter<'_, '_>| {
                offers.offer().number("n", number);
            });
            assert_eq!(written(&[&offers]).1, std::format!("x; n={number}"));
        }
    }
}
