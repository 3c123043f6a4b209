//! The gate in front of the raw driver.

use std::net::IpAddr;
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite};

use crate::drive;
use crate::head::RequestHead;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::error::HandleError;
use crate::server::gate::{Gate, TurnedAway};
use crate::server::options::ServerOptions;
use crate::server::refusal::{Refusal, turned_away};
use crate::tokio::{Incoming, Tokio, deadline};
use crate::upgraded::Upgraded;

/// The time for a client that is turned away to receive its answer and to close, unless the deadline is earlier. Such
/// a client is not counted, so the time must be short.
const LINGER: Duration = Duration::from_secs(2);

impl Gate {
    /// Calls [`accept`](crate::accept) if the gate lets the handshake begin. It is counted until the answer is sent.
    ///
    /// Otherwise the client gets 503 with `Retry-After` and the reason, before anything is read. Its connection is
    /// closed in stages (RFC 9112 §9.6) within 2 seconds.
    ///
    /// `peer` is the address of the other end of the socket. It also decides whether the other end is a trusted proxy
    /// ([`Origins::trusted_proxy`](crate::Origins::trusted_proxy)).
    ///
    /// # Errors
    ///
    /// As [`accept`](crate::accept), and [`HandleError::TurnedAway`] if the gate turned the client away.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection. It is no longer counted then.
    pub async fn accept<S>(
        &self,
        io: S,
        peer: impl Into<Option<IpAddr>>,
        options: &ServerOptions,
    ) -> Result<Upgraded<S, RequestHead>, HandleError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let peer = peer.into();
        match self.enter(peer) {
            Ok(_permit) => {
                let info = HandshakeInfo::silent(peer.or(options.peer_address()));
                drive::accept::<Tokio, S>(io, options, info, || deadline(options.time())).await
            }
            Err(why) => Err(Box::pin(self.turn_away(io, why, options.time(), options.discarded())).await),
        }
    }

    /// Calls [`receive`](crate::receive) if the gate lets the handshake begin. It is counted until it is decided.
    ///
    /// Otherwise the client is answered as by [`Gate::accept`].
    ///
    /// # Errors
    ///
    /// As [`receive`](crate::receive), and [`HandleError::TurnedAway`] if the gate turned the client away.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection. It is no longer counted then.
    pub async fn receive<S>(
        &self,
        io: S,
        peer: impl Into<Option<IpAddr>>,
        options: &ServerOptions,
    ) -> Result<Incoming<S>, HandleError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let peer = peer.into();
        match self.enter(peer) {
            Ok(permit) => {
                let (info, deadline) =
                    (HandshakeInfo::silent(peer.or(options.peer_address())), deadline(options.time()));
                let receive = Box::pin(drive::receive::<Tokio, S>(io, options, info, deadline));
                Ok(Incoming::new(receive.await?.counted(permit)))
            }
            Err(why) => Err(Box::pin(self.turn_away(io, why, options.time(), options.discarded())).await),
        }
    }

    /// 503, and the connection is closed in stages.
    pub(super) async fn turn_away<S>(
        &self,
        mut io: S,
        why: TurnedAway,
        time: Duration,
        discarded: usize,
    ) -> HandleError
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let info = HandshakeInfo::silent(None);
        let bytes = turned_away(why, self.retry_after(), &info, |refusal: Refusal<'_>| refusal.encode());
        let mut deadline = deadline(time.min(LINGER));
        // The result is ignored: the client is turned away whether or not it received the answer.
        let _ = drive::refuse::<Tokio, S>(&mut io, &bytes, discarded, &mut deadline).await;
        HandleError::TurnedAway(why)
    }
}
