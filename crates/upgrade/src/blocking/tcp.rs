//! TCP of the system: the host's addresses, and the first one that answers.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::shares::Shares;
use crate::client::place::Place;
use crate::client::reason::ConnectReason;
use crate::drive::address;
use crate::text::cause::Explained;

/// The addresses of a host.
pub(super) fn addresses(place: Place<'_>, until: Option<Instant>) -> Result<Vec<SocketAddr>, ConnectReason> {
    let Place { host, port } = place;
    if let Some(address) = address::literal(host, port) {
        return Ok(vec![address]);
    }
    let host = host.to_owned();
    on_a_thread(until, move || address::addresses(&host, port))?.map_err(ConnectReason::Connect)
}

/// To the first of the addresses that answers in its share of the time.
pub(super) fn connect(
    addresses: Vec<SocketAddr>,
    until: Option<Instant>,
) -> Result<TcpStream, ConnectReason> {
    let (mut addresses, mut failed) = (Shares::new(addresses), None);
    while let Some((address, share)) = addresses.next(left(until)) {
        let connected = match share.or_else(|| left(until)) {
            None => TcpStream::connect(address),
            Some(Duration::ZERO) => return Err(ConnectReason::Deadline),
            Some(time) => TcpStream::connect_timeout(&address, time),
        };
        match connected {
            Ok(stream) => {
                // The head is sent in one write, and the codec decides when to flush later.
                stream.set_nodelay(true).map_err(ConnectReason::Connect)?;
                return Ok(stream);
            }
            Err(_) if left(until) == Some(Duration::ZERO) => return Err(ConnectReason::Deadline),
            Err(error) => failed = Some(error),
        }
    }
    Err(ConnectReason::Connect(failed.unwrap_or_else(address::no_address)))
}

/// What `work`, which knows no deadline, gives up to then.
fn on_a_thread<T: Send + 'static>(
    until: Option<Instant>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ConnectReason> {
    let (done, waits) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("websocket-upgrade".into());
    // The waiting side may be gone.
    thread.spawn(move || drop(done.send(work()))).map_err(ConnectReason::Connect)?;
    waits.recv_timeout(left(until).unwrap_or(Duration::MAX)).map_err(|error| match error {
        RecvTimeoutError::Timeout => ConnectReason::Deadline,
        RecvTimeoutError::Disconnected => {
            ConnectReason::Connect(Explained::error(io::ErrorKind::Other, "the lookup panicked"))
        }
    })
}

fn left(until: Option<Instant>) -> Option<Duration> {
    until.map(|until| until.saturating_duration_since(Instant::now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (addresses, _listening) = address::tests::full_and_free();
        let answers = addresses[1];
        let stream = connect(addresses, Instant::now().checked_add(Duration::from_secs(2)));
        assert_eq!(stream.expect("one that answers").peer_addr().expect("an address"), answers);
    }

    /// A resolver that answers too late, or never.
    #[test]
    fn a_lookup_is_not_waited_for_beyond_the_deadline() {
        let (_open, never) = mpsc::channel::<()>();
        let start = Instant::now();
        let until = start.checked_add(Duration::from_millis(50));
        let error = on_a_thread(until, move || never.recv().is_ok()).expect_err("no answer");
        assert!(matches!(error, ConnectReason::Deadline), "{error:?}");
        assert!((50..5000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());

        assert_eq!(on_a_thread(None, || 1).expect("an answer"), 1);
        let error = on_a_thread::<()>(None, || panic!("on purpose")).expect_err("no answer");
        assert!(matches!(error, ConnectReason::Connect(_)), "{error:?}");
    }
}
