//! A relay between a client and a server that counts the bytes on the wire.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Takes connections and relays them.
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
            // Browsers open more than one, and none may wait for another.
            for client in listener.incoming().map_while(Result::ok) {
                let counted = Arc::clone(&counted);
                thread::spawn(move || {
                    // A connection that fails is one that the client sees end: it says so.
                    let _ = relay(&client, server, &counted);
                });
            }
        });
        Ok(Self { address, counters })
    }

    /// Where the client has to connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes that the client has sent so far.
    pub(crate) fn client_bytes(&self) -> u64 {
        self.counters.from_client.load(Ordering::Relaxed)
    }

    /// Bytes that the server has sent so far.
    pub(crate) fn server_bytes(&self) -> u64 {
        self.counters.from_server.load(Ordering::Relaxed)
    }
}

fn relay(client: &TcpStream, server: SocketAddr, counters: &Counters) -> io::Result<()> {
    join(client, &TcpStream::connect(server)?, counters);
    Ok(())
}

/// Copies both ways between a client and a server.
pub(crate) fn join(client: &TcpStream, server: &TcpStream, counters: &Counters) {
    thread::scope(|scope| {
        scope.spawn(|| copy(client, server, &counters.from_client));
        scope.spawn(|| copy(server, client, &counters.from_server));
    });
}

/// Copies until either side is done, and tells the other.
fn copy(mut from: &TcpStream, mut to: &TcpStream, counter: &AtomicU64) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        // Counted before it is sent: whoever has received it finds it counted.
        counter.fetch_add(len as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    // Fails only where the connection is gone already.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
