//! Why a server has no connection.

use std::error::Error;
use std::fmt;
use std::io;

use websocket_upgrade_proto as proto;

use proto::server::RequestError;

use crate::text::cause::Behind;

/// Why a server has no connection. The client has been answered, unless it has closed the connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandleError {
    /// The client closed the connection before it sent a request.
    Closed,
    /// The connection broke during the opening handshake.
    Io(io::Error),
    /// The request was rejected for this reason, and the client has the answer.
    Rejected(RequestError),
    /// The gate has not let the handshake begin, and the client has the answer.
    #[cfg(feature = "tokio")]
    TurnedAway(crate::server::gate::TurnedAway),
}

impl HandleError {
    /// Returns why the request was rejected, if it was.
    pub fn rejected(&self) -> Option<&RequestError> {
        match self {
            Self::Rejected(error) => Some(error),
            _ => None,
        }
    }
}

/// `{}` is one line with the reason, and [`source`](Error::source) is its cause. `{:#}` shows all causes.
impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed by the client before a request"),
            Self::Io(error) => {
                f.write_str("the connection broke during the opening handshake")?;
                Behind(error).fmt(f)
            }
            Self::Rejected(error) => write!(f, "rejected with status {}: {error}", error.reason().status()),
            #[cfg(feature = "tokio")]
            Self::TurnedAway(why) => write!(f, "turned away with status 503: {why}"),
        }
    }
}

impl Error for HandleError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Behind(error).source(),
            // The text has the whole reason.
            _ => None,
        }
    }
}
