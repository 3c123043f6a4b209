//! The frames of the peer's control stream (RFC 9114 §6.2.1, §7.2), without IO.
//!
//! Only frames that are legal are handed on, in one piece: the others end the connection here, or have no meaning. So
//! the HTTP/3 crate never collects more than [`LONGEST`] bytes.

use bytes::{BufMut, Bytes, BytesMut};
use http3::error::Code;

use super::broken::Broken;
use crate::frames::reader::{Kind, Piece, Reader, integer, put_integer};

/// The longest frame that is accepted: SETTINGS with more than 250 settings.
pub(crate) const LONGEST: u64 = 4096;

const CANCEL_PUSH: u64 = 0x03;
const SETTINGS: u64 = 0x04;
const GOAWAY: u64 = 0x07;
const MAX_PUSH_ID: u64 = 0x0d;

/// `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 9220 §3) and `SETTINGS_H3_DATAGRAM` (RFC 9297 §2.1.1): 0 or 1.
const FLAGS: [u64; 2] = [0x08, 0x33];

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

/// What the peer has said so far.
#[derive(Debug)]
pub(crate) struct Control {
    role: Role,
    frames: Reader,
    /// The frame that is being collected: its type, and how long it is.
    frame: Option<(u64, u64)>,
    payload: BytesMut,
    has_settings: bool,
    /// The lowest identifier of a GOAWAY, and the highest of a `MAX_PUSH_ID`.
    goaway: Option<u64>,
    pushes: Option<u64>,
}

impl Control {
    /// For the peer of this end.
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            frames: Reader::default(),
            frame: None,
            payload: BytesMut::new(),
            has_settings: false,
            goaway: None,
            pushes: None,
        }
    }

    /// Takes bytes, and appends the frames that are complete and have a meaning.
    pub(crate) fn take(&mut self, mut bytes: Bytes, frames: &mut BytesMut) -> Result<(), Broken> {
        while let Some(piece) = self.frames.next(&mut bytes) {
            match piece {
                Piece::Begin(kind, len) => self.begin(kind, len)?,
                Piece::Payload(Kind::Unknown, _) => {}
                Piece::Payload(_, bytes) => self.payload.put_slice(&bytes),
            }
            if let Some((kind, len)) = self.frame.take_if(|(_, len)| *len == self.payload.len() as u64) {
                let payload = std::mem::take(&mut self.payload);
                self.check(kind, &payload)?;
                put_integer(kind, frames);
                put_integer(len, frames);
                frames.put_slice(&payload);
            }
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, len: u64) -> Result<(), Broken> {
        let unexpected = |what| Err(Broken::new(Code::H3_FRAME_UNEXPECTED, what));
        let kind = match kind {
            // Whatever it is, it comes too early (RFC 9114 §6.2.1).
            kind if !self.has_settings && kind != Kind::Misplaced(SETTINGS) => {
                return Err(Broken::new(
                    Code::H3_MISSING_SETTINGS,
                    "a control stream that begins without SETTINGS",
                ));
            }
            Kind::Unknown => return Ok(()),
            Kind::Misplaced(SETTINGS) if self.has_settings => return unexpected("SETTINGS twice"),
            Kind::Misplaced(MAX_PUSH_ID) if self.role == Role::Client => {
                return unexpected("MAX_PUSH_ID of a server");
            }
            Kind::Misplaced(kind @ (CANCEL_PUSH | SETTINGS | GOAWAY | MAX_PUSH_ID)) => kind,
            Kind::Misplaced(_) => return unexpected("a frame of HTTP/2"),
            Kind::Data | Kind::Headers | Kind::PushPromise => {
                return unexpected("a frame of a request stream on the control stream");
            }
        };
        let longest = if kind == SETTINGS { LONGEST } else { 8 };
        match len {
            0 if kind != SETTINGS => Err(wrong_length()),
            len if len <= longest => {
                self.has_settings = true;
                self.frame = Some((kind, len));
                Ok(())
            }
            _ if kind == SETTINGS => Err(Broken::new(Code::H3_EXCESSIVE_LOAD, "SETTINGS that are too long")),
            _ => Err(wrong_length()),
        }
    }

    fn check(&mut self, kind: u64, payload: &[u8]) -> Result<(), Broken> {
        if kind == SETTINGS {
            return settings(payload);
        }
        let Some((id, [])) = integer(payload) else { return Err(wrong_length()) };
        let wrong = |what| Err(Broken::new(Code::H3_ID_ERROR, what));
        match kind {
            // Nothing was ever pushed, or allowed to be (RFC 9114 §7.2.3).
            CANCEL_PUSH => wrong("CANCEL_PUSH of a push that there is not"),
            MAX_PUSH_ID if self.pushes.is_some_and(|pushes| id < pushes) => wrong("a lower MAX_PUSH_ID"),
            MAX_PUSH_ID => {
                self.pushes = Some(id);
                Ok(())
            }
            // A server names a stream of the client's, in both directions (RFC 9114 §7.2.6).
            _ if self.role == Role::Client && id % 4 != 0 => {
                wrong("GOAWAY with the number of another stream")
            }
            // RFC 9114 §5.2.
            _ if self.goaway.is_some_and(|goaway| id > goaway) => wrong("a higher GOAWAY"),
            _ => {
                self.goaway = Some(id);
                Ok(())
            }
        }
    }
}

/// Checks settings (RFC 9114 §7.2.4). Unknown ones have no meaning.
fn settings(mut payload: &[u8]) -> Result<(), Broken> {
    let wrong = |what| Err(Broken::new(Code::H3_SETTINGS_ERROR, what));
    let mut seen = Vec::new();
    while !payload.is_empty() {
        let setting = integer(payload).and_then(|(id, rest)| Some((id, integer(rest)?)));
        let Some((id, (value, rest))) = setting else { return Err(wrong_length()) };
        if matches!(id, 0x00 | 0x02..=0x05) {
            return wrong("a setting of HTTP/2");
        }
        if seen.contains(&id) {
            return wrong("a repeated setting");
        }
        if FLAGS.contains(&id) && value > 1 {
            return wrong("a setting that is neither 0 nor 1");
        }
        seen.push(id);
        payload = rest;
    }
    Ok(())
}

fn wrong_length() -> Broken {
    Broken::new(Code::H3_FRAME_ERROR, "a frame of a wrong length on the control stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the frames lead to, given in pieces of this size: what is handed on, or the code.
    fn take(role: Role, bytes: &[u8], size: usize) -> Result<Vec<u8>, Code> {
        let (mut control, mut frames) = (Control::new(role), BytesMut::new());
        for piece in bytes.chunks(size) {
            control.take(Bytes::copy_from_slice(piece), &mut frames).map_err(|broken| broken.code)?;
        }
        Ok(frames.to_vec())
    }

    /// The end that reads, the bytes, what is handed on or the code, and what it is about.
    type Case = (Role, &'static [u8], Result<&'static [u8], Code>, &'static str);

    #[test]
    fn each_wrong_frame_has_its_code() {
        use Code as C;
        const S: Role = Role::Server;
        const K: Role = Role::Client;
        let cases: &[Case] = &[
            (S, &[4, 0], Ok(&[4, 0]), "empty SETTINGS"),
            (S, &[4, 2, 8, 1], Ok(&[4, 2, 8, 1]), "extended CONNECT"),
            (S, &[4, 3, 0x40, 0x21, 7], Ok(&[4, 3, 0x40, 0x21, 7]), "a reserved setting"),
            (S, &[4, 0, 0x21, 3, 1, 2, 3, 7, 1, 0], Ok(&[4, 0, 7, 1, 0]), "a reserved frame is skipped"),
            (S, &[4, 0, 0x40, 0x41, 1, 9, 7, 1, 0], Ok(&[4, 0, 7, 1, 0]), "one of WebTransport is skipped"),
            (S, &[0x21, 0, 4, 0], Err(C::H3_MISSING_SETTINGS), "a reserved frame in front of SETTINGS"),
            (S, &[7, 1, 0], Err(C::H3_MISSING_SETTINGS), "GOAWAY in front of SETTINGS"),
            (S, &[0, 0], Err(C::H3_MISSING_SETTINGS), "DATA in front of SETTINGS"),
            (S, &[4, 0, 4, 0], Err(C::H3_FRAME_UNEXPECTED), "SETTINGS twice"),
            (S, &[4, 0, 0, 0], Err(C::H3_FRAME_UNEXPECTED), "DATA"),
            (S, &[4, 0, 1, 0], Err(C::H3_FRAME_UNEXPECTED), "HEADERS"),
            (S, &[4, 0, 5, 1, 0], Err(C::H3_FRAME_UNEXPECTED), "PUSH_PROMISE"),
            (S, &[4, 0, 2, 0], Err(C::H3_FRAME_UNEXPECTED), "PRIORITY of HTTP/2"),
            (S, &[4, 0, 6, 0], Err(C::H3_FRAME_UNEXPECTED), "PING of HTTP/2"),
            (S, &[4, 0, 8, 0], Err(C::H3_FRAME_UNEXPECTED), "WINDOW_UPDATE of HTTP/2"),
            (S, &[4, 0, 9, 0], Err(C::H3_FRAME_UNEXPECTED), "CONTINUATION of HTTP/2"),
            (S, &[4, 2, 0, 0], Err(C::H3_SETTINGS_ERROR), "the setting 0 of HTTP/2"),
            (S, &[4, 2, 2, 0], Err(C::H3_SETTINGS_ERROR), "ENABLE_PUSH of HTTP/2"),
            (S, &[4, 2, 3, 9], Err(C::H3_SETTINGS_ERROR), "MAX_CONCURRENT_STREAMS of HTTP/2"),
            (S, &[4, 2, 4, 9], Err(C::H3_SETTINGS_ERROR), "INITIAL_WINDOW_SIZE of HTTP/2"),
            (S, &[4, 2, 5, 9], Err(C::H3_SETTINGS_ERROR), "MAX_FRAME_SIZE of HTTP/2"),
            (S, &[4, 4, 8, 1, 8, 1], Err(C::H3_SETTINGS_ERROR), "a setting twice"),
            (S, &[4, 2, 8, 2], Err(C::H3_SETTINGS_ERROR), "extended CONNECT with 2"),
            (S, &[4, 1, 8], Err(C::H3_FRAME_ERROR), "half a setting"),
            (S, &[4, 2, 8, 0x40], Err(C::H3_FRAME_ERROR), "half a value"),
            (S, &[4, 0x50, 0x01], Err(C::H3_EXCESSIVE_LOAD), "SETTINGS of 4,097 bytes"),
            (S, &[4, 0xc0, 0, 0, 0, 1, 0, 0, 0], Err(C::H3_EXCESSIVE_LOAD), "SETTINGS of 4 GiB"),
            (S, &[4, 0, 7, 0], Err(C::H3_FRAME_ERROR), "GOAWAY without a number"),
            (S, &[4, 0, 7, 2, 0, 0], Err(C::H3_FRAME_ERROR), "GOAWAY with a byte too many"),
            (S, &[4, 0, 7, 1, 0x40], Err(C::H3_FRAME_ERROR), "GOAWAY with half a number"),
            (S, &[4, 0, 7, 9], Err(C::H3_FRAME_ERROR), "GOAWAY of 9 bytes"),
            (S, &[4, 0, 7, 1, 4, 7, 1, 5], Err(C::H3_ID_ERROR), "a higher GOAWAY"),
            (S, &[4, 0, 7, 1, 5, 7, 1, 5, 7, 1, 1], Ok(&[4, 0, 7, 1, 5, 7, 1, 5, 7, 1, 1]), "a lower GOAWAY"),
            (K, &[4, 0, 7, 1, 8, 7, 1, 4], Ok(&[4, 0, 7, 1, 8, 7, 1, 4]), "GOAWAY of a server"),
            (K, &[4, 0, 7, 1, 1], Err(C::H3_ID_ERROR), "GOAWAY with the number of a server's stream"),
            (K, &[4, 0, 7, 1, 2], Err(C::H3_ID_ERROR), "GOAWAY with the number of a stream in one direction"),
            (K, &[4, 0, 13, 1, 2], Err(C::H3_FRAME_UNEXPECTED), "MAX_PUSH_ID of a server"),
            (S, &[4, 0, 13, 1, 2, 13, 1, 2], Ok(&[4, 0, 13, 1, 2, 13, 1, 2]), "MAX_PUSH_ID"),
            (S, &[4, 0, 13, 1, 2, 13, 1, 1], Err(C::H3_ID_ERROR), "a lower MAX_PUSH_ID"),
            (S, &[4, 0, 3, 1, 0], Err(C::H3_ID_ERROR), "CANCEL_PUSH to a server"),
            (K, &[4, 0, 3, 1, 0], Err(C::H3_ID_ERROR), "CANCEL_PUSH to a client"),
        ];
        for (role, bytes, expected, what) in cases {
            for size in 1..=bytes.len() {
                let taken = take(*role, bytes, size);
                assert_eq!(taken.as_deref(), expected.as_ref().copied(), "{what}, in pieces of {size}");
            }
        }
    }
}
