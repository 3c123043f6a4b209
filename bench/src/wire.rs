//! A stream in memory with an immediate other side: a client that has sent its request, or a server that answers.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bench_core::requests::RESPONSE;
use futures_util::io::{AsyncRead, AsyncWrite};
use websocket_upgrade_proto::Key;

thread_local! {
    /// What the measured side has sent. It is not in the stream, because some contenders keep the stream; it is not on
    /// the heap, because it would be counted there.
    static SENT: RefCell<Sent> = const { RefCell::new(Sent { bytes: [0; 1024], len: 0 }) };
}

struct Sent {
    bytes: [u8; 1024],
    len: usize,
}

impl Sent {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// One end of the stream. If there is nothing to read it waits, as a connection does.
pub(crate) struct Wire {
    incoming: Incoming,
    read: usize,
    reader: Option<Waker>,
}

enum Incoming {
    Request(&'static [u8]),
    /// A 101 for the received key, once the request is complete.
    Response(Option<[u8; RESPONSE.len()]>),
}

impl Wire {
    /// Makes the stream of a server; the other side is a client.
    pub(crate) fn from_client(request: &'static [u8]) -> Self {
        Self::new(Incoming::Request(request))
    }

    /// Makes the stream of a client; the other side is a server.
    pub(crate) fn from_server() -> Self {
        Self::new(Incoming::Response(None))
    }

    fn new(incoming: Incoming) -> Self {
        SENT.with_borrow_mut(|sent| sent.len = 0);
        Self { incoming, read: 0, reader: None }
    }

    /// Takes some of the bytes that can be read, or none if reading must wait.
    fn take(&mut self, room: usize) -> &[u8] {
        let arrived: &[u8] = match &mut self.incoming {
            Incoming::Request(request) => request,
            Incoming::Response(response) => {
                if response.is_none() {
                    *response = SENT.with_borrow(|sent| answer(sent.bytes()));
                }
                response.as_ref().map_or(&[], |response| response)
            }
        };
        let left = arrived.get(self.read..).unwrap_or_default();
        let piece = left.get(..room).unwrap_or(left);
        self.read += piece.len();
        piece
    }

    fn poll_take(&mut self, context: &Context<'_>, room: usize) -> Poll<&[u8]> {
        self.reader = Some(context.waker().clone());
        match self.take(room) {
            [] => Poll::Pending,
            piece => Poll::Ready(piece),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> usize {
        let len = SENT.with_borrow_mut(|sent| {
            let room = sent.bytes.get_mut(sent.len..).unwrap_or_default();
            let len = room.len().min(bytes.len());
            room.iter_mut().zip(bytes).for_each(|(room, byte)| *room = *byte);
            sent.len += len;
            len
        });
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        len
    }
}

/// Returns the length of the 101 that was sent, or 0 for any other answer.
pub(crate) fn accepted() -> usize {
    SENT.with_borrow(|sent| if sent.bytes().starts_with(b"HTTP/1.1 101 ") { sent.len } else { 0 })
}

/// Returns the number of bytes that were sent.
pub(crate) fn sent() -> usize {
    SENT.with_borrow(|sent| sent.len)
}

/// Returns the server's 101, once the request is complete.
fn answer(request: &[u8]) -> Option<[u8; RESPONSE.len()]> {
    const NAME: &[u8] = b"sec-websocket-key:";
    request.strip_suffix(b"\r\n\r\n")?;
    let mut lines = request.split(|byte| *byte == b'\n');
    let value = lines.find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then_some(value)
    })?;
    let accept = Key::parse(value.trim_ascii())?.accept_value();
    let mut response = *RESPONSE;
    let end = response.len() - b"\r\n\r\n".len();
    response.get_mut(end - accept.as_bytes().len()..end)?.copy_from_slice(accept.as_bytes());
    Some(response)
}

impl Read for Wire {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self.take(space.len()) {
            [] => Err(io::ErrorKind::WouldBlock.into()),
            mut piece => piece.read(space),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.send(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_take(context, space.len()).map(|mut piece| piece.read(space))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.send(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        self.poll_take(context, room).map(|piece| {
            buffer.put_slice(piece);
            Ok(())
        })
    }
}

impl tokio::io::AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.send(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
