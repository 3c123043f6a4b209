//! A process can't change its environment safely, but can have a child with another.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{self, Command};
use std::{env, fs};

/// Says to the child what it is to do.
const TASK: &str = "WEBSOCKET_UPGRADE_TEST_TASK";

/// What this process, a child, is to do; `None` in the parent.
pub(super) fn task() -> Option<String> {
    env::var(TASK).ok()
}

/// Runs `test`, which is the name of the calling one, in a child with a task and with this in its environment.
pub(super) fn run(test: &str, task: &str, (name, value): (&str, &OsStr)) {
    let mut child = Command::new(env::current_exe().expect("this program"));
    let child = child.args(["--exact", test]).env(TASK, task).env(name, value);
    let output = child.output().expect("a child");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// A file that is there no longer than this.
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
