//! Runs the program of the package `interop`: both ends against other software, and the conformance suite.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{own_cargo, run, run_reading};
use crate::gaps::Gaps;
use crate::tree::workspace;

/// The program.
pub(crate) struct Interop(PathBuf);

impl Interop {
    /// Builds the program.
    pub(crate) fn build() -> Result<Self, String> {
        // With the features that the tests use, so that cargo compiles nothing twice: those of an example are the same.
        let build = ["build", "--workspace", "--all-features", "--example", "upgrade", "--bin", "interop"];
        let mut command = Command::new(own_cargo());
        command.args(build).arg("--message-format=json-render-diagnostics").current_dir(workspace());
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| format!("interop: could not start cargo: {error}"))?;
        if !output.status.success() {
            return Err(format!("interop: it can't be built ({})", output.status));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        messages.lines().find_map(executable).map(Self).ok_or_else(|| "interop: cargo has built none".into())
    }

    /// Runs both ends against other software. Missing software is reported; it is a failure if `CI` is `true`.
    pub(crate) fn run(&self, may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
        self.with_gaps("interop", &[], may_install, gaps)
    }

    /// Runs the conformance suite against our own servers and clients and two others, and compares the results with
    /// those in `docs/conformance.json`.
    pub(crate) fn check_conformance(&self, may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
        self.with_gaps("conformance", &["conformance", "--check"], may_install, gaps)
    }

    /// Runs the conformance suite against all software, or that whose name contains `only`, and writes the results.
    pub(crate) fn conformance(&self, may_install: bool, only: Option<&str>) -> Result<(), String> {
        let mut command = self.command(&["conformance"], may_install);
        run("conformance", command.args(only))
    }

    fn with_gaps(
        &self,
        what: &str,
        arguments: &[&str],
        may_install: bool,
        gaps: &mut Gaps,
    ) -> Result<(), String> {
        let not_run = |line: &str| {
            let (row, reason) = line.strip_prefix("not run: ")?.split_once(": ")?;
            Some((row.to_owned(), reason.to_owned()))
        };
        for (row, reason) in run_reading(what, &mut self.command(arguments, may_install), not_run)? {
            gaps.add(format!("{what}, {row}"), reason);
        }
        Ok(())
    }

    fn command(&self, arguments: &[&str], may_install: bool) -> Command {
        let mut command = Command::new(&self.0);
        // It builds what it runs.
        command.env("CARGO", own_cargo()).args(arguments).args((!may_install).then_some("--no-install"));
        command
    }
}

/// Returns the program of a message of cargo, if it is this one.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["name"] == "interop" && message["target"]["kind"][0] == "bin";
    message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
}
