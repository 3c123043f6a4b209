//! A relay between a client and a server that counts the bytes on the wire, over TCP or for QUIC.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::http::Http;

/// Accepts connections and relays them.
pub(crate) struct Relay {
    address: SocketAddr,
    counters: Arc<Counters>,
}

/// Connections, and bytes that were copied.
#[derive(Default)]
pub(crate) struct Counters {
    connections: AtomicU64,
    from_client: AtomicU64,
    from_server: AtomicU64,
}

impl Relay {
    /// A relay in front of a server, for clients of this version of HTTP.
    pub(crate) fn over(http: Http, server: SocketAddr) -> io::Result<Self> {
        if http == Http::Three { Self::of_datagrams(server) } else { Self::to(server) }
    }

    /// A relay in front of a server, over TCP.
    pub(crate) fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let counters = Arc::new(Counters::default());
        let counted = Arc::clone(&counters);
        thread::spawn(move || {
            // Browsers open more than one connection, and none may wait for another.
            for client in listener.incoming().map_while(Result::ok) {
                let counted = Arc::clone(&counted);
                thread::spawn(move || {
                    // If a connection fails, the client sees it end and reports it.
                    let _ = relay(&client, server, &counted);
                });
            }
        });
        Ok(Self { address, counters })
    }

    /// The same for UDP.
    fn of_datagrams(server: SocketAddr) -> io::Result<Self> {
        let clients = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = clients.local_addr()?;
        let counters = Arc::new(Counters::default());
        let counted = Arc::clone(&counters);
        thread::spawn(move || {
            // If a socket fails, the client gets no answer and reports it.
            let _ = relay_datagrams(&Arc::new(clients), server, &counted);
        });
        Ok(Self { address, counters })
    }

    /// Returns the address for the client.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of connections so far. A client of QUIC has a port for each.
    pub(crate) fn connections(&self) -> u64 {
        self.counters.connections.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes that the client has sent so far.
    pub(crate) fn client_bytes(&self) -> u64 {
        self.counters.from_client.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes that the server has sent so far.
    pub(crate) fn server_bytes(&self) -> u64 {
        self.counters.from_server.load(Ordering::Relaxed)
    }
}

fn relay(client: &TcpStream, server: SocketAddr, counters: &Counters) -> io::Result<()> {
    counters.connections.fetch_add(1, Ordering::Relaxed);
    join(client, &TcpStream::connect(server)?, counters);
    Ok(())
}

/// Copies in both directions between a client and a server.
pub(crate) fn join(client: &TcpStream, server: &TcpStream, counters: &Counters) {
    thread::scope(|scope| {
        scope.spawn(|| copy(client, server, &counters.from_client));
        scope.spawn(|| copy(server, client, &counters.from_server));
    });
}

/// Copies until one side ends, and then ends the other.
fn copy(mut from: &TcpStream, mut to: &TcpStream, counter: &AtomicU64) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        // Bytes are counted before they are sent, so that the receiver finds them counted.
        counter.fetch_add(len as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    // This fails only if the connection is already gone.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

/// Passes on the datagrams of all clients, each through a socket of its own.
fn relay_datagrams(clients: &Arc<UdpSocket>, server: SocketAddr, counters: &Arc<Counters>) -> io::Result<()> {
    let mut sockets: HashMap<SocketAddr, UdpSocket> = HashMap::new();
    let mut buffer = vec![0; LARGEST];
    loop {
        let (len, client) = clients.recv_from(&mut buffer)?;
        if let Entry::Vacant(entry) = sockets.entry(client) {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.connect(server)?;
            socket.set_read_timeout(Some(SILENCE))?;
            counters.connections.fetch_add(1, Ordering::Relaxed);
            let (clients, from, counters) = (Arc::clone(clients), socket.try_clone()?, Arc::clone(counters));
            thread::spawn(move || answer(&clients, client, &from, &counters));
            entry.insert(socket);
        }
        counters.from_client.fetch_add(len as u64, Ordering::Relaxed);
        // It fails once the server has ended. A client that waits for an answer reports it.
        let _ = sockets[&client].send(&buffer[..len]);
    }
}

/// Passes on the datagrams for a client, until there are none for a while.
fn answer(clients: &UdpSocket, client: SocketAddr, from: &UdpSocket, counters: &Counters) {
    let mut buffer = vec![0; LARGEST];
    while let Ok(len) = from.recv(&mut buffer) {
        counters.from_server.fetch_add(len as u64, Ordering::Relaxed);
        if clients.send_to(&buffer[..len], client).is_err() {
            break;
        }
    }
}

/// The size of the largest datagram.
const LARGEST: usize = 65_535;

/// A client without an answer for so long is gone. It is longer than a case may take.
const SILENCE: Duration = Duration::from_secs(45);
