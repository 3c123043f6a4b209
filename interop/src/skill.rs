//! The skills that not every peer has.

/// A behaviour that not every peer can be told to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skill {
    /// To offer no extension.
    NoOffer,
    /// `server_max_window_bits` with a value.
    ServerWindow,
    /// `client_max_window_bits` with a value.
    ClientWindow,
    /// `server_no_context_takeover`.
    NoServerContext,
    /// `client_no_context_takeover`.
    NoClientContext,
    /// To compress what it sends, if that is agreed.
    Compression,
    /// To leave permessage-deflate out.
    NoDeflate,
    /// To fail if it has offered subprotocols and the server has chosen none. Browsers must do so; a client of RFC
    /// 6455 need not.
    NoneChosen,
    /// As a server over HTTP/3, to write `closed: CODE` to the standard error.
    Goodbye,
}

impl Skill {
    /// Describes the skill, for a peer that lacks it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NoOffer => "offer nothing",
            Self::ServerWindow => "agree on a smaller window of the server",
            Self::ClientWindow => "agree on a smaller window of the client",
            Self::NoServerContext => "ask the server for no context takeover",
            Self::NoClientContext => "agree on a client without context takeover",
            Self::Compression => "compress what it sends",
            Self::NoDeflate => "leave permessage-deflate out",
            Self::NoneChosen => "fail where no subprotocol is chosen",
            Self::Goodbye => "tell how a WebSocket has ended",
        }
    }
}
