//! The tokeniser beside those of others: what both take, they read alike; where only one does, a rule says why.

mod httparse;
mod hyper;
mod stream;

/// What comes of a head; `E` says why not.
#[derive(Debug, PartialEq)]
enum Verdict<H, E> {
    Complete(H),
    Partial,
    Wrong(E),
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
