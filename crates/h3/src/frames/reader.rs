//! The reader of frames, without IO: each byte is looked at once, however the input is split.

use bytes::{Buf, BufMut, Bytes};

/// What a frame is on a request stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Data,
    Headers,
    /// Only a server sends it, and only if the client has allowed it.
    PushPromise,
    /// A frame of the control stream, or one that only HTTP/2 has (RFC 9114 §7.2.8), with its type.
    Misplaced(u64),
    /// A frame without a meaning here, to be skipped (RFC 9114 §9).
    Unknown,
}

impl Kind {
    fn of(kind: u64) -> Self {
        match kind {
            0x00 => Self::Data,
            0x01 => Self::Headers,
            0x05 => Self::PushPromise,
            // CANCEL_PUSH, SETTINGS, GOAWAY, MAX_PUSH_ID; PRIORITY, PING, WINDOW_UPDATE, CONTINUATION of HTTP/2.
            0x03 | 0x04 | 0x07 | 0x0d | 0x02 | 0x06 | 0x08 | 0x09 => Self::Misplaced(kind),
            _ => Self::Unknown,
        }
    }
}

/// A step of reading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A frame begins, with a payload of this length.
    Begin(Kind, u64),
    /// The next bytes of the payload, at least one.
    Payload(Kind, Bytes),
}

/// Where a stream of frames is.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The bytes of a header that is not complete: two integers of up to 8 bytes.
    header: [u8; 16],
    filled: usize,
    /// The frame whose payload is being read, and what is left of it.
    payload: Option<(Kind, u64)>,
}

impl Reader {
    /// Takes the next piece from the front of `bytes`. `None` if there are too few.
    pub(crate) fn next(&mut self, bytes: &mut Bytes) -> Option<Piece> {
        if bytes.is_empty() {
            return None;
        }
        if let Some((kind, left)) = self.payload {
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let left = left - len as u64;
            self.payload = (left > 0).then_some((kind, left));
            return Some(Piece::Payload(kind, bytes.split_to(len)));
        }
        let (kind, len) = self.header(bytes)?;
        self.filled = 0;
        let kind = Kind::of(kind);
        self.payload = (len > 0).then_some((kind, len));
        Some(Piece::Begin(kind, len))
    }

    /// Whether the stream may end here.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.filled == 0 && self.payload.is_none()
    }

    /// Takes bytes until the header is complete.
    fn header(&mut self, bytes: &mut Bytes) -> Option<(u64, u64)> {
        loop {
            let header = self.header.get(..self.filled)?;
            let complete = integer(header).and_then(|(kind, rest)| Some((kind, integer(rest)?.0)));
            if complete.is_some() {
                return complete;
            }
            let byte = *bytes.first()?;
            *self.header.get_mut(self.filled)? = byte;
            self.filled += 1;
            bytes.advance(1);
        }
    }
}

/// Reads an integer of variable length (RFC 9000 §16), and returns what is behind it. `None` if it is not complete.
pub(crate) fn integer(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let (all, rest) = bytes.split_at_checked(1 << (first >> 6))?;
    let all = all.iter().skip(1);
    let value = all.fold(u64::from(first & 0x3f), |value, byte| (value << 8) | u64::from(*byte));
    Some((value, rest))
}

/// Writes an integer in as few bytes as possible (RFC 9000 §16).
pub(crate) fn put_integer(value: u64, buffer: &mut impl BufMut) {
    match value {
        0..=0x3f => buffer.put_uint(value, 1),
        0x40..=0x3fff => buffer.put_uint(value | (1 << 14), 2),
        0x4000..=0x3fff_ffff => buffer.put_uint(value | (2 << 30), 4),
        _ => buffer.put_u64(value | (3 << 62)),
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;

    /// The frames that are read from pieces, with joined payloads.
    fn read(pieces: impl Iterator<Item = Bytes>) -> (Vec<(Kind, u64, Vec<u8>)>, bool) {
        let (mut reader, mut frames) = (Reader::default(), Vec::new());
        for mut bytes in pieces {
            while let Some(piece) = reader.next(&mut bytes) {
                match piece {
                    Piece::Begin(kind, len) => frames.push((kind, len, Vec::new())),
                    Piece::Payload(kind, bytes) => {
                        let (last, _, payload) = frames.last_mut().expect("a frame has begun");
                        assert_eq!(*last, kind);
                        assert!(!bytes.is_empty());
                        payload.extend_from_slice(&bytes);
                    }
                }
            }
            assert!(bytes.is_empty(), "every byte is taken");
        }
        (frames, reader.is_between_frames())
    }

    /// An integer in 1, 2, 4 or 8 bytes: the shortest that holds it, or a longer one.
    fn put(value: u64, longer: u8, buffer: &mut BytesMut) {
        let shortest = match value {
            0..=0x3f => 0,
            0x40..=0x3fff => 1,
            0x4000..=0x3fff_ffff => 2,
            _ => 3,
        };
        let log = (shortest + longer).min(3);
        let bits = 8 << log;
        buffer.put_uint(value | (u64::from(log) << (bits - 2)), 1 << log);
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_the_split(
            frames in prop::collection::vec((0_u64..0x50, 0_u8..4, prop::collection::vec(any::<u8>(), 0..80)), 0..8),
            sizes in prop::collection::vec(1_usize..40, 1..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = BytesMut::new();
            for (kind, longer, payload) in &frames {
                put(*kind, *longer, &mut bytes);
                put(payload.len() as u64, *longer, &mut bytes);
                bytes.put_slice(payload);
            }
            let bytes = bytes.freeze();
            let expected = frames.into_iter();
            let expected: Vec<_> =
                expected.map(|(kind, _, payload)| (Kind::of(kind), payload.len() as u64, payload)).collect();
            prop_assert_eq!(read(std::iter::once(bytes.clone())), (expected.clone(), true));

            let mut sizes = sizes.into_iter().cycle();
            let mut rest = bytes.clone();
            let pieces = std::iter::from_fn(|| {
                let len = sizes.next()?.min(rest.len());
                (len > 0).then(|| rest.split_to(len))
            });
            prop_assert_eq!(read(pieces), (expected.clone(), true));

            // Cut off, it is between frames only where a whole number of frames ends.
            let cut = bytes.slice(..cut.index(bytes.len() + 1));
            let (whole, between) = read(std::iter::once(cut));
            let complete = whole.iter().all(|(_, len, payload)| payload.len() as u64 == *len);
            prop_assert!(!between || complete);
        }

        #[test]
        fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let all = read(std::iter::once(Bytes::from(bytes.clone())));
            prop_assert_eq!(read(bytes.iter().map(|byte| Bytes::copy_from_slice(&[*byte]))), all);
        }

        #[test]
        fn an_integer_is_what_was_written(value in 0_u64..1 << 62) {
            let mut bytes = Vec::new();
            put_integer(value, &mut bytes);
            bytes.push(7);
            prop_assert_eq!(integer(&bytes), Some((value, &[7_u8][..])));
            for len in 0..bytes.len() - 1 {
                prop_assert_eq!(integer(&bytes[..len]), None);
            }
        }
    }
}
