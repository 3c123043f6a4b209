//! Frames of a WebSocket, as far as a proof needs them. Their heads are tungstenite's.

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The largest payload that is read.
const LARGEST: u64 = 1 << 20;

/// A frame, unmasked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// Whether it is the last one of its message.
    pub is_final: bool,
    /// The bit that permessage-deflate uses.
    pub rsv1: bool,
    /// What it is.
    pub kind: Kind,
    /// Whether it was, or will be, masked.
    pub masked: bool,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A further part of a message.
    Continuation,
    /// A text message, or its first part.
    Text,
    /// A binary message, or its first part.
    Binary,
    /// The end of the WebSocket.
    Close,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

impl Frame {
    /// Returns a whole message, or a control frame.
    pub fn new(kind: Kind, payload: impl Into<Vec<u8>>, masked: bool) -> Self {
        Self { is_final: true, rsv1: false, kind, masked, payload: payload.into() }
    }

    /// Returns a close frame with a code.
    pub fn close(code: u16, masked: bool) -> Self {
        Self::new(Kind::Close, code.to_be_bytes(), masked)
    }

    /// Returns the code of a close frame that has one.
    pub fn close_code(&self) -> Option<u16> {
        match (self.kind, self.payload.first_chunk()) {
            (Kind::Close, Some(code)) => Some(u16::from_be_bytes(*code)),
            _ => None,
        }
    }

    /// Returns its bytes. The mask of a masked frame is random.
    pub fn encode(&self) -> Vec<u8> {
        let mask = self.masked.then(random_mask);
        let header = FrameHeader {
            is_final: self.is_final,
            rsv1: self.rsv1,
            rsv2: false,
            rsv3: false,
            opcode: self.kind.opcode(),
            mask,
        };
        let mut bytes = Vec::with_capacity(self.payload.len() + 14);
        // Writing into a vector does not fail.
        let _ = header.format(self.payload.len() as u64, &mut bytes);
        let start = bytes.len();
        bytes.extend(&self.payload);
        if let Some(mask) = mask {
            apply(mask, &mut bytes[start..]);
        }
        bytes
    }

    /// Reads the first frame. Returns it with its length, or `None` if it is not complete.
    ///
    /// # Errors
    ///
    /// If the bytes are no frame, or one that is too large.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, String> {
        let mut cursor = Cursor::new(bytes);
        let header = match FrameHeader::parse(&mut cursor) {
            Ok(header) => header,
            Err(error) => return Err(format!("bytes that are no frame: {error}")),
        };
        let Some((header, length)) = header else { return Ok(None) };
        let Some(kind) = Kind::from(header.opcode) else {
            return Err(format!("a frame with the reserved opcode {}", u8::from(header.opcode)));
        };
        if kind.is_control() && (!header.is_final || header.rsv1 || length > 125) {
            return Err("a control frame that is in parts, compressed, or longer than 125 bytes".to_owned());
        }
        if header.rsv2 || header.rsv3 {
            return Err("a frame with a reserved bit that no agreed extension uses".to_owned());
        }
        if length > LARGEST {
            return Err(format!("a frame of {length} bytes"));
        }
        let (Ok(start), Ok(length)) = (usize::try_from(cursor.position()), usize::try_from(length)) else {
            return Err(format!("a frame of {length} bytes"));
        };
        let Some(payload) = bytes.get(start..).and_then(|rest| rest.get(..length)) else { return Ok(None) };
        let mut payload = payload.to_vec();
        if let Some(mask) = header.mask {
            apply(mask, &mut payload);
        }
        let frame = Self {
            is_final: header.is_final,
            rsv1: header.rsv1,
            kind,
            masked: header.mask.is_some(),
            payload,
        };
        Ok(Some((frame, start + length)))
    }
}

impl Kind {
    /// Whether it is a control frame, which may come between the frames of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn opcode(self) -> OpCode {
        match self {
            Self::Continuation => OpCode::Data(Data::Continue),
            Self::Text => OpCode::Data(Data::Text),
            Self::Binary => OpCode::Data(Data::Binary),
            Self::Close => OpCode::Control(Control::Close),
            Self::Ping => OpCode::Control(Control::Ping),
            Self::Pong => OpCode::Control(Control::Pong),
        }
    }

    fn from(opcode: OpCode) -> Option<Self> {
        Some(match opcode {
            OpCode::Data(Data::Continue) => Self::Continuation,
            OpCode::Data(Data::Text) => Self::Text,
            OpCode::Data(Data::Binary) => Self::Binary,
            OpCode::Control(Control::Close) => Self::Close,
            OpCode::Control(Control::Ping) => Self::Ping,
            OpCode::Control(Control::Pong) => Self::Pong,
            OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => return None,
        })
    }
}

/// Without random numbers from the system the mask is fixed: the suite sends nothing that needs it to be secret.
fn random_mask() -> [u8; 4] {
    let mut mask = [0x37, 0xfa, 0x21, 0x3d];
    let _ = getrandom::fill(&mut mask);
    mask
}

fn apply(mask: [u8; 4], payload: &mut [u8]) {
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            for masked in [false, true] {
                let frame = Frame::new(Kind::Binary, vec![7; length], masked);
                let mut bytes = frame.encode();
                bytes.push(0x81);
                assert_eq!(Frame::read(&bytes), Ok(Some((frame, bytes.len() - 1))));
                assert_eq!(Frame::read(&bytes[..bytes.len() - 2]), Ok(None));
            }
        }
    }

    #[test]
    fn the_masked_example_of_rfc_6455_5_7() {
        let bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(Frame::read(&bytes), Ok(Some((Frame::new(Kind::Text, "Hello", true), 11))));
    }

    #[test]
    fn what_is_no_frame() {
        for bytes in [&b"\x83\x00"[..], b"\xa1\x00", b"HTTP/1.1 400", b"\x82\x7f\0\0\0\0\xff\0\0\0"] {
            assert!(Frame::read(bytes).is_err(), "{bytes:?}");
        }
    }
}
