//! The count of the handshakes that are under way, in total and for each peer. The entrances that count are in
//! `gate/`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use ::tokio::sync::watch;
use ::tokio::task::coop::unconstrained;

/// The caps and times of a [`Gate`].
#[derive(Clone, Debug)]
pub struct GateOptions {
    total: usize,
    per_peer: Option<usize>,
    deadline: Duration,
    retry_after: u32,
}

impl GateOptions {
    /// A limit of 10,000 handshakes in total and no limit per peer, 10 seconds to the end of a head, and a retry after
    /// one second.
    #[must_use]
    pub fn new() -> Self {
        Self { total: 10_000, per_peer: None, deadline: Duration::from_secs(10), retry_after: 1 }
    }

    /// Sets how many handshakes may be under way at a time.
    #[must_use]
    pub fn total(mut self, handshakes: usize) -> Self {
        self.total = handshakes;
        self
    }

    /// Sets how many handshakes may be under way at a time from one peer. A peer is an IPv4 address, or the /64 of an
    /// IPv6 address, because one client usually has all of its addresses (RFC 4291 §2.5.4).
    ///
    /// By default there is no limit per peer, because behind a proxy every client has the proxy's address.
    #[must_use]
    pub fn per_peer(mut self, handshakes: usize) -> Self {
        self.per_peer = Some(handshakes);
        self
    }

    /// Sets the time from [`Gate::admit`] to the end of the first head. The default is 10 seconds. On the raw driver,
    /// the deadline of the [`ServerOptions`](crate::ServerOptions) counts.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the seconds after which a client that is turned away may try again. The default is 1.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = seconds;
        self
    }
}

impl Default for GateOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts the handshakes that are under way, and limits them. Clones share the count.
#[derive(Clone)]
pub struct Gate(Arc<Shared>);

struct Shared {
    options: GateOptions,
    /// Its receivers are notified only when a handshake ends or draining begins.
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    draining: bool,
    under_way: usize,
    /// The peers that have handshakes under way, and how many, if there is a limit per peer.
    peers: HashMap<Peer, usize>,
}

impl Gate {
    /// A gate with a count of zero.
    #[must_use]
    pub fn new(options: GateOptions) -> Self {
        Self(Arc::new(Shared { options, state: watch::Sender::default() }))
    }

    /// Counts a handshake until the [`Permit`] is dropped. Without a peer only the total limit applies.
    ///
    /// [`Gate::accept`], [`Gate::receive`], [`Gate::admit`] and the layer call it themselves.
    ///
    /// # Errors
    ///
    /// If the handshake may not begin. Answer it with 503.
    pub fn enter(&self, peer: impl Into<Option<IpAddr>>) -> Result<Permit, TurnedAway> {
        let Shared { options, state } = &*self.0;
        let peer = peer.into().filter(|_| options.per_peer.is_some()).map(Peer::of);
        let mut entered = Ok(());
        state.send_if_modified(|state| {
            entered = state.enter(peer, options);
            false
        });
        entered.map(|()| Permit { gate: self.clone(), peer })
    }

    /// Lets no further handshake begin. Those under way go on, up to their deadline.
    pub fn drain(&self) {
        self.0.state.send_if_modified(|state| !std::mem::replace(&mut state.draining, true));
    }

    /// Ends once [`Gate::drain`] has been called. Established connections can use it to learn that they should close.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.clone().until(|state| state.draining)
    }

    /// Ends once the gate is draining and no handshake is under way.
    ///
    /// Every handshake of the raw driver and every head that [`Gate::admit`] waits for has a deadline. Behind the
    /// layer, the application is responsible for the time of its decision.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub fn drained(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.clone().until(|state| state.draining && state.under_way == 0)
    }

    /// Whether [`Gate::drain`] has been called.
    pub fn is_draining(&self) -> bool {
        self.0.state.borrow().draining
    }

    /// How many handshakes are under way.
    pub fn under_way(&self) -> usize {
        self.0.state.borrow().under_way
    }

    /// The time from [`Gate::admit`] to the end of the first head.
    pub(crate) fn head_time(&self) -> Duration {
        self.0.options.deadline
    }

    pub(crate) fn retry_after(&self) -> u32 {
        self.0.options.retry_after
    }

    /// Waits until `over` holds. It does not end earlier, because `self` keeps the sender alive.
    async fn until(self, over: fn(&State) -> bool) {
        let mut state = self.0.state.subscribe();
        // It is ready beside a stream, in the same task, that has used up what a task may do in one turn.
        let _ = unconstrained(state.wait_for(over)).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(GateOptions::new())
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("options", &self.0.options)
            .field("draining", &self.is_draining())
            .field("under_way", &self.under_way())
            .finish()
    }
}

impl State {
    fn enter(&mut self, peer: Option<Peer>, options: &GateOptions) -> Result<(), TurnedAway> {
        if self.draining {
            return Err(TurnedAway::Draining);
        }
        if self.under_way >= options.total {
            return Err(TurnedAway::Total { limit: options.total });
        }
        if let (Some(peer), Some(limit)) = (peer, options.per_peer) {
            let of_peer = self.peers.get(&peer).copied().unwrap_or_default();
            if of_peer >= limit {
                return Err(TurnedAway::PerPeer { limit });
            }
            self.peers.insert(peer, of_peer + 1);
        }
        self.under_way += 1;
        Ok(())
    }

    /// Returns whether the gate is drained now.
    fn leave(&mut self, peer: Option<Peer>) -> bool {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(Entry::Occupied(mut of_peer)) = peer.map(|peer| self.peers.entry(peer)) {
            if *of_peer.get() > 1 {
                *of_peer.get_mut() -= 1;
            } else {
                of_peer.remove();
            }
        }
        self.draining && self.under_way == 0
    }
}

/// Keeps a handshake counted until it is dropped.
#[derive(Debug)]
#[must_use = "dropped, the handshake is not counted any more"]
pub struct Permit {
    gate: Gate,
    peer: Option<Peer>,
}

#[cfg(feature = "tower")]
impl Permit {
    /// Whether it is this gate's.
    pub(crate) fn is_of(&self, gate: &Gate) -> bool {
        Arc::ptr_eq(&self.gate.0, &gate.0)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.0.state.send_if_modified(|state| state.leave(self.peer));
    }
}

/// What counts as one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Peer {
    V4(Ipv4Addr),
    /// The first 64 bits.
    V6([u16; 4]),
}

impl Peer {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// Why a gate does not let a handshake begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurnedAway {
    /// [`Gate::drain`] has been called.
    Draining,
    /// The limit of handshakes from this peer is reached.
    PerPeer {
        /// [`GateOptions::per_peer`].
        limit: usize,
    },
    /// The limit of handshakes in total is reached.
    Total {
        /// [`GateOptions::total`].
        limit: usize,
    },
}

impl TurnedAway {
    /// One of a fixed set of words, for counts.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Draining => "gate_draining",
            Self::PerPeer { .. } => "gate_per_peer",
            Self::Total { .. } => "gate_total",
        }
    }
}

impl fmt::Display for TurnedAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draining => f.write_str("draining: no handshake begins any more"),
            Self::PerPeer { limit } => write!(
                f,
                "too many handshakes under way from this address: the limit `per_peer` of {limit} is reached"
            ),
            Self::Total { limit } => {
                write!(f, "too many handshakes under way: the limit `total` of {limit} is reached")
            }
        }
    }
}

impl Error for TurnedAway {}
