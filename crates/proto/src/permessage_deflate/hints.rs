//! The hints of an offer (RFC 7692 §7.1.1.2, §7.1.2.2), in the form that the negotiation keeps.

use super::params::{ClientMaxWindowBits, Offer, WindowBits};
use crate::extension::Announced;

/// What a client announced for its own direction in the accepted offer, if the response need not repeat it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Whether the client announced that it does not keep its window between messages.
    pub client_no_context_takeover: bool,
    /// The largest window that the client announced for itself.
    pub client_max_window_bits: Option<WindowBits>,
}

impl Hints {
    pub(super) fn of(offer: &Offer) -> Self {
        Self {
            client_no_context_takeover: offer.client_no_context_takeover,
            client_max_window_bits: match offer.client_max_window_bits {
                ClientMaxWindowBits::Value(bits) => Some(bits),
                ClientMaxWindowBits::Absent | ClientMaxWindowBits::NoValue => None,
            },
        }
    }

    /// Returns the hints of a client that keeps to both.
    pub(super) fn strictest(self, other: Self) -> Self {
        let bits = [self.client_max_window_bits, other.client_max_window_bits];
        Self {
            client_no_context_takeover: self.client_no_context_takeover || other.client_no_context_takeover,
            client_max_window_bits: bits.into_iter().flatten().min(),
        }
    }
}

/// The bit for `client_no_context_takeover`. The four lowest bits are the size of the window, or 0 without one.
const NO_CONTEXT_TAKEOVER: u8 = 0x80;
const WINDOW_BITS: u8 = 0x0F;

impl From<Hints> for Announced {
    fn from(hints: Hints) -> Self {
        let takeover = if hints.client_no_context_takeover { NO_CONTEXT_TAKEOVER } else { 0 };
        Self::new(takeover + hints.client_max_window_bits.map_or(0, WindowBits::get))
    }
}

/// Reads what [`PermessageDeflate`](super::PermessageDeflate) announced.
impl From<Announced> for Hints {
    fn from(announced: Announced) -> Self {
        let bits = announced.bits();
        Self {
            client_no_context_takeover: bits & NO_CONTEXT_TAKEOVER != 0,
            client_max_window_bits: WindowBits::new(bits & WINDOW_BITS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_as_they_were_announced() {
        let windows = (0..=u8::MAX).map(WindowBits::new);
        let all = windows.flat_map(|bits| [(false, bits), (true, bits)]);
        for (client_no_context_takeover, client_max_window_bits) in all {
            let hints = Hints { client_no_context_takeover, client_max_window_bits };
            let announced = Announced::from(hints);
            assert_eq!(Hints::from(announced), hints);
            assert_eq!(announced == Announced::default(), hints == Hints::default());
        }
    }
}
