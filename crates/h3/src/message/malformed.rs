//! Why a head can't be used.

use http3::error::Code;

/// Why a field section is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// QPACK can't decode it: an error of the connection (RFC 9204 §2.2).
    Qpack,
    /// It is over a limit (RFC 9114 §4.2.2).
    TooLarge,
    /// It is malformed: an error of the stream (RFC 9114 §4.1.2), for this reason.
    Message(&'static str),
}

impl Malformed {
    /// The code for the peer.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Qpack => Code::QPACK_DECOMPRESSION_FAILED,
            Self::TooLarge => Code::H3_EXCESSIVE_LOAD,
            Self::Message(_) => Code::H3_MESSAGE_ERROR,
        }
    }

    /// What is wrong, in few words.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Qpack => "a field section that can't be decoded",
            Self::TooLarge => "a head that is too large",
            Self::Message(what) => what,
        }
    }
}
