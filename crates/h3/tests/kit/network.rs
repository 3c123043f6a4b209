//! UDP in memory. Nothing comes from outside of the runtime, so its clock can be paused.

use std::collections::HashMap;
use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use tokio::sync::mpsc;

type Datagram = (SocketAddr, Vec<u8>);

/// A network. Its clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network(Arc<Mutex<Hosts>>);

#[derive(Debug, Default)]
struct Hosts {
    last: u16,
    /// The socket that has an address now, by the number of its making, and what leads to it.
    inboxes: HashMap<SocketAddr, (u16, mpsc::UnboundedSender<Datagram>)>,
}

/// A socket with an address of its own.
#[derive(Debug)]
pub(crate) struct Socket {
    address: SocketAddr,
    number: u16,
    inbox: Mutex<mpsc::UnboundedReceiver<Datagram>>,
    network: Network,
}

impl Network {
    pub(crate) fn socket(&self) -> Arc<Socket> {
        let port = self.hosts().last + 1;
        self.socket_at(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), port)))
    }

    /// A socket with this address. Another one that has it sends and receives nothing from now on.
    pub(crate) fn socket_at(&self, address: SocketAddr) -> Arc<Socket> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut hosts = self.hosts();
        hosts.last += 1;
        let number = hosts.last;
        hosts.inboxes.insert(address, (number, sender));
        drop(hosts);
        Arc::new(Socket { address, number, inbox: Mutex::new(receiver), network: self.clone() })
    }

    /// Loses every datagram to this address from now on.
    pub(crate) fn cut(&self, address: SocketAddr) {
        self.hosts().inboxes.remove(&address);
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.0.lock().expect("no panic")
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable)
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let hosts = self.network.hosts();
        let is_other = hosts.inboxes.get(&self.address).is_some_and(|(number, _)| *number != self.number);
        if let (Some((_, inbox)), false) = (hosts.inboxes.get(&transmit.destination), is_other) {
            // A socket that is closed receives nothing.
            let _ = inbox.send((self.address, transmit.contents.to_vec()));
        }
        Ok(())
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let received = ready!(self.inbox.lock().expect("no panic").poll_recv(context));
        // It was cut.
        let Some((addr, bytes)) = received else { return Poll::Pending };
        let (Some(buffer), Some(meta)) = (buffers.first_mut(), metas.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        *meta = RecvMeta { addr, len: bytes.len(), stride: bytes.len(), ecn: None, dst_ip: None };
        Poll::Ready(Ok(1))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// There is always room.
#[derive(Debug)]
struct Writable;

impl UdpPoller for Writable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
