//! Attempts to connect to the addresses of a host, of which the first that succeeds is the connection.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use super::address;

/// The time after which the next address is tried beside those that have not answered (RFC 8305 §5).
const DELAY: Duration = Duration::from_millis(250);

/// The attempts under way, and the addresses that are still to be tried.
pub struct Attempts<A, F, P, S> {
    addresses: vec::IntoIter<SocketAddr>,
    attempt: A,
    under_way: Vec<Pin<Box<F>>>,
    pause: P,
    /// Ends when the next address is to be tried. `None` when there is no further one.
    delay: Option<Pin<Box<S>>>,
    failed: Option<io::Error>,
}

impl<A, F, P, S> fmt::Debug for Attempts<A, F, P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts").field("under_way", &self.under_way.len()).finish_non_exhaustive()
    }
}

impl<T, A, F, P, S> Attempts<A, F, P, S>
where
    A: FnMut(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
    P: FnMut(Duration) -> S,
    S: Future,
{
    /// In this order: the next one when one has failed, or when the delay is over. `pause` makes the runtime's sleep.
    pub fn new(addresses: Vec<SocketAddr>, attempt: A, pause: P) -> Self {
        let addresses = addresses.into_iter();
        Self { addresses, attempt, under_way: Vec::new(), pause, delay: None, failed: None }
    }

    /// What the first that succeeds gives. The others end with it.
    ///
    /// # Errors
    ///
    /// Why the last one has failed, if all have.
    pub async fn first(mut self) -> io::Result<T> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        loop {
            let before = self.under_way.len();
            if let Some(done) = self.poll_under_way(context) {
                return Poll::Ready(Ok(done));
            }
            // If one has failed, the next is tried at once.
            let waits = before > 0 && before == self.under_way.len();
            if waits && !self.is_next(context) {
                return Poll::Pending;
            }
            match self.addresses.next() {
                Some(address) => {
                    self.under_way.push(Box::pin((self.attempt)(address)));
                    let is_last = self.addresses.as_slice().is_empty();
                    self.delay = (!is_last).then(|| Box::pin((self.pause)(DELAY)));
                }
                None if self.under_way.is_empty() => {
                    return Poll::Ready(Err(self.failed.take().unwrap_or_else(address::no_address)));
                }
                None => return Poll::Pending,
            }
        }
    }

    /// Whether the time for the next address has come.
    fn is_next(&mut self, context: &mut Context<'_>) -> bool {
        self.delay.as_mut().is_some_and(|delay| delay.as_mut().poll(context).is_ready())
    }

    /// What one of those under way gives, if it has succeeded. Those that have failed are no longer under way.
    fn poll_under_way(&mut self, context: &mut Context<'_>) -> Option<T> {
        let mut done = None;
        let failed = &mut self.failed;
        self.under_way.retain_mut(|attempt| match attempt.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(Ok(connected)) => {
                done.get_or_insert(connected);
                false
            }
            Poll::Ready(Err(error)) => {
                *failed = Some(error);
                false
            }
        });
        done
    }
}

#[cfg(all(test, feature = "async-io"))]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ::async_io::Timer;

    use super::*;

    /// What comes of an attempt at the address with this port, when so many have been made.
    async fn attempt(port: u16, made: &AtomicUsize) -> io::Result<u16> {
        match port {
            // One that does not answer, and one that says no.
            1 => pending().await,
            2 => return Err(io::ErrorKind::ConnectionRefused.into()),
            // One that answers when another has been tried.
            3 => {
                let answers = || made.load(Ordering::Relaxed) > 1;
                poll_fn(|_| if answers() { Poll::Ready(()) } else { Poll::Pending }).await;
            }
            _ => {}
        }
        Ok(port)
    }

    #[test]
    fn the_first_that_answers() {
        // The ports, which one it is, and how many were tried.
        let cases: [(&[u16], Option<u16>, usize); 9] = [
            (&[4], Some(4), 1),
            (&[4, 5], Some(4), 1),
            (&[2, 4], Some(4), 2),
            (&[1, 4], Some(4), 2),
            (&[1, 1, 2, 4], Some(4), 4),
            (&[3, 1], Some(3), 2),
            (&[2, 3], Some(3), 2),
            (&[2, 2], None, 2),
            (&[], None, 0),
        ];
        for (ports, expected, tried) in cases {
            let addresses = ports.iter().map(|port| ([127, 0, 0, 1], *port).into()).collect();
            let made = AtomicUsize::new(0);
            let counted = |address: SocketAddr| {
                made.fetch_add(1, Ordering::Relaxed);
                attempt(address.port(), &made)
            };
            let attempts = Attempts::new(addresses, counted, Timer::after);
            let first = ::async_io::block_on(attempts.first());
            assert_eq!(first.as_ref().ok(), expected.as_ref(), "{ports:?}");
            assert_eq!(made.load(Ordering::Relaxed), tried, "{ports:?}");
            if let Err(error) = first {
                let none = ports.is_empty();
                assert_eq!(error.kind() == io::ErrorKind::NotFound, none, "{ports:?}: {error}");
            }
        }
    }
}
