//! What not every peer can do.

/// What not every peer can be told to do.
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
    /// To compress what it sends, once that is agreed.
    Compression,
    /// To leave permessage-deflate out.
    NoDeflate,
    /// To fail where it has offered subprotocols and the server has chosen none, as pages shall (a client of RFC 6455
    /// need not).
    NoneChosen,
}

impl Skill {
    /// In words, as what it can't do.
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
        }
    }
}
