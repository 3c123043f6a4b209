//! TCP over tokio: the host's name, its addresses, and the first one that answers.

use std::error::Error;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;

use super::phases::Phases;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::drive::address;

/// Connects to the host's address, or to the first of several that answers.
pub(super) async fn connect(
    phases: &mut Phases<'_>,
    host: &str,
    port: u16,
) -> Result<TcpStream, ConnectReason> {
    let only = match address::literal(host, port) {
        Some(address) => address,
        None => match Box::pin(resolve(phases, host, port)).await?.as_slice() {
            [] => return Err(ConnectReason::Connect(address::no_address())),
            [address] => *address,
            several => return Box::pin(first(phases, several.to_vec())).await,
        },
    };
    let connected = phases.run(Phase::Connect, TcpStream::connect(only)).await?;
    let stream = connected.map_err(ConnectReason::Connect)?;
    // The head is sent in one write, and the codec decides when to flush later. A failure only makes it slower.
    let _ = stream.set_nodelay(true);
    phases.trace.report.remote_address = Some(only);
    Ok(stream)
}

/// The host's addresses, as the system knows them.
async fn resolve(phases: &mut Phases<'_>, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectReason> {
    let name: Name = host
        .parse()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
        .map_err(|error| ConnectReason::Connect(address::unresolved(error)))?;
    let found = phases.run(Phase::Resolve, GaiResolver::new().call(name)).await?;
    let found = found.map_err(|error| ConnectReason::Connect(address::unresolved(error)))?;
    Ok(found.map(|address| SocketAddr::new(address.ip(), port)).collect())
}

/// Connects to the first that answers, trying IPv6 and IPv4 at the same time (RFC 8305).
async fn first(phases: &mut Phases<'_>, addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectReason> {
    // The connector asks its resolver, which returns the addresses that are known already.
    let mut connector = HttpConnector::new_with_resolver(Known(addresses));
    connector.set_nodelay(true);
    // Every address of a family gets an equal share of the time.
    let left = phases.left(Phase::Connect);
    connector.set_connect_timeout(Some(left));
    let begun = Instant::now();
    let known = http::Uri::from_static("http://host.invalid/");
    let connected = phases.run(Phase::Connect, connector.call(known)).await?;
    let stream = connected.map_err(|error| match of_connector(error) {
        // All shares have been used up.
        error if error.kind() == io::ErrorKind::TimedOut && begun.elapsed() >= left => {
            ConnectReason::Deadline
        }
        error => ConnectReason::Connect(error),
    })?;
    let stream = stream.into_inner();
    phases.trace.report.remote_address = stream.peer_addr().ok();
    Ok(stream)
}

/// The connector's error, with the kind of its cause.
fn of_connector(error: impl Error + Send + Sync + 'static) -> io::Error {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    let inner = loop {
        match cause.map(|cause| (cause.downcast_ref::<io::Error>(), cause.source())) {
            None => break None,
            Some((Some(inner), _)) => break Some((inner.kind(), inner.raw_os_error())),
            Some((None, next)) => cause = next,
        }
    };
    match inner {
        Some((_, Some(code))) => io::Error::from_raw_os_error(code),
        Some((kind, None)) => io::Error::new(kind, error),
        None => io::Error::other(error),
    }
}

/// Addresses that have been looked up.
#[derive(Clone)]
struct Known(Vec<SocketAddr>);

impl Service<Name> for Known {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}

#[cfg(all(test, target_os = "linux", feature = "blocking"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::options::ClientOptions;
    use crate::client::trace::Trace;
    use crate::tokio::deadline;

    #[tokio::test]
    async fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (addresses, _listening) = address::tests::full_and_free();
        let (answers, options) = (addresses[1], ClientOptions::new());
        let (mut trace, mut deadline) = (Trace::new(), deadline(Duration::from_secs(2)));
        let mut phases = Phases::new(&options, &mut trace, &mut deadline);
        let stream = first(&mut phases, addresses).await.expect("one that answers");
        assert_eq!(stream.peer_addr().expect("an address"), answers);
    }
}
