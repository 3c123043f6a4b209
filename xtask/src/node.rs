//! The Node.js package: its own tests build the addon and run everything through it.

use std::env;
use std::process::Command;

use crate::command::{has, run, workspace};

const FOLDER: &str = "bindings/node";

/// What the package's own script leaves behind where it has installed what the tests need.
const INSTALLED: &str = "node_modules/installed-from.txt";

/// Runs `npm test`; says why not, where it can't. Where `CI` is `true` that is a failure.
pub(crate) fn run_all(may_install: bool) -> Result<(), String> {
    let missing = if !(has("node", "--version") && has("npm", "--version")) {
        "node and npm are not installed"
    } else if !may_install && !workspace().join(FOLDER).join(INSTALLED).exists() {
        "its npm packages are not installed"
    } else {
        let mut command = Command::new("npm");
        command.args(["--prefix", FOLDER, "test"]).env("NO_INSTALL", (!may_install).to_string());
        return run("the Node.js package", &mut command);
    };
    if env::var("CI").is_ok_and(|value| value == "true") {
        return Err(format!("the Node.js package: not run, {missing}"));
    }
    println!("\n== the Node.js package: not run, {missing}");
    Ok(())
}
