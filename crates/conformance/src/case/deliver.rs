//! How bytes are delivered.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// How bytes are delivered: in which writes, and what comes behind the last one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Deliver {
    /// In one write.
    #[default]
    Whole,
    /// One byte a write.
    Bytes,
    /// One line a write.
    Lines,
    /// Eight bytes a write, with a pause behind each.
    Slowly,
    /// One byte every half second.
    Dripping,
    /// In one write for each part between these offsets, with a pause between them. Negative ones count from the end.
    At(Vec<isize>),
    /// In one write, and then the end of what is sent.
    HalfClosed,
    /// In one write, and then a reset of the connection.
    Reset,
}

/// What comes behind the last write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// The connection stays open.
    Open,
    /// The end of what is sent; the connection can still be read from.
    HalfClosed,
    /// A reset of the connection.
    Reset,
}

impl Deliver {
    /// Returns the bytes of each write.
    pub fn pieces<'a>(&self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        match self {
            Self::Whole | Self::HalfClosed | Self::Reset => vec![bytes],
            Self::Bytes | Self::Dripping => bytes.chunks(1).collect(),
            Self::Lines => bytes.split_inclusive(|byte| *byte == b'\n').collect(),
            Self::Slowly => bytes.chunks(8).collect(),
            Self::At(offsets) => {
                let mut pieces = Vec::new();
                let mut rest = bytes;
                let mut start = 0;
                for offset in offsets {
                    let from_end = bytes.len().saturating_sub(offset.unsigned_abs());
                    let offset = usize::try_from(*offset).unwrap_or(from_end);
                    if let Some((piece, behind)) = rest.split_at_checked(offset.saturating_sub(start)) {
                        pieces.push(piece);
                        rest = behind;
                        start = start.max(offset);
                    }
                }
                pieces.push(rest);
                pieces.retain(|piece| !piece.is_empty());
                pieces
            }
        }
    }

    /// Returns the pause between two writes.
    pub fn pause(&self) -> Duration {
        match self {
            Self::Whole | Self::HalfClosed | Self::Reset | Self::Bytes => Duration::ZERO,
            Self::Lines => Duration::from_millis(2),
            Self::Slowly | Self::At(_) => Duration::from_millis(10),
            Self::Dripping => Duration::from_millis(500),
        }
    }

    /// Returns what comes behind the last write.
    pub fn ending(&self) -> Ending {
        match self {
            Self::HalfClosed => Ending::HalfClosed,
            Self::Reset => Ending::Reset,
            _ => Ending::Open,
        }
    }
}

impl<'de> Deserialize<'de> for Deliver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Word(String),
            Table(Table),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            at: Vec<isize>,
        }
        match Form::deserialize(deserializer)? {
            Form::Table(Table { at }) if !at.is_empty() => Ok(Self::At(at)),
            Form::Table(_) => Err(D::Error::custom("a delivery at no offsets")),
            Form::Word(word) => match word.as_str() {
                "whole" => Ok(Self::Whole),
                "bytes" => Ok(Self::Bytes),
                "lines" => Ok(Self::Lines),
                "slowly" => Ok(Self::Slowly),
                "dripping" => Ok(Self::Dripping),
                "half-closed" => Ok(Self::HalfClosed),
                "reset" => Ok(Self::Reset),
                _ => Err(D::Error::custom(format!("\"{word}\" is no delivery"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        for (deliver, expected) in [
            (Deliver::Whole, vec!["a\r\nbcdefghi"]),
            (Deliver::Lines, vec!["a\r\n", "bcdefghi"]),
            (Deliver::Slowly, vec!["a\r\nbcdef", "ghi"]),
            (Deliver::At(vec![2, 5]), vec!["a\r", "\nbc", "defghi"]),
            (Deliver::At(vec![-3, -1]), vec!["a\r\nbcdef", "gh", "i"]),
            (Deliver::At(vec![0, 2, 2, 99]), vec!["a\r", "\nbcdefghi"]),
        ] {
            let pieces: Vec<_> =
                deliver.pieces(b"a\r\nbcdefghi").iter().map(|p| str::from_utf8(p).unwrap()).collect();
            assert_eq!(pieces, expected, "{deliver:?}");
        }
        assert_eq!(Deliver::Bytes.pieces(b"abc").len(), 3);
    }

    #[test]
    fn notation() {
        #[derive(Debug, Deserialize)]
        struct Case {
            deliver: Deliver,
        }
        let read = |text: &str| toml::from_str::<Case>(text).map(|case| case.deliver);
        assert_eq!(read("deliver = 'half-closed'"), Ok(Deliver::HalfClosed));
        assert_eq!(read("deliver = { at = [5, 20] }"), Ok(Deliver::At(vec![5, 20])));
        for wrong in ["'all'", "{ at = [] }", "{ at = [0.5] }", "{ at = [1], x = 1 }", "3"] {
            assert!(read(&format!("deliver = {wrong}")).is_err(), "{wrong}");
        }
    }
}
