//! What holds for every input: both sides agree or both refuse, splits change nothing, nothing is injected.

mod agreement;
mod arbitrary;
#[path = "../common/mod.rs"]
mod common;
mod injection;
mod secrets;

use proptest::prelude::*;

/// How often a property is tried; in debug a case takes up to a millisecond.
const CASES: u32 = 2000;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) }
}

/// Places at which an input of so many bytes is split, its end the last one.
fn ends(splits: &[prop::sample::Index], len: usize) -> Vec<usize> {
    let mut ends: Vec<usize> = splits.iter().map(|split| split.index(len + 1)).collect();
    ends.push(len);
    ends.sort_unstable();
    ends
}

fn splits() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..5)
}
