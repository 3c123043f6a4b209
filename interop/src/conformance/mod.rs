//! `cargo xtask conformance`: the conformance suite, run against other software and against ours. The results are kept
//! in `docs/conformance.json`, and `docs/conformance.md` is made of them.

pub(crate) mod document;
pub(crate) mod programs;
pub(crate) mod results;
pub(crate) mod run;
pub(crate) mod subject;
