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
use crate::text::cause::Explained;
use crate::text::cause::{Behind, SHOWN};
use crate::text::part::Part;

/// Why a client has no connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectReason {
    /// The URL is not a WebSocket URI.
    Uri(UriError),
    /// The URL and the options contradict each other.
    Options(proto::client::OptionsError),
    /// The options ask for something that this driver can't do, such as a proxy without tokio or
    /// without the feature `proxy`.
    Unsupported(&'static str),
    /// The name of the host can't be resolved, or no address of the host answers.
    Connect(io::Error),
    /// The proxy has closed the connection, has broken its protocol, or is a SOCKS proxy and refuses the request.
    Proxy(io::Error),
    /// The proxy has refused the CONNECT request, with status, fields and body.
    ProxyRefused(Box<Refused>),
    /// The TLS handshake has failed, or can't begin.
    Tls(io::Error),
    /// rustls has no crypto provider: turn on the feature `ring` or `aws-lc-rs` of this crate, or install a provider
    /// when the process starts, such as `rustls::crypto::ring::default_provider().install_default()`. Nothing was
    /// dialled.
    NoTlsProvider,
    /// The connection broke during the opening handshake.
    Io(io::Error),
    /// The deadline has passed, that of the phase or that of everything.
    Deadline,
    /// The server has refused the request, with status, fields and body.
    Refused(Box<Refused>),
    /// The server has redirected the client, and the redirect is not followed.
    Redirect(RedirectProblem, Box<Refused>),
    /// The fields that the hook for a 401 has returned can't be sent.
    Answer(FieldError),
    /// The server's response breaks the WebSocket protocol.
    Response(ResponseError),
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectProblem {
    /// There are more redirects than the options allow.
    TooMany,
    /// The redirect leads from TLS to a connection without TLS.
    Downgrade,
    /// `Location` is missing or repeated, or does not lead to a WebSocket or HTTP URI.
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
    /// Something needs TLS, and the feature for it is off.
    #[cfg(all(not(feature = "rustls"), dials))]
    pub(crate) fn no_tls(need: &str) -> Self {
        let error = format!("{need}: run `cargo add websocket-upgrade --features rustls,ring`");
        Self::Tls(Explained::error(io::ErrorKind::Unsupported, error))
    }

    /// Returns the refusal of the server or of a proxy, if this is one.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) | Self::ProxyRefused(refused) | Self::Redirect(_, refused) => {
                Some(refused)
            }
            _ => None,
        }
    }

    /// Returns one of a fixed set of words, for metrics and logs.
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

    /// Returns what to do about it, if that is known.
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

    /// Returns what an error of rustls means. It is for errors that were not replaced by an explanation, because the
    /// caller may look for them.
    fn in_words(&self) -> Option<String> {
        match self {
            #[cfg(feature = "rustls")]
            Self::Proxy(error) | Self::Tls(error) | Self::Io(error) => crate::tls::in_words(error),
            _ => None,
        }
    }

    /// Returns the error of the network, of TLS or of a proxy, for the end of this reason's text.
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
