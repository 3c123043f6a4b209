//! A relay between a client and a server that counts the bytes on the wire.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Accepts connections and relays them.
pub(crate) struct Relay {
    address: SocketAddr,
    counters: Arc<Counters>,
}

/// Bytes that were copied.
#[derive(Default)]
pub(crate) struct Counters {
    from_client: AtomicU64,
    from_server: AtomicU64,
}

impl Relay {
    /// A relay in front of a server.
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

    /// Returns the address for the client.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
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
