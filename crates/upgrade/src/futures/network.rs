//! The way through the network to a host: name, addresses, TLS.

use ::async_io::Timer;
use websocket_upgrade_proto as proto;
#[cfg(feature = "rustls")]
use websocket_upgrade_rustls::futures_rustls::TlsConnector;

use proto::uri::Uri;

use super::client_stream::{ClientStream, Stream};
use super::tcp::{Tcp, addresses};
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::client::security::Security;
use crate::client::trace::Trace;
use crate::drive::Deadline;
use crate::drive::address::of_family;
use crate::options::Alpn;

/// Connects to the host of a URI, within the deadline and those of the phases.
pub(super) async fn connect(
    uri: &Uri<'_>,
    options: &ClientOptions,
    trace: &mut Trace,
    deadline: &mut Deadline<Timer>,
) -> Result<ClientStream, ConnectReason> {
    let place = options.network.place(uri)?;
    let security = options.security(uri, Alpn::Http11)?;
    trace.enter(Phase::Resolve);
    let own = |phase| options.phase_time(phase).map(Timer::after);
    let addresses = deadline.within_phase(own(Phase::Resolve), addresses(place)).await;
    let addresses = addresses.map_err(|_| ConnectReason::Deadline)?;
    let addresses = addresses.and_then(|found| of_family(found, options.network.family));
    let addresses = addresses.map_err(ConnectReason::Connect)?;
    trace.enter(Phase::Connect);
    let stream = deadline.within_phase(own(Phase::Connect), Tcp::connect(addresses)).await;
    let stream = stream.map_err(|_| ConnectReason::Deadline)?.map_err(ConnectReason::Connect)?;
    trace.report.remote_address = stream.socket().peer_addr().ok();
    match security {
        Security::None => Ok(ClientStream::new(Stream::Plain(stream))),
        #[cfg(feature = "rustls")]
        Security::Tls(config) => {
            trace.enter(Phase::Tls);
            let connector = TlsConnector::from(config);
            let shaking = connector.connect(options.tls.server_name(uri.host())?, stream);
            let shaken = deadline.within_phase(own(Phase::Tls), options.tls.explained(shaking)).await;
            let shaken = shaken.map_err(|_| ConnectReason::Deadline)?;
            let stream = shaken.map_err(|failure| trace.tls_failed(failure))?;
            Ok(ClientStream::new(Stream::Tls(Box::new(stream))))
        }
    }
}
