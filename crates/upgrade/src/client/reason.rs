//! Why a client has no connection.

use std::error::Error;
use std::fmt;
use std::io;

use websocket_upgrade_proto as proto;

use proto::client::ResponseError;
use proto::field::FieldError;
use proto::uri::UriError;

use super::refused::Refused;
#[cfg(all(not(feature = "rustls"), dials))]
use crate::cause::Explained;
use crate::cause::{Behind, SHOWN};
use crate::part::Part;

/// Why a client has no connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectReason {
    /// The URL is no WebSocket URI.
    Uri(UriError),
    /// The URL and the options contradict each other.
    Options(proto::client::OptionsError),
    /// The options ask for something that this driver can't do: a proxy, say, outside tokio.
    Unsupported(&'static str),
    /// The host has no address, or none that answers.
    Connect(io::Error),
    /// The proxy broke the connection or its own protocol, or its answer, which has no status, says no (SOCKS).
    Proxy(io::Error),
    /// The proxy said no, with its status, fields and body (HTTP CONNECT).
    ProxyRefused(Box<Refused>),
    /// The TLS handshake failed, or can't be tried.
    Tls(io::Error),
    /// rustls has no crypto provider: turn on the feature `ring` or `aws-lc-rs` of this crate, or install a provider when
    /// the process starts, such as `rustls::crypto::ring::default_provider().install_default()`. Nothing was dialled.
    NoTlsProvider,
    /// The connection broke during the handshake.
    Io(io::Error),
    /// The deadline, for everything or for the phase, came first.
    Deadline,
    /// The server said no: an outcome, with its status, fields and body.
    Refused(Box<Refused>),
    /// The server sent the client elsewhere, but there it does not go.
    Redirect(RedirectProblem, Box<Refused>),
    /// The fields that should answer a 401 can't be sent.
    Answer(FieldError),
    /// The server's response breaks the protocol.
    Response(ResponseError),
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectProblem {
    /// More redirects than the options allow.
    TooMany,
    /// From TLS to a connection without.
    Downgrade,
    /// `Location` is missing, repeated, or no reference to a WebSocket or HTTP URI.
    Location,
}

#[cfg(feature = "rustls")]
impl From<crate::tls::Unusable> for ConnectReason {
    fn from(unusable: crate::tls::Unusable) -> Self {
        match unusable {
            crate::tls::Unusable::NoProvider => Self::NoTlsProvider,
            crate::tls::Unusable::Error(error) => Self::Tls(error),
        }
    }
}

impl ConnectReason {
    /// There is no TLS, and something needs it.
    #[cfg(all(not(feature = "rustls"), dials))]
    pub(crate) fn no_tls(need: &str) -> Self {
        let error = format!("{need}: run `cargo add websocket-upgrade --features rustls,ring`");
        Self::Tls(Explained::error(io::ErrorKind::Unsupported, error))
    }

    /// An answer that says no, the server's or a proxy's, if that is what it is.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) | Self::ProxyRefused(refused) | Self::Redirect(_, refused) => {
                Some(refused)
            }
            _ => None,
        }
    }

    /// One of a fixed set of words, for counts and logs.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Uri(_) => "uri",
            Self::Options(_) => "options",
            Self::Unsupported(_) => "unsupported",
            Self::Connect(_) => "connect",
            Self::Proxy(_) => "proxy",
            Self::ProxyRefused(_) => "proxy_refused",
            Self::Tls(_) => "tls",
            Self::NoTlsProvider => "no_tls_provider",
            Self::Io(_) => "io",
            Self::Deadline => "deadline",
            Self::Refused(_) => "refused",
            Self::Redirect(RedirectProblem::TooMany, _) => "redirect_too_many",
            Self::Redirect(RedirectProblem::Downgrade, _) => "redirect_downgrade",
            Self::Redirect(RedirectProblem::Location, _) => "redirect_location",
            Self::Answer(_) => "answer",
            Self::Response(_) => "response",
        }
    }

    /// What to do about it, where that is known.
    fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refused) if refused.head.is_redirect() => {
                Some("a redirect, which create_upgrade_request follows if ClientOptions::redirects lets it")
            }
            #[cfg(feature = "rustls")]
            Self::Tls(error) if crate::tls::is_no_tls(error) => {
                Some("the server does not speak TLS here: ws:// instead of wss://")
            }
            #[cfg(feature = "rustls")]
            Self::Proxy(error) if crate::tls::is_no_tls(error) => {
                Some("the proxy does not speak TLS here: http:// instead of https://")
            }
            _ => None,
        }
    }

    /// What an error of rustls means that a caller may look for, and that is not explained for this reason.
    fn in_words(&self) -> Option<String> {
        match self {
            #[cfg(feature = "rustls")]
            Self::Proxy(error) | Self::Tls(error) | Self::Io(error) => crate::tls::in_words(error),
            _ => None,
        }
    }

    /// What the network, TLS or a proxy says.
    fn behind(&self) -> Option<Behind<'_>> {
        match self {
            Self::Connect(error) | Self::Proxy(error) | Self::Tls(error) | Self::Io(error) => {
                Some(Behind(error))
            }
            _ => None,
        }
    }
}

/// One line. `{}` leaves out what [`source`](Error::source) says; `{:#}` shows all causes.
impl fmt::Display for ConnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(error) => write!(f, "invalid WebSocket URI: {error}"),
            Self::Options(error) => write!(f, "contradicting options: {error}"),
            Self::Unsupported(what) => write!(f, "not supported here: {what}"),
            Self::Connect(_) => f.write_str("could not connect"),
            Self::Proxy(_) => f.write_str("no way through the proxy"),
            Self::ProxyRefused(refused) => write!(f, "the proxy {refused}"),
            Self::Tls(_) => f.write_str("TLS handshake failed"),
            Self::NoTlsProvider => f.write_str(
                "no TLS: rustls has no crypto provider: run `cargo add websocket-upgrade --features ring`, or call \
                 `rustls::crypto::ring::default_provider().install_default()` when the process starts",
            ),
            Self::Io(_) => f.write_str("the connection broke during the opening handshake"),
            Self::Deadline => f.write_str("no more time: the deadline has passed"),
            Self::Refused(refused) => refused.fmt(f),
            Self::Redirect(problem, refused) => write!(f, "{problem}: {refused}"),
            Self::Answer(error) => write!(f, "no answer to a 401: {error}"),
            Self::Response(error) => {
                write!(f, "the server's response breaks the WebSocket protocol: {error}")
            }
        }?;
        match (self.behind(), f.alternate()) {
            (Some(behind), true) => behind.fmt(f)?,
            (Some(behind), false) => match self.in_words() {
                Some(words) => write!(f, ": {}", Part(words, SHOWN))?,
                None => behind.fmt(f)?,
            },
            (None, _) => {}
        }
        match self.advice() {
            Some(advice) => write!(f, " ({advice})"),
            None => Ok(()),
        }
    }
}

impl Error for ConnectReason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.behind()?.source()
    }
}

impl fmt::Display for RedirectProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooMany => "more redirects than the options allow",
            Self::Downgrade => "redirected from TLS to a connection without",
            Self::Location => "redirected without a usable Location",
        })
    }
}
