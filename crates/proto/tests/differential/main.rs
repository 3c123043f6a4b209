//! Compares the tokeniser with others. If both accept a head, they must read the same; otherwise a rule explains why.

mod httparse;
mod hyper;
mod stream;

/// The result of a head. `E` is the reason for a refusal.
#[derive(Debug, PartialEq)]
enum Verdict<H, E> {
    Complete(H),
    Partial,
    Wrong(E),
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
