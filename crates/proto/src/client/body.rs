//! The body of a refusal, read within limits, for every framing of RFC 9112 §6.3 and §7.1.

use core::fmt;

use super::reason::{ResponseError, ResponseReason};
use crate::content_length::content_length;
use crate::error::Error;
use crate::field::{Known, Lines};
use crate::head::{ResponseHead, Source};
use crate::limits::Limits;
use crate::rules::members;
use crate::shown::Shown;

/// Extracts the body from the bytes that follow the head of a refusal.
///
/// Feed it with [`Body::read`] until the state is no longer [`BodyState::More`]. Call [`Body::close`] when the
/// connection ends or no time is left.
#[derive(Debug)]
pub struct Body {
    framing: Framing,
    /// Remaining bytes of data that are kept.
    room: usize,
    /// Remaining bytes of chunk sizes, chunk extensions and trailers that are accepted.
    overhead: usize,
}

/// How much of a body has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyState {
    /// There may be more of it.
    More,
    /// All of it has been read.
    Complete,
    /// Reading ended early; [`Body::truncation`] gives the reason.
    Truncated,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Truncation {
    /// The body is longer than the limit `refusal_body`.
    RefusalBody,
    /// There is more between the chunks than the limit `refusal_overhead`.
    RefusalOverhead,
    /// The body ended early, or no time was left (RFC 9112 §8).
    Incomplete,
    /// The framing is malformed (RFC 9112 §6.1, §7.1).
    Malformed,
}

impl fmt::Display for Truncation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RefusalBody => "longer than the limit `refusal_body`",
            Self::RefusalOverhead => "more between the chunks than the limit `refusal_overhead`",
            Self::Incomplete => "not complete",
            Self::Malformed => "malformed chunks",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    UntilClose,
    Chunked(Chunk),
    Ended(Option<Truncation>),
}

/// The part of a chunked body that the next byte belongs to (RFC 9112 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Size {
        size: u64,
        digits: bool,
    },
    /// A chunk extension, or white space, up to the end of the line.
    Extension {
        size: u64,
    },
    SizeLf {
        size: u64,
    },
    Data {
        left: u64,
    },
    DataCr,
    DataLf,
    /// The trailer section, which is discarded. `empty` says whether this line has no byte so far.
    Trailer {
        empty: bool,
    },
}

impl Body {
    /// Starts reading the body of a final response other than 101.
    pub(super) fn of(
        head: &ResponseHead<'_>,
        lines: &Lines<'_>,
        limits: &Limits,
    ) -> Result<Self, ResponseError> {
        let framing = match head.status() {
            204 | 304 => Framing::Ended(None),
            // HTTP/1.0 has no `Transfer-Encoding`: the framing is faulty (RFC 9112 §6.1).
            _ if head.minor == 0 && lines.first(Known::TransferEncoding).is_some() => {
                Framing::Ended(Some(Truncation::Malformed))
            }
            _ => framing(head, lines)?,
        };
        let framing = match framing {
            Framing::Length(0) => Framing::Ended(None),
            Framing::Ended(_) => framing,
            // Nothing of the body would be kept, so there is nothing to wait for.
            _ if limits.refusal_body == 0 => Framing::Ended(Some(Truncation::RefusalBody)),
            _ => framing,
        };
        Ok(Self { framing, room: limits.refusal_body, overhead: limits.refusal_overhead })
    }

    /// Returns how much of the body has been read. A body that ends early is incomplete (RFC 9112 §8).
    pub fn state(&self) -> BodyState {
        match self.framing {
            Framing::Ended(None) => BodyState::Complete,
            Framing::Ended(Some(_)) => BodyState::Truncated,
            _ => BodyState::More,
        }
    }

    /// Returns why the body was not read to its end, or `None` if it was or may still be.
    pub fn truncation(&self) -> Option<Truncation> {
        match self.framing {
            Framing::Ended(truncation) => truncation,
            _ => None,
        }
    }

    /// Ends the body with what has been read, because the connection is closed or no time is left.
    ///
    /// `by_peer` says whether the server closed the connection. That ends a body without a length (RFC 9112 §6.3 item
    /// 8).
    pub fn close(&mut self, by_peer: bool) {
        if self.state() == BodyState::More {
            let ends = by_peer && self.framing == Framing::UntilClose;
            self.framing = Framing::Ended((!ends).then_some(Truncation::Incomplete));
        }
    }

    /// Takes the next piece of data from `input` (RFC 9112 §6.3, §7.1). Returns the piece, and how many bytes of
    /// `input` are consumed.
    ///
    /// Call it again with the rest until nothing is left or the state is no longer [`BodyState::More`].
    pub fn read<'b>(&mut self, input: &'b [u8]) -> (&'b [u8], usize) {
        match &mut self.framing {
            Framing::Ended(_) => (b"", input.len()),
            Framing::UntilClose => self.keep(input),
            Framing::Length(left) => {
                let piece = take(input, *left);
                *left -= piece.len() as u64;
                if *left == 0 {
                    self.framing = Framing::Ended(None);
                }
                self.keep(piece)
            }
            Framing::Chunked(Chunk::Data { left }) => {
                let piece = take(input, *left);
                *left -= piece.len() as u64;
                if *left == 0 {
                    self.framing = Framing::Chunked(Chunk::DataCr);
                }
                self.keep(piece)
            }
            Framing::Chunked(_) => (b"", self.skip_framing(input)),
        }
    }

    /// Returns as much of a piece as still fits the limit, and the length of the piece.
    fn keep<'b>(&mut self, piece: &'b [u8]) -> (&'b [u8], usize) {
        let kept = piece.get(..self.room).unwrap_or(piece);
        self.room -= kept.len();
        // More data is announced, but there is no room for it: do not wait for it.
        let announced =
            matches!(self.framing, Framing::Length(1..) | Framing::Chunked(Chunk::Data { left: 1.. }));
        if kept.len() < piece.len() || (self.room == 0 && announced) {
            self.framing = Framing::Ended(Some(Truncation::RefusalBody));
        }
        (kept, piece.len())
    }

    /// Skips the framing between the data of a chunked body. Returns the number of bytes skipped.
    fn skip_framing(&mut self, input: &[u8]) -> usize {
        for (at, &byte) in input.iter().enumerate() {
            let Framing::Chunked(chunk) = self.framing else {
                return at;
            };
            if matches!(chunk, Chunk::Data { .. }) {
                return at;
            }
            let Some(left) = self.overhead.checked_sub(1) else {
                self.framing = Framing::Ended(Some(Truncation::RefusalOverhead));
                continue;
            };
            self.overhead = left;
            self.framing = chunk.next(byte).unwrap_or(Framing::Ended(Some(Truncation::Malformed)));
        }
        input.len()
    }
}

impl Chunk {
    const START: Self = Self::Size { size: 0, digits: false };

    /// Returns the state after a byte, or `None` if the framing is malformed.
    fn next(self, byte: u8) -> Option<Framing> {
        let chunk = match (self, byte) {
            (Self::Size { size, .. }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16)?;
                Self::Size { size: size.checked_mul(16)?.checked_add(u64::from(digit))?, digits: true }
            }
            (Self::Size { size, digits: true } | Self::Extension { size }, b'\r') => Self::SizeLf { size },
            (Self::Size { size, digits: true } | Self::Extension { size } | Self::SizeLf { size }, b'\n') => {
                match size {
                    0 => Self::Trailer { empty: true },
                    left => Self::Data { left },
                }
            }
            (Self::Size { size, digits: true }, b';' | b' ' | b'\t') | (Self::Extension { size }, _) => {
                Self::Extension { size }
            }
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataCr | Self::DataLf, b'\n') => Self::START,
            (Self::Trailer { empty: true }, b'\n') => return Some(Framing::Ended(None)),
            (Self::Trailer { empty }, b'\r') => Self::Trailer { empty },
            (Self::Trailer { .. }, byte) => Self::Trailer { empty: byte == b'\n' },
            _ => return None,
        };
        Some(Framing::Chunked(chunk))
    }
}

/// Determines how the body is framed (RFC 9112 §6.3, items 4 to 8).
fn framing(head: &ResponseHead<'_>, lines: &Lines<'_>) -> Result<Framing, ResponseError> {
    let source = Source::Section(head.fields);
    if lines.first(Known::TransferEncoding).is_some() {
        let last = lines.all(Known::TransferEncoding, source).flat_map(members).last();
        let chunked = last.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
        return Ok(if chunked { Framing::Chunked(Chunk::START) } else { Framing::UntilClose });
    }
    match content_length(lines, source) {
        Ok(None) => Ok(Framing::UntilClose),
        Ok(Some(digits)) => Ok(Framing::Length(number(digits))),
        Err(line) => Err(Error::new(ResponseReason::ContentLength).with_value(Shown::list(line))),
    }
}

/// Parses a length. A number too large for the type saturates: it is legal (RFC 9110 §8.6) and exceeds every limit.
fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number: u64, digit| {
        number.saturating_mul(10).saturating_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

fn take(input: &[u8], left: u64) -> &[u8] {
    usize::try_from(left).ok().and_then(|left| input.get(..left)).unwrap_or(input)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    /// Reads a body from pieces, each given to the reader in steps of at most `size` bytes.
    fn read(pieces: &[(&[u8], usize)], size: usize) -> (usize, Option<Truncation>) {
        let bytes: Vec<u8> = pieces.iter().flat_map(|(piece, times)| piece.repeat(*times)).collect();
        let Limits { refusal_body: room, refusal_overhead: overhead, .. } = Limits::new();
        let mut body = Body { framing: Framing::Chunked(Chunk::START), room, overhead };
        let mut kept = 0;
        for mut piece in bytes.chunks(size) {
            while body.state() == BodyState::More && !piece.is_empty() {
                let (data, done) = body.read(piece);
                (kept, piece) = (kept + data.len(), &piece[done..]);
            }
        }
        assert_ne!(body.state(), BodyState::More);
        (kept, body.truncation())
    }

    #[test]
    fn the_default_limits_of_a_chunked_body() {
        let overhead = Limits::new().refusal_overhead;
        let end = (&b"\r\nhello\r\n0\r\n\r\n"[..], 1);
        let extension = |len| [(&b"5;"[..], 1), (b"a", len), end];
        let trailer = |len| [(&b"5\r\nhello\r\n0\r\nA:"[..], 1), (b"a", len), (b"\r\n\r\n", 1)];
        for size in [1, 7, 1000, usize::MAX] {
            let chunks: [(&[u8], usize); 2] = [(b"10\r\n0123456789abcdef\r\n", 4000), (b"0\r\n\r\n", 1)];
            assert_eq!(read(&chunks, size), (64_000, None));
            let too_long = Some(Truncation::RefusalOverhead);
            assert_eq!(read(&extension(overhead - 11), size), (5, None));
            assert_eq!(read(&extension(overhead - 10), size), (5, too_long));
            assert_eq!(read(&extension(overhead), size), (0, too_long));
            assert_eq!(read(&trailer(overhead - 14), size), (5, None));
            assert_eq!(read(&trailer(overhead - 13), size), (5, too_long));
            assert_eq!(
                read(&[(b"10001\r\n", 1), (b"a", 65537)], size),
                (65536, Some(Truncation::RefusalBody))
            );
            assert_eq!(read(&[(b"5\r\nhello, world", 1)], size), (5, Some(Truncation::Malformed)));
        }
    }

    #[test]
    fn a_truncation_names_its_limit() {
        for (truncation, expected) in [
            (Truncation::RefusalBody, "longer than the limit `refusal_body`"),
            (Truncation::RefusalOverhead, "more between the chunks than the limit `refusal_overhead`"),
            (Truncation::Incomplete, "not complete"),
            (Truncation::Malformed, "malformed chunks"),
        ] {
            assert_eq!(truncation.to_string(), expected);
        }
    }
}
