//! permessage-deflate's negotiation (RFC 7692 §7.1) for both roles: offer, response, agreement. No deflate in here.
//!
//! ```
//! use websocket_upgrade_proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
//!
//! // A server whose codec compresses with zlib.
//! let server = PermessageDeflate::new(Codec::ZLIB);
//! // A client that asks for small windows first and takes what comes otherwise.
//! let client = PermessageDeflate::new(Codec::ZLIB)
//!     .with_offer(Offer::parse("server_max_window_bits=10; client_max_window_bits").unwrap())?
//!     .with_offer(Offer::parse("client_max_window_bits").unwrap())?;
//! # Ok::<(), websocket_upgrade_proto::permessage_deflate::CodecCannot>(())
//! ```

use core::fmt;

use crate::extension::{Extension, Hints, Illegal, OfferWriter, ParamWriter, Params, Rsv};

mod params;

pub use params::{ClientMaxWindowBits, Offer, Response, WindowBits};

/// The extension's name.
pub const NAME: &str = "permessage-deflate";

/// What the application's codec can do. The negotiation never promises what it can't keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Codec {
    /// The smallest window that it can compress with. zlib's raw deflate can't make 8 bits, miniz only 15.
    pub min_compress_window_bits: WindowBits,
    /// The largest window that it can inflate.
    pub max_inflate_window_bits: WindowBits,
    /// Whether it can keep its window between the messages it compresses.
    pub keeps_compress_context: bool,
    /// Whether it can keep its window between the messages it inflates.
    pub keeps_inflate_context: bool,
}

impl Codec {
    /// Every window, context kept: RFC 7692 in full.
    pub const FULL: Self = Self {
        min_compress_window_bits: WindowBits::MIN,
        max_inflate_window_bits: WindowBits::MAX,
        keeps_compress_context: true,
        keeps_inflate_context: true,
    };

    /// zlib: compresses with windows of 9 to 15 bits.
    pub const ZLIB: Self = Self { min_compress_window_bits: WindowBits::NINE, ..Self::FULL };

    /// A compressor whose window can't be chosen, such as miniz: 15 bits alone.
    pub const FIXED_WINDOW: Self = Self { min_compress_window_bits: WindowBits::MAX, ..Self::FULL };

    /// Whether it can be used without context takeover alone, in both directions.
    #[must_use]
    pub const fn without_context(mut self) -> Self {
        self.keeps_compress_context = false;
        self.keeps_inflate_context = false;
        self
    }
}

/// permessage-deflate as an [`Extension`], for both roles: what the codec can do and what the application wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermessageDeflate {
    codec: Codec,
    wanted: Response,
    offers: [Offer; Self::MAX_OFFERS],
    offers_len: usize,
}

impl PermessageDeflate {
    /// Offers that a client can make at the most.
    pub const MAX_OFFERS: usize = 4;

    /// Whatever the codec can do and the other side wants.
    #[must_use]
    pub const fn new(codec: Codec) -> Self {
        Self { codec, wanted: Response::NOTHING, offers: [Offer::EMPTY; Self::MAX_OFFERS], offers_len: 0 }
    }

    /// Wants the server to drop its window behind every message: memory spared, compression lost (§7.1.1.1).
    #[must_use]
    pub const fn server_no_context_takeover(mut self) -> Self {
        self.wanted.server_no_context_takeover = true;
        self
    }

    /// Wants the client to drop its window behind every message (§7.1.1.2).
    #[must_use]
    pub const fn client_no_context_takeover(mut self) -> Self {
        self.wanted.client_no_context_takeover = true;
        self
    }

    /// The largest window that the server shall compress with (§7.1.2.1).
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: WindowBits) -> Self {
        self.wanted.server_max_window_bits = Some(bits);
        self
    }

    /// The largest window that the client shall compress with (§7.1.2.2). A server can only ask a client for it that
    /// has said that it understands.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: WindowBits) -> Self {
        self.wanted.client_max_window_bits = Some(bits);
        self
    }

    /// Client: makes this offer (RFC 7692 §7.1) instead of the one that follows from the rest; each further one is a
    /// fallback behind those before it.
    ///
    /// # Errors
    ///
    /// If the codec could not keep what the offer allows a server to answer, or there are [`Self::MAX_OFFERS`] already.
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

    /// Client: the offers, in order of preference.
    fn made(&self) -> impl Iterator<Item = Offer> + '_ {
        let own = self.offers.get(..self.offers_len).unwrap_or_default();
        let derived = own.is_empty().then(|| self.derived_offer());
        derived.into_iter().chain(own.iter().copied())
    }

    /// | parameter | is offered |
    /// |---|---|
    /// | `server_no_context_takeover` | if wanted, or the codec can't keep a window while inflating |
    /// | `client_no_context_takeover` | if wanted, or it can't keep one while compressing |
    /// | `server_max_window_bits` | if wanted below 15, or it can inflate less only |
    /// | `client_max_window_bits` | with a value if wanted below 15; without one if it can choose its window; else not |
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

    /// Server: the response to an offer, or `None` to decline it (RFC 7692 §5.1, §7.1).
    ///
    /// | parameter | is answered |
    /// |---|---|
    /// | `server_no_context_takeover` | if offered, wanted, or the codec can't keep a window while compressing |
    /// | `client_no_context_takeover` | if offered (a hint, made firm), wanted, or it can't keep one while inflating |
    /// | `server_max_window_bits` | if offered or wanted below 15: the smaller one; declined if the codec can't make it |
    /// | `client_max_window_bits` | only if offered: the smallest of hint, wish and what the codec can inflate; without a hint only below 15; declined if not offered and the codec can't inflate 15 |
    #[must_use]
    pub fn respond(&self, offer: &Offer) -> Option<Response> {
        let (codec, wanted) = (&self.codec, &self.wanted);
        let asked = offer.server_max_window_bits;
        // A wish below what the codec can make is no promise: the smallest that it can make comes closest.
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

    /// Client: whether a response is legal for an offer, and within what the codec can do.
    ///
    /// | parameter | a response is legal |
    /// |---|---|
    /// | `server_no_context_takeover` | without it only if it was not offered |
    /// | `client_no_context_takeover` | with and without |
    /// | `server_max_window_bits` | without it, or larger, only if it was not offered; within what the codec can inflate |
    /// | `client_max_window_bits` | with it only if it was offered; above the hint too, which a server may ignore; not below what the codec can make |
    fn is_legal(&self, response: &Response, offer: &Offer) -> bool {
        let codec = &self.codec;
        let server_bits = response.server_max_window_bits;
        let client_bits = response.client_max_window_bits;
        let asked = offer.server_no_context_takeover || !codec.keeps_inflate_context;
        (response.server_no_context_takeover || !asked)
            && offer.server_max_window_bits.is_none_or(|asked| server_bits.is_some_and(|bits| bits <= asked))
            && server_bits.unwrap_or_default() <= codec.max_inflate_window_bits
            && client_bits.is_none_or(|bits| {
                bits >= codec.min_compress_window_bits
                    && offer.client_max_window_bits != ClientMaxWindowBits::Absent
            })
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

    fn verify(&self, response: Params<'_>) -> Result<Hints, Illegal> {
        let response = Response::from_params(response).ok_or(Illegal)?;
        let hints = self.made().filter(|offer| self.is_legal(&response, offer)).map(|offer| offer.hints());
        // The response does not say which offer it answers: of those it can answer, every announcement is kept.
        hints.reduce(strictest).ok_or(Illegal)
    }

    fn answer(&self, offer: Params<'_>, response: &mut ParamWriter<'_, '_>) -> bool {
        let Some(answer) = Offer::from_params(offer).and_then(|offer| self.respond(&offer)) else {
            return false;
        };
        answer.write(response);
        true
    }
}

/// What both sides agreed on, as a codec needs it.
///
/// Displays as a response's value with tokens only, the client's own hints merged in:
/// `permessage-deflate; client_max_window_bits=10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreement {
    /// Whether the server's window is dropped behind every message.
    pub server_no_context_takeover: bool,
    /// Whether the client's window is dropped behind every message.
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with.
    pub server_max_window_bits: WindowBits,
    /// The largest window that the client compresses with.
    pub client_max_window_bits: WindowBits,
}

impl Agreement {
    /// A client keeps to its hints, whatever a server makes of them (§7.1.1.2, §7.1.2.2).
    pub(crate) fn new(response: &Response, hints: Hints) -> Self {
        let client_bits = [response.client_max_window_bits, hints.client_max_window_bits];
        Self {
            server_no_context_takeover: response.server_no_context_takeover,
            client_no_context_takeover: response.client_no_context_takeover
                || hints.client_no_context_takeover,
            server_max_window_bits: response.server_max_window_bits.unwrap_or_default(),
            client_max_window_bits: client_bits.into_iter().flatten().min().unwrap_or_default(),
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

/// The codec can't keep what an offer promises, or there are too many offers.
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

fn strictest(a: Hints, b: Hints) -> Hints {
    let bits = [a.client_max_window_bits, b.client_max_window_bits];
    Hints {
        client_no_context_takeover: a.client_no_context_takeover || b.client_no_context_takeover,
        client_max_window_bits: bits.into_iter().flatten().min(),
    }
}

fn below_max(bits: WindowBits) -> Option<WindowBits> {
    (bits < WindowBits::MAX).then_some(bits)
}
