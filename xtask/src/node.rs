//! Tests the Node.js package. Its own tests build the core as WebAssembly, and run everything through it.

use std::process::Command;

use crate::command::{has, run_reading};
use crate::gaps::Gaps;
use crate::tree::workspace;

const FOLDER: &str = "bindings/node";

/// The file that the package's own script writes after it has installed what the tests need.
const INSTALLED: &str = "node_modules/installed-from.txt";

/// Runs the tests on every runtime. Those that can't be run here are named.
pub(crate) fn run_all(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    let missing = if !(has("node", "--version") && has("npm", "--version")) {
        "node and npm are not installed"
    } else if !may_install && !workspace().join(FOLDER).join(INSTALLED).exists() {
        "its npm packages are not installed"
    } else {
        let mut command = Command::new("npm");
        command.args(["--prefix", FOLDER, "run", "test:everywhere"]);
        command.env("NO_INSTALL", (!may_install).to_string());
        for (what, reason) in run_reading("the Node.js package", &mut command, not_run)? {
            gaps.add(what, reason);
        }
        return Ok(());
    };
    gaps.add("the Node.js package", missing);
    Ok(())
}

/// Returns what was left out, and why, from a line of the package's script.
fn not_run(line: &str) -> Option<(String, String)> {
    let (what, reason) = line.strip_prefix("not run: ")?.rsplit_once(": ")?;
    Some((what.into(), reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_found() {
        let said = |what: &str, why: &str| Some((what.to_owned(), why.to_owned()));
        assert_eq!(
            not_run("not run: a test of Node.js: it, on Bun: why"),
            said("a test of Node.js: it, on Bun", "why")
        );
        assert_eq!(not_run("Node.js 22: 122 passed, 0 failed, 0 skipped"), None);
    }
}
