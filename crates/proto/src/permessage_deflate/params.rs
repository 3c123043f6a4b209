//! The four parameters (RFC 7692 §7.1) in an offer and in a response.

use core::fmt;

use crate::extension::{ParamWriter, Params, Value};

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The base-2 logarithm of an LZ77 window's size in bytes: 8 to 15. The default is 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowBits(u8);

impl WindowBits {
    /// 8 bits: 256 bytes.
    pub const MIN: Self = Self(8);
    /// 15 bits: 32 KiB.
    pub const MAX: Self = Self(15);
    pub(super) const NINE: Self = Self(9);

    /// Makes a window size; returns `None` unless `bits` is 8 to 15.
    pub const fn new(bits: u8) -> Option<Self> {
        if bits >= Self::MIN.0 && bits <= Self::MAX.0 { Some(Self(bits)) } else { None }
    }

    /// Returns the number of bits.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Parses a decimal number without leading zeros, sign or white space (§7.1.2).
    fn from_value(value: Value<'_>) -> Option<Self> {
        let mut bytes = value.bytes();
        let bits = match (bytes.next()?, bytes.next(), bytes.next()) {
            (units @ b'8'..=b'9', None, None) => units - b'0',
            (b'1', Some(units @ b'0'..=b'5'), None) => 10 + units - b'0',
            _ => return None,
        };
        Some(Self(bits))
    }
}

impl Default for WindowBits {
    fn default() -> Self {
        Self::MAX
    }
}

impl fmt::Display for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The parameter `client_max_window_bits` in an offer (§7.1.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientMaxWindowBits {
    /// The client does not understand the parameter in a response.
    #[default]
    Absent,
    /// The client understands it.
    NoValue,
    /// The client understands it, and announces that it uses no larger window.
    Value(WindowBits),
}

/// One offer of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Asks the server to drop its window after every message (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// Hints that the client drops its own window after every message (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The largest window that the server may compress with (§7.1.2.1).
    pub server_max_window_bits: Option<WindowBits>,
    /// Whether a response may limit the client's window, and the client's hint (§7.1.2.2).
    pub client_max_window_bits: ClientMaxWindowBits,
}

impl Offer {
    pub(super) const EMPTY: Self = Self {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: None,
        client_max_window_bits: ClientMaxWindowBits::Absent,
    };

    /// Parses parameters as they stand in a field (§7.1), such as `server_no_context_takeover;
    /// client_max_window_bits=10`. They may be empty.
    pub fn parse(params: &str) -> Option<Self> {
        Self::from_params(Params::parse(params)?)
    }

    /// Reads the parameters of an offer (§7.1). Returns `None` if one is unknown, is repeated, or has an illegal
    /// value.
    ///
    /// | parameter | value |
    /// |---|---|
    /// | `server_no_context_takeover` | none |
    /// | `client_no_context_takeover` | none |
    /// | `server_max_window_bits` | 8 to 15 |
    /// | `client_max_window_bits` | none, or 8 to 15 |
    pub fn from_params(params: Params<'_>) -> Option<Self> {
        let mut read = Self::EMPTY;
        for param in params {
            let value = param.value();
            let name = param.name_bytes();
            let once = if name == SERVER_NO_CONTEXT_TAKEOVER.as_bytes() {
                value.is_none() && !core::mem::replace(&mut read.server_no_context_takeover, true)
            } else if name == CLIENT_NO_CONTEXT_TAKEOVER.as_bytes() {
                value.is_none() && !core::mem::replace(&mut read.client_no_context_takeover, true)
            } else if name == SERVER_MAX_WINDOW_BITS.as_bytes() {
                let bits = WindowBits::from_value(value?)?;
                read.server_max_window_bits.replace(bits).is_none()
            } else if name == CLIENT_MAX_WINDOW_BITS.as_bytes() {
                let bits = match value {
                    None => ClientMaxWindowBits::NoValue,
                    Some(value) => ClientMaxWindowBits::Value(WindowBits::from_value(value)?),
                };
                core::mem::replace(&mut read.client_max_window_bits, bits) == ClientMaxWindowBits::Absent
            } else {
                false
            };
            if !once {
                return None;
            }
        }
        Some(read)
    }

    pub(super) fn write(&self, out: &mut ParamWriter<'_, '_>) {
        if self.server_no_context_takeover {
            out.flag(SERVER_NO_CONTEXT_TAKEOVER);
        }
        if self.client_no_context_takeover {
            out.flag(CLIENT_NO_CONTEXT_TAKEOVER);
        }
        if let Some(bits) = self.server_max_window_bits {
            out.number(SERVER_MAX_WINDOW_BITS, bits.get());
        }
        match self.client_max_window_bits {
            ClientMaxWindowBits::Absent => {}
            ClientMaxWindowBits::NoValue => out.flag(CLIENT_MAX_WINDOW_BITS),
            ClientMaxWindowBits::Value(bits) => out.number(CLIENT_MAX_WINDOW_BITS, bits.get()),
        }
    }
}

/// A server's response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Whether the server drops its window after every message.
    pub server_no_context_takeover: bool,
    /// Whether the client must drop its window after every message.
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with.
    pub server_max_window_bits: Option<WindowBits>,
    /// The largest window that the client may compress with.
    pub client_max_window_bits: Option<WindowBits>,
}

impl Response {
    pub(super) const NOTHING: Self = Self {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };

    /// Reads the parameters of a response (§7.1). Returns `None` if one is unknown, is repeated, or has an illegal
    /// value. They are those of an offer, except that `client_max_window_bits` must have a value.
    pub fn from_params(params: Params<'_>) -> Option<Self> {
        let read = Offer::from_params(params)?;
        let client_max_window_bits = match read.client_max_window_bits {
            ClientMaxWindowBits::Absent => None,
            ClientMaxWindowBits::NoValue => return None,
            ClientMaxWindowBits::Value(bits) => Some(bits),
        };
        Some(Self {
            server_no_context_takeover: read.server_no_context_takeover,
            client_no_context_takeover: read.client_no_context_takeover,
            server_max_window_bits: read.server_max_window_bits,
            client_max_window_bits,
        })
    }

    pub(super) fn write(&self, out: &mut ParamWriter<'_, '_>) {
        let client_bits = self.client_max_window_bits;
        let same_as_offer = Offer {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: self.server_max_window_bits,
            client_max_window_bits: client_bits
                .map_or(ClientMaxWindowBits::Absent, ClientMaxWindowBits::Value),
        };
        same_as_offer.write(out);
    }
}
