//! The way through the network to a host: name, addresses, TLS.

#[cfg(feature = "rustls")]
use std::io;
use std::time::Instant;

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

#[cfg(feature = "rustls")]
use super::bounded::Bounded;
use super::client_stream::{ClientStream, Stream};
#[cfg(feature = "rustls")]
use super::runtime::block_on;
use super::tcp;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::client::security::Security;
use crate::client::trace::Trace;
use crate::drive::address::of_family;
use crate::options::Alpn;

/// The network, as the options say.
pub(super) struct Network<'o> {
    options: &'o ClientOptions,
    until: Option<Instant>,
}

impl<'o> Network<'o> {
    /// With a deadline from now on.
    pub(super) fn new(options: &'o ClientOptions) -> Self {
        Self { options, until: Instant::now().checked_add(options.time()) }
    }

    /// The end of a phase that begins now.
    pub(super) fn until(&self, phase: Phase) -> Option<Instant> {
        let own = self.options.phase_time(phase).and_then(|time| Instant::now().checked_add(time));
        self.until.into_iter().chain(own).min()
    }

    /// Connects to the host of a URI, within the deadline and those of the phases.
    pub(super) fn connect(
        &self,
        uri: &Uri<'_>,
        options: &ClientOptions,
        trace: &mut Trace,
    ) -> Result<ClientStream, ConnectReason> {
        let place = options.network.place(uri)?;
        let security = options.security(uri, Alpn::Http11)?;
        trace.enter(Phase::Resolve);
        let addresses = tcp::addresses(place, self.until(Phase::Resolve))?;
        let addresses = of_family(addresses, options.network.family).map_err(ConnectReason::Connect)?;
        trace.enter(Phase::Connect);
        let stream = tcp::connect(addresses, self.until(Phase::Connect))?;
        trace.report.remote_address = stream.peer_addr().ok();
        match security {
            Security::None => Ok(ClientStream::new(Stream::Plain(stream))),
            #[cfg(feature = "rustls")]
            Security::Tls(config) => {
                trace.enter(Phase::Tls);
                let connection = rustls::ClientConnection::new(config, options.tls.server_name(uri.host())?)
                    .map_err(|error| ConnectReason::Tls(io::Error::other(error)))?;
                let stream = Stream::Tls(Box::new(rustls::StreamOwned::new(connection, stream)));
                let bounded = Bounded::until(ClientStream::new(stream), self.until(Phase::Tls));
                let (mut stream, mut deadline) = bounded.map_err(ConnectReason::Io)?;
                let shaken = block_on(deadline.within(options.tls.explained(stream.flushed())));
                let shaken = shaken.map_err(|_| ConnectReason::Deadline)?;
                shaken.map_err(|failure| trace.tls_failed(failure))?;
                Ok(stream.into_inner())
            }
        }
    }
}
