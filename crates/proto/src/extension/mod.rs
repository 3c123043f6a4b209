//! Extensions (RFC 6455 §9): the trait that an extension implements, and the negotiation for both roles.
//!
//! An [`Extension`] writes its offers and judges the parameters of the other side. This module reads the lists, keeps
//! their order, and assigns the reserved bits. A list that breaks the grammar fails the handshake. An offer that is
//! well formed but can't be accepted is declined, and the next one is tried.

use core::fmt;

use crate::write::Writer;

mod grammar;
mod negotiate;

pub(crate) use grammar::{Malformed, list, members, visit};
pub use grammar::{Member, Param, Params, Value};
pub(crate) use negotiate::{Disagreement, InUse, accept, verify, write_offers};

/// The reserved bits of the frame header that an extension uses (RFC 6455 §5.2, §9.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rsv(u8);

impl Rsv {
    /// No reserved bit.
    pub const NONE: Self = Self(0);
    /// RSV1, which permessage-deflate uses.
    pub const RSV1: Self = Self(1);
    /// RSV2.
    pub const RSV2: Self = Self(2);
    /// RSV3.
    pub const RSV3: Self = Self(4);

    /// Returns the bits of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the two have a bit in common.
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The part that an extension has in the negotiation, for both roles. The codec applies the extension to frames.
///
/// An extension without parameters is a [`Plain`] name. Several extensions can be supported; their names must differ.
pub trait Extension: Send + Sync {
    /// Returns the name, which must be a token. Names compare byte by byte.
    fn name(&self) -> &str;

    /// Returns the reserved bits that it needs. Of two extensions that need the same bit, at most one is used.
    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    /// Client: writes the offers, in order of preference. All but the first are fallbacks.
    fn offer(&self, offers: &mut OfferWriter<'_, '_>);

    /// Client: checks that the parameters of a response are legal for one of the offers.
    ///
    /// # Errors
    ///
    /// [`Illegal`] fails the handshake.
    fn verify(&self, response: Params<'_>) -> Result<Hints, Illegal>;

    /// Server: returns whether this offer is accepted, and writes the parameters of the response. It is called for one
    /// offer after the other until one is accepted. What it writes for a declined offer is discarded.
    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool;
}

/// The error for parameters of a response that are not legal for the offers (RFC 6455 §9.1, RFC 7692 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal;

/// What the client announced in the accepted offer, and the response need not repeat: the hints of permessage-deflate
/// (RFC 7692 §7.1.1.2, §7.1.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Whether the client announced that it does not keep its window between messages.
    pub client_no_context_takeover: bool,
    /// The largest window that the client announced for itself.
    pub client_max_window_bits: Option<crate::permessage_deflate::WindowBits>,
}

/// An extension without parameters, such as `x-test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain<N>(N);

impl<N: AsRef<str>> Plain<N> {
    /// Makes an extension of this name.
    ///
    /// # Errors
    ///
    /// If the name is not a token (RFC 6455 §9.1).
    pub fn new(name: N) -> Result<Self, NotAToken> {
        if crate::field::is_token(name.as_ref().as_bytes()) { Ok(Self(name)) } else { Err(NotAToken) }
    }
}

impl<N: AsRef<str> + Send + Sync> Extension for Plain<N> {
    fn name(&self) -> &str {
        self.0.as_ref()
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        offers.offer();
    }

    fn verify(&self, response: Params<'_>) -> Result<Hints, Illegal> {
        if response.is_empty() { Ok(Hints::default()) } else { Err(Illegal) }
    }

    fn answer(&self, offer: Params<'_>, _: &mut ParamWriter<'_, '_>) -> bool {
        offer.is_empty()
    }
}

/// The error for an extension whose name is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAToken;

impl fmt::Display for NotAToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an extension must be a token")
    }
}

impl core::error::Error for NotAToken {}

/// Writes the offers of one extension.
#[derive(Debug)]
pub struct OfferWriter<'w, 'd> {
    out: &'w mut Writer<'d>,
    name: &'w str,
    /// The number of offers in this list so far, including those of earlier extensions.
    written: usize,
    legal: bool,
}

impl<'d> OfferWriter<'_, 'd> {
    /// Begins an offer (RFC 6455 §9.1). Write its parameters to the returned writer.
    pub fn offer(&mut self) -> ParamWriter<'_, 'd> {
        if self.written > 0 {
            self.out.put(b", ");
        }
        self.written += 1;
        self.out.put(self.name.as_bytes());
        ParamWriter { out: self.out, legal: &mut self.legal }
    }
}

/// Writes the parameters of one offer or response.
#[derive(Debug)]
pub struct ParamWriter<'w, 'd> {
    out: &'w mut Writer<'d>,
    legal: &'w mut bool,
}

impl ParamWriter<'_, '_> {
    /// Writes a parameter without a value.
    pub fn flag(&mut self, name: &str) {
        self.put(name, &[]);
    }

    /// Writes a parameter with a decimal number.
    pub fn number(&mut self, name: &str, value: u8) {
        let digits = [b'0' + value / 100, b'0' + value / 10 % 10, b'0' + value % 10];
        let zeros = digits.iter().take(2).take_while(|&&digit| digit == b'0').count();
        self.put(name, digits.get(zeros..).unwrap_or_default());
    }

    /// Writes a parameter with a token. If it is not a token, the whole offer or answer is discarded.
    pub fn token(&mut self, name: &str, value: &str) {
        *self.legal &= !value.is_empty();
        self.put(name, value.as_bytes());
    }

    fn put(&mut self, name: &str, value: &[u8]) {
        let token = crate::field::is_token;
        *self.legal &= token(name.as_bytes()) && (value.is_empty() || token(value));
        let equals: &[u8] = if value.is_empty() { b"" } else { b"=" };
        self.out.put_all(&[b"; ", name.as_bytes(), equals, value]);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};

    use super::*;

    #[test]
    fn reserved_bits_are_a_set() {
        let bits = [Rsv::RSV1, Rsv::RSV2, Rsv::RSV3];
        for (place, one) in bits.into_iter().enumerate() {
            assert_eq!(one.union(one), one);
            assert_eq!(one.union(Rsv::NONE), one);
            assert!(one.overlaps(one) && !one.overlaps(Rsv::NONE));
            for other in bits.into_iter().skip(place + 1) {
                let both = one.union(other);
                assert!(both.overlaps(one) && both.overlaps(other) && !one.overlaps(other));
                assert_eq!(both.union(one), both);
            }
        }
        let all = Rsv::RSV1.union(Rsv::RSV2).union(Rsv::RSV3);
        assert!(bits.into_iter().all(|bit| all.overlaps(bit)));
        assert!(!Rsv::RSV1.union(Rsv::RSV2).overlaps(Rsv::RSV3));
    }

    /// An extension that offers what the function writes.
    struct Writes<F>(&'static str, F);

    impl<F: Fn(&mut OfferWriter<'_, '_>) + Send + Sync> Extension for Writes<F> {
        fn name(&self) -> &str {
            self.0
        }

        fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
            self.1(offers);
        }

        fn verify(&self, _: Params<'_>) -> Result<Hints, Illegal> {
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

    #[test]
    fn a_name_that_is_no_token_is_told() {
        let error = Plain::new("x a").expect_err("no token");
        assert_eq!(error.to_string(), "the name of an extension must be a token");
        assert_eq!(Plain::new("x-a").expect("a token").rsv(), Rsv::NONE);
    }
}
