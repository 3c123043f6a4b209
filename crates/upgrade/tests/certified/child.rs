//! Runs a test in a child process with another environment, since a process can't safely change its own.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{self, Command};
use std::{env, fs};

/// Holds the task of the child.
const TASK: &str = "WEBSOCKET_UPGRADE_TEST_TASK";

/// Returns the task of this process if it is a child, or `None` in the parent.
pub(super) fn task() -> Option<String> {
    env::var(TASK).ok()
}

/// Runs `test`, the name of the calling test, in a child with a task and this environment variable.
pub(super) fn run(test: &str, task: &str, (name, value): (&str, &OsStr)) {
    let mut child = Command::new(env::current_exe().expect("this program"));
    let child = child.args(["--exact", test]).env(TASK, task).env(name, value);
    let output = child.output().expect("a child");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// A file that is removed when this is dropped.
pub(super) struct File(pub(super) PathBuf);

impl File {
    pub(super) fn new(test: &str, task: &str) -> Self {
        let name = format!("{}-{}-{task}", test.replace("::", "-"), process::id());
        Self([env!("CARGO_TARGET_TMPDIR"), &name].iter().collect())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
