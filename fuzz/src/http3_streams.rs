//! The frames of a request stream, those of the control stream, and the instructions of QPACK.
//!
//! What is read does not depend on how the bytes are split; nothing is read twice or lost; what is handed on of a
//! control stream is legal, and short.

use bytes::{Bytes, BytesMut};

use crate::Input;
use crate::frames::reader::{Kind, Piece, Reader, put_integer};
use crate::quic::broken::Broken;
use crate::quic::control::{Control, LONGEST, Role};
use crate::quic::instructions::Side;

/// Checks one input. Its second byte is the size of the pieces.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let Some((&size, bytes)) = input.bytes.split_first() else { return };
    let size = usize::from(size).max(1);
    if !input.chooses(0) {
        let whole = frames(bytes, usize::MAX);
        assert_eq!(frames(bytes, size), whole);
        check_frames(bytes, &whole);
    } else if input.chooses(1) {
        let stream = if input.chooses(2) { Side::Encoder } else { Side::Decoder(false) };
        assert_eq!(instructions(stream, bytes, size), instructions(stream, bytes, usize::MAX));
    } else {
        let role = if input.chooses(2) { Role::Client } else { Role::Server };
        let whole = control(role, bytes, usize::MAX);
        assert_eq!(control(role, bytes, size), whole);
        check_control(role, &whole);
    }
}

/// Makes a seed of these bytes.
pub fn seed(bytes: &[u8]) -> Vec<u8> {
    [&[3], bytes].concat()
}

type Frames = (Vec<(Kind, u64, Vec<u8>)>, bool);

fn frames(bytes: &[u8], size: usize) -> Frames {
    let (mut reader, mut frames) = (Reader::default(), Vec::new());
    for piece in bytes.chunks(size) {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(piece) = reader.next(&mut piece) {
            match piece {
                Piece::Begin(kind, len) => frames.push((kind, len, Vec::new())),
                Piece::Payload(kind, bytes) => {
                    let (last, _, payload) = frames.last_mut().expect("a frame has begun");
                    assert_eq!(*last, kind);
                    payload.extend_from_slice(&bytes);
                }
            }
        }
        assert!(piece.is_empty());
    }
    (frames, reader.is_between_frames())
}

/// All frames but the last one are complete. With the shortest headers, no more bytes are needed.
fn check_frames(bytes: &[u8], (frames, between): &Frames) {
    let mut needed = 0;
    for (place, (_, len, payload)) in frames.iter().enumerate() {
        let complete = payload.len() as u64 == *len;
        assert!(complete || (place + 1 == frames.len() && !between));
        let mut header = Vec::new();
        put_integer(*len, &mut header);
        needed += 1 + header.len() + payload.len();
    }
    assert!(needed <= bytes.len());
}

fn control(role: Role, bytes: &[u8], size: usize) -> Result<Vec<u8>, Broken> {
    let (mut control, mut frames) = (Control::new(role), BytesMut::new());
    for piece in bytes.chunks(size) {
        control.take(Bytes::copy_from_slice(piece), &mut frames)?;
    }
    Ok(frames.to_vec())
}

/// What is handed on is handed on again.
fn check_control(role: Role, taken: &Result<Vec<u8>, Broken>) {
    match taken {
        Ok(taken) => {
            let (frames, between) = frames(taken, usize::MAX);
            assert!(between);
            assert!(
                frames.iter().all(|(kind, len, _)| matches!(kind, Kind::Misplaced(_)) && *len <= LONGEST)
            );
            assert_eq!(control(role, taken, 1).as_ref(), Ok(taken));
        }
        Err(broken) => assert!(!broken.to_string().is_empty()),
    }
}

fn instructions(mut stream: Side, bytes: &[u8], size: usize) -> Result<Side, Broken> {
    bytes.chunks(size).try_for_each(|piece| stream.check(piece))?;
    Ok(stream)
}
