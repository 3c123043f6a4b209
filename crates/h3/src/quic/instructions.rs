//! The peer's QPACK streams (RFC 9204 §4.3, §4.4), without IO.
//!
//! We announce a dynamic table of 0 bytes and use none of the peer's, so that nearly every instruction is wrong. No
//! instruction is kept.

use http3::error::Code;

use super::broken::Broken;

/// Which of the two streams it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Instructions of the peer's encoder.
    Encoder,
    /// Instructions of the peer's decoder. `true` inside the number of a Stream Cancellation.
    Decoder(bool),
}

impl Side {
    /// Checks the next bytes.
    pub(crate) fn check(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        match self {
            // Only a table of 0 bytes is possible: Set Dynamic Table Capacity with 0.
            Self::Encoder if bytes.iter().all(|byte| *byte == 0x20) => Ok(()),
            Self::Encoder => Err(Broken::new(
                Code::QPACK_ENCODER_STREAM_ERROR,
                "an instruction for a dynamic table that there is not",
            )),
            Self::Decoder(inside) => bytes.iter().try_for_each(|byte| {
                match (*inside, byte) {
                    // The number is not needed. It ends with a byte below 128 (RFC 7541 §5.1).
                    (true, byte) => *inside = byte & 0x80 != 0,
                    (false, 0x40..=0x7e) => {}
                    (false, 0x7f) => *inside = true,
                    // Section Acknowledgment and Insert Count Increment.
                    (false, _) => {
                        return Err(Broken::new(
                            Code::QPACK_DECODER_STREAM_ERROR,
                            "an instruction that answers to nothing",
                        ));
                    }
                }
                Ok(())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_every_instruction_is_wrong() {
        let encoder = Some(Code::QPACK_ENCODER_STREAM_ERROR);
        let decoder = Some(Code::QPACK_DECODER_STREAM_ERROR);
        let cases: [(Side, &[u8], Option<Code>, &str); 12] = [
            (Side::Encoder, &[], None, "nothing"),
            (Side::Encoder, &[0x20, 0x20], None, "a capacity of 0, twice"),
            (Side::Encoder, &[0x21], encoder, "a capacity of 1"),
            (Side::Encoder, &[0x3f, 0x00], encoder, "a capacity of 31"),
            (Side::Encoder, &[0xc0, 0x00], encoder, "an insertion with the name of the static table"),
            (Side::Encoder, &[0x41, b'a', 0x00], encoder, "an insertion with a name"),
            (Side::Encoder, &[0x20, 0x00], encoder, "a duplicate, behind a capacity"),
            (Side::Decoder(false), &[0x40, 0x7e], None, "two cancelled streams"),
            (
                Side::Decoder(false),
                &[0x7f, 0x80, 0x80, 0x01, 0x40],
                None,
                "a stream with a long number, and one more",
            ),
            (Side::Decoder(false), &[0x80], decoder, "an acknowledged section"),
            (Side::Decoder(false), &[0x00], decoder, "an increment of 0"),
            (Side::Decoder(false), &[0x7f, 0x80, 0x01, 0x01], decoder, "an increment behind a long number"),
        ];
        for (side, bytes, expected, what) in cases {
            let mut whole = side;
            assert_eq!(whole.check(bytes).err().map(|broken| broken.code), expected, "{what}");
            let mut pieces = side;
            let checked = bytes.chunks(1).try_for_each(|byte| pieces.check(byte));
            assert_eq!(checked.err().map(|broken| broken.code), expected, "{what}, byte by byte");
        }
    }
}
