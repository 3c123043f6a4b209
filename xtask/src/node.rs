//! Tests the Node.js package. Its own tests build the core as WebAssembly, and run everything through it.

use std::process::Command;

use crate::command::{has, run_reading};
use crate::gaps::Gaps;
use crate::tree::workspace;

const FOLDER: &str = "bindings/node";

/// The file that the package's own script writes after it has installed what the tests need.
const INSTALLED: &str = "node_modules/installed-from.txt";

/// Runs `npm test`.
pub(crate) fn run_all(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    let missing = if !(has("node", "--version") && has("npm", "--version")) {
        "node and npm are not installed"
    } else if !may_install && !workspace().join(FOLDER).join(INSTALLED).exists() {
        "its npm packages are not installed"
    } else {
        let mut command = Command::new("npm");
        command.args(["--prefix", FOLDER, "test"]).env("NO_INSTALL", (!may_install).to_string());
        for test in run_reading("the Node.js package", &mut command, skipped)? {
            gaps.add("a test of the Node.js package", test);
        }
        return Ok(());
    };
    gaps.add("the Node.js package", missing);
    Ok(())
}

/// Returns the line of a skipped test, with its name and the reason. `node --test` has two forms of it.
fn skipped(line: &str) -> Option<String> {
    let test = line.trim_start();
    let is_left_out = test.starts_with("\u{FE63} ") || test.starts_with("ok ") && test.contains("# SKIP");
    is_left_out.then(|| test.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_are_left_out_are_found() {
        assert!(skipped("ok 7 - Chromium # SKIP there is no chromium").is_some());
        assert!(skipped("  \u{FE63} Chromium (0.1ms) # there is no chromium").is_some());
        assert_eq!(skipped("ok 7 - Chromium"), None);
        assert_eq!(skipped("# skipped 0"), None);
    }
}
