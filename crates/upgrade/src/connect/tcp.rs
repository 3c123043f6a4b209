//! TCP over tokio: the host's name, its addresses, and the first one that answers.

use std::net::SocketAddr;

use tokio::net::{TcpStream, lookup_host};

use super::phases::Phases;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::drive::address::{self, in_turn};
use crate::drive::attempts::Attempts;
use crate::tokio::sleep;

/// Connects to the host's address, or to the first of several that answers.
pub(super) async fn connect(
    phases: &mut Phases<'_>,
    host: &str,
    port: u16,
) -> Result<TcpStream, ConnectReason> {
    let only = match address::literal(host, port) {
        Some(address) if phases.options.network.family.includes(&address) => address,
        _ => match Box::pin(resolve(phases, host, port)).await?.as_slice() {
            [] => return Err(ConnectReason::Connect(address::no_address())),
            [address] => *address,
            several => return Box::pin(first(phases, several.to_vec())).await,
        },
    };
    let connected = phases.run(Phase::Connect, TcpStream::connect(only)).await?;
    let stream = connected.map_err(ConnectReason::Connect)?;
    Ok(ready(phases, stream, Some(only)))
}

/// The addresses to try, in this order, of which there is at least one.
#[cfg(feature = "internals")]
pub(crate) async fn addresses(
    phases: &mut Phases<'_>,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, ConnectReason> {
    match address::literal(host, port) {
        Some(address) if phases.options.network.family.includes(&address) => Ok(vec![address]),
        _ => match resolve(phases, host, port).await? {
            none if none.is_empty() => Err(ConnectReason::Connect(address::no_address())),
            found => Ok(in_turn(found)),
        },
    }
}

/// The host's addresses, as the system knows them.
async fn resolve(phases: &mut Phases<'_>, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectReason> {
    let found = phases.run(Phase::Resolve, lookup_host((host, port))).await?;
    let found = found.map_err(|error| ConnectReason::Connect(address::unresolved(error)))?;
    address::of_family(found.collect(), phases.options.network.family).map_err(ConnectReason::Connect)
}

/// Connects to the first that answers, trying IPv6 and IPv4 in turn (RFC 8305).
async fn first(phases: &mut Phases<'_>, addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectReason> {
    let attempts = Attempts::new(in_turn(addresses), TcpStream::connect::<SocketAddr>, sleep);
    let connected = phases.run(Phase::Connect, attempts.first()).await?;
    let stream = connected.map_err(ConnectReason::Connect)?;
    let address = stream.peer_addr().ok();
    Ok(ready(phases, stream, address))
}

/// A connection that is ready for the handshake, and reported.
fn ready(phases: &mut Phases<'_>, stream: TcpStream, address: Option<SocketAddr>) -> TcpStream {
    // The head is sent in one write, and the codec decides when to flush later. A failure only makes it slower.
    let _ = stream.set_nodelay(true);
    phases.trace.report.remote_address = address;
    stream
}

#[cfg(all(test, target_os = "linux"))]
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
