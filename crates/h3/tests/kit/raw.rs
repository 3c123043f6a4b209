//! A peer that sends any bytes: streams, frames and field sections by hand.

use std::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes};
use http3::qpack::{self, HeaderField};
use quinn::{Connection, ReadError, RecvStream, SendStream, VarInt};

/// Types of frames (RFC 9114 §7.2).
pub(crate) const DATA: u64 = 0x00;
pub(crate) const HEADERS: u64 = 0x01;
pub(crate) const SETTINGS: u64 = 0x04;
pub(crate) const GOAWAY: u64 = 0x07;

/// Codes (RFC 9114 §8.1).
pub(crate) const H3_NO_ERROR: u64 = 0x100;
pub(crate) const H3_REQUEST_REJECTED: u64 = 0x10b;
pub(crate) const H3_REQUEST_CANCELLED: u64 = 0x10c;
pub(crate) const H3_REQUEST_INCOMPLETE: u64 = 0x10d;
pub(crate) const H3_MESSAGE_ERROR: u64 = 0x10e;

/// An integer of variable length (RFC 9000 §16).
pub(crate) fn integer(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value {
        0..=0x3f => bytes.put_uint(value, 1),
        0x40..=0x3fff => bytes.put_uint(value | (1 << 14), 2),
        0x4000..=0x3fff_ffff => bytes.put_uint(value | (2 << 30), 4),
        _ => bytes.put_u64(value | (3 << 62)),
    }
    bytes
}

/// A frame.
pub(crate) fn frame(kind: u64, payload: &[u8]) -> Vec<u8> {
    [integer(kind), integer(payload.len() as u64), payload.to_vec()].concat()
}

/// A `HEADERS` frame with these lines, as they are.
pub(crate) fn headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(lines: &[(N, V)]) -> Vec<u8> {
    let lines =
        lines.iter().map(|(name, value)| HeaderField::new(name.as_ref().to_vec(), value.as_ref().to_vec()));
    let mut section = Vec::new();
    qpack::encode_stateless(&mut section, lines).expect("lines that QPACK can encode");
    frame(HEADERS, &section)
}

/// Begins HTTP/3: a control stream with settings (RFC 9114 §6.2.1), to be kept.
pub(crate) async fn control(connection: &Connection, settings: &[(u64, u64)]) -> SendStream {
    let mut stream = connection.open_uni().await.expect("a stream");
    let settings: Vec<u8> =
        settings.iter().flat_map(|(id, value)| [integer(*id), integer(*value)].concat()).collect();
    stream.write_all(&[integer(0), frame(SETTINGS, &settings)].concat()).await.expect("room");
    stream
}

/// Reads the control stream of the other side up to its GOAWAY, and returns the identifier (RFC 9114 §5.2). The stream
/// is to be kept.
pub(crate) async fn go_away(connection: &Connection) -> (u64, Frames) {
    loop {
        let mut stream = connection.accept_uni().await.expect("a control stream");
        let mut kind = [0];
        stream.read_exact(&mut kind).await.expect("the type of a stream");
        if kind != [0] {
            continue;
        }
        let mut frames = Frames::new(stream);
        loop {
            let frame = frames.next().await.expect("a stream");
            let (kind, payload) = frame.expect("a control stream does not end");
            if kind == GOAWAY {
                return (read_integer(&mut &payload[..]).expect("an identifier"), frames);
            }
        }
    }
}

/// The lines of an extended CONNECT for WebSocket, and those that are added.
pub(crate) fn connect<'l>(path: &'l str, added: &[(&'l str, &'l str)]) -> Vec<(&'l str, &'l str)> {
    let lines = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":authority", "server.example.com"),
        (":path", path),
        ("sec-websocket-version", "13"),
    ];
    [&lines, added].concat()
}

/// The lines of a plain request, and those that are added.
pub(crate) fn plain<'l>(
    method: &'l str,
    path: &'l str,
    added: &[(&'l str, &'l str)],
) -> Vec<(&'l str, &'l str)> {
    let lines =
        [(":method", method), (":scheme", "https"), (":authority", "server.example.com"), (":path", path)];
    [&lines, added].concat()
}

/// A request stream, seen from the side that has opened it.
pub(crate) struct Exchange {
    pub(crate) send: SendStream,
    pub(crate) frames: Frames,
}

/// The frames of a stream.
pub(crate) struct Frames {
    pub(crate) receive: RecvStream,
    received: VecDeque<u8>,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
}

impl Head {
    /// The values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A whole response, with its content and its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

impl Frames {
    pub(crate) fn new(receive: RecvStream) -> Self {
        Self { receive, received: VecDeque::new() }
    }

    /// The next frame. `None` is an orderly end.
    pub(crate) async fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, ReadError> {
        loop {
            if let Some(frame) = self.take() {
                return Ok(Some(frame));
            }
            let Some(chunk) = self.receive.read_chunk(usize::MAX, true).await? else {
                assert!(self.received.is_empty(), "an end inside a frame");
                return Ok(None);
            };
            self.received.extend(chunk.bytes);
        }
    }

    fn take(&mut self) -> Option<(u64, Vec<u8>)> {
        let all = self.received.len();
        let mut bytes = &*self.received.make_contiguous();
        let (kind, len) = (read_integer(&mut bytes)?, read_integer(&mut bytes)?);
        let len = usize::try_from(len).expect("a length");
        let payload = bytes.get(..len)?.to_vec();
        let used = all - (bytes.len() - len);
        self.received.drain(..used);
        Some((kind, payload))
    }
}

fn read_integer(bytes: &mut &[u8]) -> Option<u64> {
    let len = 1 << (bytes.first()? >> 6);
    let mut whole = bytes.get(..len)?;
    *bytes = &bytes[len..];
    Some(whole.get_uint(len) & ((1 << (8 * len - 2)) - 1))
}

impl Exchange {
    /// Opens a stream, once there may be one, and sends these bytes.
    pub(crate) async fn open(connection: &Connection, bytes: &[u8]) -> Self {
        let (send, receive) = connection.open_bi().await.expect("a stream");
        let mut exchange = Self { send, frames: Frames::new(receive) };
        exchange.write(bytes).await;
        exchange
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.send.write_all(bytes).await.expect("room");
    }

    pub(crate) fn finish(&mut self) {
        self.send.finish().expect("once");
    }

    /// The head of the next response.
    pub(crate) async fn head(&mut self) -> Result<Head, ReadError> {
        let frame = self.frames.next().await?;
        let Some((HEADERS, section)) = frame else { panic!("no head: {frame:?}") };
        let decoded = qpack::decode_stateless(&mut Bytes::from(section), u64::MAX).expect("a field section");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let mut fields: Vec<_> =
            decoded.fields.iter().map(|field| (text(&field.name), text(&field.value))).collect();
        let (name, status) = fields.remove(0);
        assert_eq!(name, ":status");
        Ok(Head { status: status.parse().expect("a status"), fields })
    }

    /// The rest of the content.
    pub(crate) async fn body(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut body = Vec::new();
        while let Some((kind, payload)) = self.frames.next().await? {
            assert_eq!(kind, DATA);
            body.extend(payload);
        }
        Ok(body)
    }

    /// A whole response.
    pub(crate) async fn answer(&mut self) -> Result<Answer, ReadError> {
        Ok(Answer { head: self.head().await?, body: self.body().await? })
    }

    /// The code with which the other side has reset its side of the stream.
    pub(crate) async fn reset(&mut self) -> u64 {
        loop {
            match self.frames.next().await {
                Err(ReadError::Reset(code)) => return code.into_inner(),
                Err(error) => panic!("{error:?}"),
                Ok(None) => panic!("an orderly end"),
                Ok(Some(_)) => {}
            }
        }
    }

    /// The code with which the other side has said that it reads no more. `None` if it has received everything.
    pub(crate) async fn stopped(&self) -> Option<u64> {
        self.send.stopped().await.expect("a connection").map(VarInt::into_inner)
    }
}
