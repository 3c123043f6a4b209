//! Bytes written as text, whole or in pieces.

use std::fmt;
use std::ops::Deref;

use serde::Deserialize;

/// Bytes of a case.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(from = "Pieces")]
pub struct Bytes(Vec<u8>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.get(..500).unwrap_or(&self.0).escape_ascii())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Pieces {
    One(Piece),
    Several(Vec<Piece>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Piece {
    Text(String),
    Repeated { repeat: String, times: usize },
}

impl From<Pieces> for Bytes {
    fn from(pieces: Pieces) -> Self {
        let pieces = match pieces {
            Pieces::One(piece) => vec![piece],
            Pieces::Several(pieces) => pieces,
        };
        Self(
            pieces
                .into_iter()
                .flat_map(|piece| match piece {
                    Piece::Text(text) => latin1(&text),
                    Piece::Repeated { repeat, times } => latin1(&repeat).repeat(times),
                })
                .collect(),
        )
    }
}

fn latin1(text: &str) -> Vec<u8> {
    let byte = |char| u8::try_from(u32::from(char)).unwrap_or_else(|_| panic!("{char:?} is no byte"));
    text.chars().map(byte).collect()
}
