//! Frames of HTTP/2 as bytes (RFC 9113 §4, §6), also those that a library would refuse to send.

/// What a client sends first (RFC 9113 §3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The bytes of a frame's head.
pub(crate) const HEAD: usize = 9;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 0x01;
pub(crate) const ACK: u8 = 0x01;
pub(crate) const END_HEADERS: u8 = 0x04;
pub(crate) const PADDED: u8 = 0x08;
pub(crate) const HAS_PRIORITY: u8 = 0x20;

/// A frame. Its payload still has its padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// Makes a SETTINGS frame.
    pub(crate) fn settings(settings: &[(u16, u32)]) -> Self {
        let mut payload = Vec::new();
        for (id, value) in settings {
            payload.extend(id.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        Self::new(SETTINGS, 0, 0, payload)
    }

    pub(crate) fn reset(stream: u32, code: u32) -> Self {
        Self::new(RST_STREAM, 0, stream, code.to_be_bytes())
    }

    pub(crate) fn window_update(stream: u32, by: u32) -> Self {
        Self::new(WINDOW_UPDATE, 0, stream, by.to_be_bytes())
    }

    pub(crate) fn go_away(last: u32, code: u32) -> Self {
        Self::new(GOAWAY, 0, 0, [last.to_be_bytes(), code.to_be_bytes()].concat())
    }

    /// Makes a DATA frame, with padding if a length of it is given.
    pub(crate) fn data(stream: u32, bytes: &[u8], end: bool, padding: Option<u8>) -> Self {
        let flags = if end { END_STREAM } else { 0 };
        let mut frame = Self::new(DATA, flags, stream, bytes);
        frame.pad(padding);
        frame
    }

    /// Adds the length of the padding in front of the payload, and the padding behind it.
    pub(crate) fn pad(&mut self, padding: Option<u8>) {
        if let Some(length) = padding {
            self.flags |= PADDED;
            self.payload.insert(0, length);
            self.payload.resize(self.payload.len() + usize::from(length), 0);
        }
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Returns the payload without padding and priority, or `None` if there is more padding than payload.
    pub(crate) fn content(&self) -> Option<&[u8]> {
        let mut content = &self.payload[..];
        if matches!(self.kind, DATA | HEADERS | PUSH_PROMISE) && self.has(PADDED) {
            let (&padding, rest) = content.split_first()?;
            content = rest.get(..rest.len().checked_sub(padding.into())?)?;
        }
        if self.kind == HEADERS && self.has(HAS_PRIORITY) {
            content = content.get(5..)?;
        }
        Some(content)
    }

    /// Returns the settings of a SETTINGS frame.
    pub(crate) fn settings_in(&self) -> impl Iterator<Item = (u16, u32)> + '_ {
        self.payload.chunks_exact(6).map(|setting| {
            let (id, value) = setting.split_at(2);
            let id = id.first_chunk().copied().map(u16::from_be_bytes);
            let value = value.first_chunk().copied().map(u32::from_be_bytes);
            (id.unwrap_or_default(), value.unwrap_or_default())
        })
    }

    /// Returns the number of four bytes at a place of the payload.
    pub(crate) fn number_at(&self, at: usize) -> Option<u32> {
        self.payload.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    /// Writes the frame behind `out`.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes();
        out.extend([length[1], length[2], length[3], self.kind, self.flags]);
        out.extend(self.stream.to_be_bytes());
        out.extend(&self.payload);
    }

    /// Reads the first frame, and returns it with its length. `Ok(None)` if it is not complete; an error if it is larger
    /// than `limit`.
    pub(crate) fn read(bytes: &[u8], limit: usize) -> Result<Option<(Self, usize)>, TooLarge> {
        let Some((&[high, middle, low, kind, flags], behind)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let Some((stream, behind)) = behind.split_first_chunk() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX);
        if length > limit {
            return Err(TooLarge { kind, length });
        }
        let Some(payload) = behind.get(..length) else { return Ok(None) };
        // The reserved bit is ignored (RFC 9113 §4.1).
        let stream = u32::from_be_bytes(*stream) & 0x7fff_ffff;
        Ok(Some((Self::new(kind, flags, stream, payload), HEAD + length)))
    }
}

/// A frame that is larger than `SETTINGS_MAX_FRAME_SIZE` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge {
    pub(crate) kind: u8,
    pub(crate) length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was() {
        let frame = Frame::data(3, b"hello", true, Some(4));
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(Frame::read(&bytes[..end], 100), Ok(None), "{end}");
        }
        bytes.push(7);
        assert_eq!(Frame::read(&bytes, 100), Ok(Some((frame.clone(), bytes.len() - 1))));
        assert_eq!(frame.content(), Some(&b"hello"[..]));
        assert_eq!(frame.payload.len(), 10);
    }

    #[test]
    fn more_padding_than_payload_is_no_content() {
        let frame = Frame::new(DATA, PADDED, 1, [3, 0, 0]);
        assert_eq!(frame.content(), None);
        assert_eq!(Frame::new(DATA, PADDED, 1, []).content(), None);
        assert_eq!(Frame::new(DATA, PADDED, 1, [2, 0, 0]).content(), Some(&[][..]));
        assert_eq!(Frame::new(HEADERS, HAS_PRIORITY, 1, [0, 0, 0, 0]).content(), None);
    }

    #[test]
    fn a_frame_above_the_limit_is_refused_by_its_head() {
        let bytes = [0, 0x40, 1, 0, 0, 0, 0, 0, 1];
        assert_eq!(Frame::read(&bytes, 16_384), Err(TooLarge { kind: DATA, length: 16_385 }));
    }
}
