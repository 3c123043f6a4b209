//! `wsupgrade bench` against servers of this process, and against `wsupgrade serve`.

#[path = "../common/mod.rs"]
mod common;

mod counted;
mod stopped;
mod wrong;

use serde_json::Value;

use common::run;

/// Runs it with these arguments. Returns its JSON and its exit code.
fn bench(arguments: &[&str]) -> (Value, i32) {
    let output = run(&[&["bench", "--json"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Progress is shown where standard error is a terminal.
    assert_eq!(said, "", "{arguments:?}");
    let json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    (json, output.status.code().expect("not killed"))
}
