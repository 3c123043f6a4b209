//! An extension that one side supports: the trait, and the extensions without parameters.

use core::fmt;

use super::grammar::Params;
use super::writer::{OfferWriter, ParamWriter};
use crate::rules::is_token;

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

    /// Client: checks that the parameters of a response are legal for one of the offers. Returns what is to be kept
    /// beside the response.
    ///
    /// # Errors
    ///
    /// [`Illegal`] fails the handshake.
    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal>;

    /// Server: returns whether this offer is accepted, and writes the parameters of the response. It is called for one
    /// offer after the other until one is accepted. What it writes for a declined offer is discarded.
    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool;
}

/// The error for parameters of a response that are not legal for the offers (RFC 6455 §9.1, RFC 7692 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal;

/// What a client keeps beside the response, such as what it announced in the accepted offer.
///
/// Only the extension that made it knows its meaning; the negotiation keeps it. By default it is nothing, and an
/// extension outside this crate has nothing else: see [`Hints`](crate::permessage_deflate::Hints).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Announced(u8);

impl Announced {
    pub(crate) const NOTHING: Self = Self(0);

    /// Keeps the bits of an extension. 0 means that nothing was announced.
    pub(crate) const fn new(bits: u8) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }
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
        if is_token(name.as_ref().as_bytes()) { Ok(Self(name)) } else { Err(NotAToken) }
    }
}

impl<N: AsRef<str> + Send + Sync> Extension for Plain<N> {
    fn name(&self) -> &str {
        self.0.as_ref()
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        offers.offer();
    }

    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal> {
        if response.is_empty() { Ok(Announced::NOTHING) } else { Err(Illegal) }
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

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

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

    #[test]
    fn a_name_that_is_no_token_is_told() {
        let error = Plain::new("x a").expect_err("no token");
        assert_eq!(error.to_string(), "the name of an extension must be a token");
        assert_eq!(Plain::new("x-a").expect("a token").rsv(), Rsv::NONE);
    }
}
