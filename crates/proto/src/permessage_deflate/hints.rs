//! What the response does not say of the client's own direction, in the form that the negotiation keeps.

use super::params::{ClientMaxWindowBits, Offer, WindowBits};
use crate::extension::Announced;

/// What a client keeps to in its own direction, beside the response: the hints of the accepted offer (RFC 7692
/// §7.1.1.2, §7.1.2.2), and whether its codec can keep to the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Whether the client announced that it does not keep its window between messages.
    pub client_no_context_takeover: bool,
    /// The largest window that the client announced for itself.
    pub client_max_window_bits: Option<WindowBits>,
    /// Whether the response limits the client to a window that is smaller than its codec can compress with.
    pub must_not_compress: bool,
}

impl Hints {
    pub(super) fn of(offer: &Offer) -> Self {
        Self {
            client_no_context_takeover: offer.client_no_context_takeover,
            client_max_window_bits: match offer.client_max_window_bits {
                ClientMaxWindowBits::Value(bits) => Some(bits),
                ClientMaxWindowBits::Absent | ClientMaxWindowBits::NoValue => None,
            },
            must_not_compress: false,
        }
    }

    /// Returns the hints of a client that keeps to both.
    pub(super) fn strictest(self, other: Self) -> Self {
        let bits = [self.client_max_window_bits, other.client_max_window_bits];
        Self {
            client_no_context_takeover: self.client_no_context_takeover || other.client_no_context_takeover,
            client_max_window_bits: bits.into_iter().flatten().min(),
            must_not_compress: self.must_not_compress || other.must_not_compress,
        }
    }
}

/// The bits of the two flags. The four lowest bits are the size of the window, or 0 without one.
const NO_CONTEXT_TAKEOVER: u8 = 0x80;
const MUST_NOT_COMPRESS: u8 = 0x40;
const WINDOW_BITS: u8 = 0x0F;

impl From<Hints> for Announced {
    fn from(hints: Hints) -> Self {
        let flag = |is_set, bit| if is_set { bit } else { 0 };
        let takeover = flag(hints.client_no_context_takeover, NO_CONTEXT_TAKEOVER);
        let compress = flag(hints.must_not_compress, MUST_NOT_COMPRESS);
        Self::new(takeover + compress + hints.client_max_window_bits.map_or(0, WindowBits::get))
    }
}

/// Reads what [`PermessageDeflate`](super::PermessageDeflate) keeps.
impl From<Announced> for Hints {
    fn from(announced: Announced) -> Self {
        let bits = announced.bits();
        Self {
            client_no_context_takeover: bits & NO_CONTEXT_TAKEOVER != 0,
            client_max_window_bits: WindowBits::new(bits & WINDOW_BITS),
            must_not_compress: bits & MUST_NOT_COMPRESS != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_as_they_were_announced() {
        let flags = [[false, false], [false, true], [true, false], [true, true]];
        let windows = (0..=u8::MAX).map(WindowBits::new);
        for (client_max_window_bits, flags) in windows.flat_map(|bits| flags.map(|flags| (bits, flags))) {
            let [client_no_context_takeover, must_not_compress] = flags;
            let hints = Hints { client_no_context_takeover, client_max_window_bits, must_not_compress };
            let announced = Announced::from(hints);
            assert_eq!(Hints::from(announced), hints);
            assert_eq!(announced == Announced::default(), hints == Hints::default());
        }
    }
}
