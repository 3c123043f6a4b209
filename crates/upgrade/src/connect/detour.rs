//! The ways to a host that are not a TCP connection to it: a service of the caller's own, and a proxy.

use std::io;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use super::client_stream::{ClientStream, Stream};
use super::phases::Phases;
use super::proxy::Bounds;
use super::target;
use super::tcp;
#[cfg(feature = "rustls")]
use super::tls;
use crate::client::place::Place;
use crate::client::proxy::Proxy;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::client::security::Security;
use crate::client::transport::Custom;
use crate::options::checked;
use crate::text::cause::Explained;
use crate::upgraded::ReplayStream;

/// The stream of the caller's own service, or through the proxy on the way to the URI. `None` if there is neither, so
/// that the way is straight.
pub(super) async fn detour(
    phases: &mut Phases<'_>,
    uri: &Uri<'_>,
    place: Place<'_>,
) -> Result<Option<ClientStream>, ConnectReason> {
    let options = phases.options;
    if let Some(custom) = &options.network.custom {
        return call(phases, custom, uri, place).await.map(Some);
    }
    match options.network.proxies.through(uri)? {
        None => Ok(None),
        // Boxed because most connections have no proxy.
        Some(proxy) => Ok(Some(ClientStream::new(Box::pin(through(phases, &proxy, place)).await?))),
    }
}

/// Calls the caller's own service.
async fn call(
    phases: &mut Phases<'_>,
    custom: &Custom,
    uri: &Uri<'_>,
    place: Place<'_>,
) -> Result<ClientStream, ConnectReason> {
    if custom.includes_tls() && place != Place::of(uri) {
        let what = "connect_to with a connector of one's own, which decides where it connects to";
        return Err(ConnectReason::Unsupported(what));
    }
    let to = target::target(uri.secure(), place)?;
    let called = phases.run(Phase::Connect, custom.call(to)).await?;
    let stream = called.map(ClientStream::of_custom).map_err(|error| {
        phases.trace.adopt(error.report(), error.phase());
        error.into_reason()
    })?;
    if stream.kept().times.total() > Duration::ZERO {
        phases.trace.adopt(stream.kept(), Phase::Prepare);
    }
    Ok(stream)
}

/// Connects through a proxy.
async fn through(phases: &mut Phases<'_>, proxy: &Proxy, place: Place<'_>) -> Result<Stream, ConnectReason> {
    phases.trace.report.proxy = Some(proxy.to_string());
    let security = phases.options.security_to(proxy)?;
    let connected = tcp::connect(phases, proxy.host(), proxy.port()).await;
    let stream = connected.map_err(|reason| match reason {
        ConnectReason::Connect(error) => ConnectReason::Connect(unreachable_proxy(proxy, error)),
        reason => reason,
    })?;
    let to = target::target(false, place)?;
    let mut refused = None;
    let options = phases.options;
    let fields = checked(&options.network.proxy_lines);
    let bounds = Bounds { limits: options.bounds(), idle: options.body_idle() };
    let way = async {
        match security {
            Security::None => {
                let (stream, behind) = proxy.tunnel(stream, &to, fields, bounds, &mut refused).await?;
                Ok(if behind.is_empty() {
                    Stream::Tcp(stream)
                } else {
                    Stream::Other(Box::new(ReplayStream { io: stream, read_buf: behind }))
                })
            }
            #[cfg(feature = "rustls")]
            Security::Tls(config) => {
                let stream = tls::to_proxy(stream, proxy, options, config).await?;
                let (stream, behind) = proxy.tunnel(stream, &to, fields, bounds, &mut refused).await?;
                Ok(Stream::Other(Box::new(ReplayStream { io: stream, read_buf: behind })))
            }
        }
    };
    match phases.run(Phase::Proxy, Box::pin(way)).await {
        Ok(done) => done,
        // The proxy's refusal says more than that its body did not end.
        Err(reason) => Err(refused.map_or(reason, |refused| ConnectReason::ProxyRefused(Box::new(refused)))),
    }
}

/// The error of a proxy that can't be reached. A proxy's text has no credentials.
fn unreachable_proxy(proxy: &Proxy, error: io::Error) -> io::Error {
    Explained::of_cause(error.kind(), format!("the proxy {proxy} can't be reached"), error)
}
