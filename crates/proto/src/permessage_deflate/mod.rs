//! The negotiation of permessage-deflate (RFC 7692 §7.1) for both roles. Compression itself is the codec's.
//!
//! ```
//! use websocket_upgrade_proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
//!
//! // A server whose codec compresses with zlib.
//! let server = PermessageDeflate::new(Codec::ZLIB);
//! // A client that asks for a small window first, and falls back to any window.
//! let client = PermessageDeflate::new(Codec::ZLIB)
//!     .with_offer(Offer::parse("server_max_window_bits=10; client_max_window_bits").unwrap())?
//!     .with_offer(Offer::parse("client_max_window_bits").unwrap())?;
//! # Ok::<(), websocket_upgrade_proto::permessage_deflate::CodecCannot>(())
//! ```

use core::fmt;

use crate::extension::{Announced, Extension, Illegal, OfferWriter, ParamWriter, Params, Rsv};

mod hints;
mod params;

pub use hints::Hints;
pub use params::{ClientMaxWindowBits, Offer, Response, WindowBits};

/// The name of the extension.
pub const NAME: &str = "permessage-deflate";

/// What the application's codec can do. The negotiation never promises more than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Codec {
    /// The smallest window that it can compress with. zlib's raw deflate starts at 9 bits; miniz has only 15.
    pub min_compress_window_bits: WindowBits,
    /// The largest window that it can inflate.
    pub max_inflate_window_bits: WindowBits,
    /// Whether it can keep its window between the messages it compresses.
    pub keeps_compress_context: bool,
    /// Whether it can keep its window between the messages it inflates.
    pub keeps_inflate_context: bool,
}

impl Codec {
    /// Every window size, with context takeover: all of RFC 7692.
    pub const FULL: Self = Self {
        min_compress_window_bits: WindowBits::MIN,
        max_inflate_window_bits: WindowBits::MAX,
        keeps_compress_context: true,
        keeps_inflate_context: true,
    };

    /// zlib: windows of 9 to 15 bits for compression.
    pub const ZLIB: Self = Self { min_compress_window_bits: WindowBits::NINE, ..Self::FULL };

    /// A compressor with a fixed window of 15 bits, such as miniz.
    pub const FIXED_WINDOW: Self = Self { min_compress_window_bits: WindowBits::MAX, ..Self::FULL };

    /// Disables context takeover in both directions.
    #[must_use]
    pub const fn without_context(mut self) -> Self {
        self.keeps_compress_context = false;
        self.keeps_inflate_context = false;
        self
    }
}

/// permessage-deflate as an [`Extension`], for both roles: what the codec can do, and what the application wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermessageDeflate {
    codec: Codec,
    wanted: Response,
    offers: [Offer; Self::MAX_OFFERS],
    offers_len: usize,
}

impl PermessageDeflate {
    /// The maximum number of offers that a client can make.
    pub const MAX_OFFERS: usize = 4;

    /// Accepts everything that the codec can do and the other side wants.
    #[must_use]
    pub const fn new(codec: Codec) -> Self {
        Self { codec, wanted: Response::NOTHING, offers: [Offer::EMPTY; Self::MAX_OFFERS], offers_len: 0 }
    }

    /// Wants the server to drop its window after every message (§7.1.1.1). This saves memory and costs compression.
    #[must_use]
    pub const fn server_no_context_takeover(mut self) -> Self {
        self.wanted.server_no_context_takeover = true;
        self
    }

    /// Wants the client to drop its window after every message (§7.1.1.2).
    #[must_use]
    pub const fn client_no_context_takeover(mut self) -> Self {
        self.wanted.client_no_context_takeover = true;
        self
    }

    /// Sets the largest window that the server may compress with (§7.1.2.1).
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: WindowBits) -> Self {
        self.wanted.server_max_window_bits = Some(bits);
        self
    }

    /// Sets the largest window that the client may compress with (§7.1.2.2). A server can ask this only of a client
    /// that has announced support for the parameter. A client whose codec can't make the window does not compress.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: WindowBits) -> Self {
        self.wanted.client_max_window_bits = Some(bits);
        self
    }

    /// Client: makes this offer (RFC 7692 §7.1) instead of the one derived from the other settings. Each further call
    /// adds a fallback after the earlier offers.
    ///
    /// # Errors
    ///
    /// If the codec could not keep what the offer allows a server to answer, or if there are [`Self::MAX_OFFERS`]
    /// already.
    pub fn with_offer(mut self, offer: Offer) -> Result<Self, CodecCannot> {
        let codec = &self.codec;
        let problem = match offer.client_max_window_bits {
            ClientMaxWindowBits::Value(bits) if bits < codec.min_compress_window_bits => {
                Some("compress with a window as small as `client_max_window_bits` says")
            }
            ClientMaxWindowBits::Value(_) | ClientMaxWindowBits::NoValue
                if codec.min_compress_window_bits == WindowBits::MAX =>
            {
                Some("choose its window, so `client_max_window_bits` can't be offered")
            }
            _ if offer.server_max_window_bits.unwrap_or_default() > codec.max_inflate_window_bits => {
                Some("inflate a window as large as `server_max_window_bits` allows")
            }
            _ if !codec.keeps_inflate_context && !offer.server_no_context_takeover => {
                Some("keep a window while inflating, so `server_no_context_takeover` must be offered")
            }
            _ if !codec.keeps_compress_context && !offer.client_no_context_takeover => {
                Some("keep a window while compressing, so `client_no_context_takeover` must be offered")
            }
            _ => None,
        };
        if let Some(what) = problem {
            return Err(CodecCannot { what: Some(what) });
        }
        let free = self.offers.get_mut(self.offers_len).ok_or(CodecCannot { what: None })?;
        *free = offer;
        self.offers_len += 1;
        Ok(self)
    }

    /// Client: returns the offers, in order of preference.
    fn made(&self) -> impl Iterator<Item = Offer> + '_ {
        let own = self.offers.get(..self.offers_len).unwrap_or_default();
        let derived = own.is_empty().then(|| self.derived_offer());
        derived.into_iter().chain(own.iter().copied())
    }

    /// Client: derives an offer from what the application wants and what the codec can do.
    ///
    /// | parameter | is offered |
    /// |---|---|
    /// | `server_no_context_takeover` | if wanted, or if the codec can't keep its window while inflating |
    /// | `client_no_context_takeover` | if wanted, or if the codec can't keep its window while compressing |
    /// | `server_max_window_bits` | if less than 15 is wanted, or the codec can't inflate 15 |
    /// | `client_max_window_bits` | with a value if less than 15 is wanted; without one if the codec can choose windows |
    fn derived_offer(&self) -> Offer {
        let (codec, wanted) = (&self.codec, &self.wanted);
        let server_bits =
            wanted.server_max_window_bits.unwrap_or_default().min(codec.max_inflate_window_bits);
        let client_bits =
            wanted.client_max_window_bits.unwrap_or_default().max(codec.min_compress_window_bits);
        Offer {
            server_no_context_takeover: wanted.server_no_context_takeover || !codec.keeps_inflate_context,
            client_no_context_takeover: wanted.client_no_context_takeover || !codec.keeps_compress_context,
            server_max_window_bits: below_max(server_bits),
            client_max_window_bits: match below_max(client_bits) {
                Some(bits) => ClientMaxWindowBits::Value(bits),
                None if codec.min_compress_window_bits < WindowBits::MAX => ClientMaxWindowBits::NoValue,
                None => ClientMaxWindowBits::Absent,
            },
        }
    }

    /// Server: returns the response to an offer, or `None` to decline it (RFC 7692 §5.1, §7.1).
    ///
    /// | parameter | is answered |
    /// |---|---|
    /// | `server_no_context_takeover` | if offered or wanted, or if the codec can't keep its window while compressing |
    /// | `client_no_context_takeover` | if offered or wanted, or if the codec can't keep its window while inflating |
    /// | `server_max_window_bits` | if offered, or if less than 15 is wanted: the smaller value |
    /// | `client_max_window_bits` | if offered: the smallest of hint, wish and what the codec can inflate |
    ///
    /// An offer is declined in two cases: `server_max_window_bits` is smaller than the codec can make, or
    /// `client_max_window_bits` is missing and the codec can't inflate 15. A client's `client_no_context_takeover` is
    /// only a hint; the response makes it binding. If the client offers `client_max_window_bits` without a value, it
    /// is answered only with less than 15.
    #[must_use]
    pub fn respond(&self, offer: &Offer) -> Option<Response> {
        let (codec, wanted) = (&self.codec, &self.wanted);
        let asked = offer.server_max_window_bits;
        // The codec may be unable to make a window as small as wanted: its smallest one comes closest.
        let wish = wanted.server_max_window_bits.unwrap_or_default().max(codec.min_compress_window_bits);
        let server_bits = asked.unwrap_or_default().min(wish);
        if server_bits < codec.min_compress_window_bits {
            return None;
        }
        let client_bits =
            wanted.client_max_window_bits.unwrap_or_default().min(codec.max_inflate_window_bits);
        let client_max_window_bits = match offer.client_max_window_bits {
            ClientMaxWindowBits::Absent if codec.max_inflate_window_bits < WindowBits::MAX => return None,
            ClientMaxWindowBits::Absent => None,
            ClientMaxWindowBits::NoValue => below_max(client_bits),
            ClientMaxWindowBits::Value(hint) => Some(hint.min(client_bits)),
        };
        Some(Response {
            server_no_context_takeover: offer.server_no_context_takeover
                || wanted.server_no_context_takeover
                || !codec.keeps_compress_context,
            client_no_context_takeover: offer.client_no_context_takeover
                || wanted.client_no_context_takeover
                || !codec.keeps_inflate_context,
            server_max_window_bits: asked.map(|_| server_bits).or(below_max(server_bits)),
            client_max_window_bits,
        })
    }

    /// Client: returns whether a response is legal for an offer, and the codec can keep it.
    ///
    /// | parameter | the response may |
    /// |---|---|
    /// | `server_no_context_takeover` | leave it out only if it was not offered |
    /// | `client_no_context_takeover` | have it or leave it out |
    /// | `server_max_window_bits` | leave it out, or have a larger value, only if it was not offered |
    /// | `client_max_window_bits` | have it only if it was offered; its value may exceed the hint |
    ///
    /// The server's window must not be larger than the codec can inflate. The client's may be smaller than the codec
    /// can make: the client then does not compress. A server may ignore the hint.
    fn is_legal(&self, response: &Response, offer: &Offer) -> bool {
        let codec = &self.codec;
        let server_bits = response.server_max_window_bits;
        let client_bits = response.client_max_window_bits;
        let asked = offer.server_no_context_takeover || !codec.keeps_inflate_context;
        (response.server_no_context_takeover || !asked)
            && offer.server_max_window_bits.is_none_or(|asked| server_bits.is_some_and(|bits| bits <= asked))
            && server_bits.unwrap_or_default() <= codec.max_inflate_window_bits
            && (client_bits.is_none() || offer.client_max_window_bits != ClientMaxWindowBits::Absent)
    }
}

impl Extension for PermessageDeflate {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offer(&self, offers: &mut OfferWriter<'_, '_>) {
        for offer in self.made() {
            offer.write(&mut offers.offer());
        }
    }

    fn verify(&self, response: Params<'_>) -> Result<Announced, Illegal> {
        let response = Response::from_params(response).ok_or(Illegal)?;
        let hints =
            self.made().filter(|offer| self.is_legal(&response, offer)).map(|offer| Hints::of(&offer));
        // The response does not say which offer it answers. Of all offers that it may answer, the client keeps every
        // hint.
        let mut hints = hints.reduce(Hints::strictest).ok_or(Illegal)?;
        hints.must_not_compress =
            response.client_max_window_bits.is_some_and(|bits| bits < self.codec.min_compress_window_bits);
        Ok(hints.into())
    }

    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool {
        let Some(answer) = Offer::from_params(offer).and_then(|offer| self.respond(&offer)) else {
            return false;
        };
        answer.write(response);
        true
    }
}

/// The agreed parameters, as a codec needs them.
///
/// It displays as the value of a response, in tokens only and with the client's own hints merged in:
/// `permessage-deflate; client_max_window_bits=10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreement {
    /// Whether the server drops its window after every message.
    pub server_no_context_takeover: bool,
    /// Whether the client drops its window after every message.
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with.
    pub server_max_window_bits: WindowBits,
    /// The largest window that the client compresses with.
    pub client_max_window_bits: WindowBits,
    /// Whether this side must send all messages uncompressed, which every side may do (§6).
    ///
    /// It is set for a client whose server allows it only a smaller window than its codec can compress with: 8 bits,
    /// where zlib begins with 9. Such a client still has to inflate. If the codec can't send a message uncompressed,
    /// set its level so that it only stores: such blocks refer to no window. It is never set for a server, which
    /// declines such an offer.
    pub must_not_compress: bool,
}

impl Agreement {
    /// Merges a response with the client's hints. The client keeps to its hints even if the server ignores them
    /// (§7.1.1.2, §7.1.2.2).
    pub(crate) fn new(response: &Response, hints: Hints) -> Self {
        let client_bits = [response.client_max_window_bits, hints.client_max_window_bits];
        Self {
            server_no_context_takeover: response.server_no_context_takeover,
            client_no_context_takeover: response.client_no_context_takeover
                || hints.client_no_context_takeover,
            server_max_window_bits: response.server_max_window_bits.unwrap_or_default(),
            client_max_window_bits: client_bits.into_iter().flatten().min().unwrap_or_default(),
            must_not_compress: hints.must_not_compress,
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = below_max(self.server_max_window_bits) {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        match below_max(self.client_max_window_bits) {
            Some(bits) => write!(f, "; client_max_window_bits={bits}"),
            None => Ok(()),
        }
    }
}

/// The error for an offer that promises more than the codec can keep, or that is one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecCannot {
    what: Option<&'static str>,
}

impl fmt::Display for CodecCannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            Some(what) => write!(f, "permessage-deflate offer: the codec can't {what}"),
            None => write!(f, "permessage-deflate: at most {} offers", PermessageDeflate::MAX_OFFERS),
        }
    }
}

impl core::error::Error for CodecCannot {}

fn below_max(bits: WindowBits) -> Option<WindowBits> {
    (bits < WindowBits::MAX).then_some(bits)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;

    use super::*;
    use crate::extension::write_offers;
    use crate::write::Writer;

    fn written(deflate: &PermessageDeflate) -> String {
        let mut bytes = [0; 256];
        let mut out = Writer::new(&mut bytes);
        write_offers(&[deflate], &mut out);
        let len = out.finish().expect("room for it");
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    }

    #[test]
    fn offers_are_written_as_they_are_read() {
        let all = "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; \
                   client_max_window_bits=10";
        let full = PermessageDeflate::new(Codec::FULL);
        for params in ["", "client_max_window_bits", "server_max_window_bits=15", all] {
            let offer = Offer::parse(params).expect("an offer");
            let expected =
                if params.is_empty() { String::from(NAME) } else { std::format!("{NAME}; {params}") };
            assert_eq!(written(&full.with_offer(offer).expect("it can keep it")), expected);
        }
        let two = ["server_no_context_takeover", ""].map(|params| Offer::parse(params).expect("an offer"));
        let two = two.into_iter().fold(full, |full, offer| full.with_offer(offer).expect("it can keep it"));
        assert_eq!(written(&two), "permessage-deflate; server_no_context_takeover, permessage-deflate");
    }
}
