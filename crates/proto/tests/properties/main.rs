//! Properties of every input: both sides agree or both refuse, splits change nothing, and nothing is injected.

mod agreement;
mod arbitrary;
#[path = "../common/mod.rs"]
mod common;
mod injection;
mod secrets;

use proptest::prelude::*;

/// How many cases a property is tried with. A case takes up to a millisecond in a debug build.
const CASES: u32 = 2000;

fn config() -> ProptestConfig {
    // `cargo xtask mutants` runs the properties many times.
    let cases = if std::env::var_os("QUICK_TESTS").is_some() { CASES / 8 } else { CASES };
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// The ends of the pieces of an input of `len` bytes. The last one is its end.
fn ends(splits: &[prop::sample::Index], len: usize) -> Vec<usize> {
    let mut ends: Vec<usize> = splits.iter().map(|split| split.index(len + 1)).collect();
    ends.push(len);
    ends.sort_unstable();
    ends
}

fn splits() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..5)
}
