//! Checks that mostly wait, beside those that compile. What they print is kept, and printed in one piece when they
//! have ended.

use std::fs;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::gaps::Gaps;
use crate::output;
use crate::tree::workspace;

/// What other threads have to know of the checks that run beside them.
static KNOWN: Mutex<Known> = Mutex::new(Known { runs: false, is_stopped: false, child: None });

struct Known {
    /// Whether there are any.
    runs: bool,
    /// Whether they start no more processes.
    is_stopped: bool,
    /// The process that they wait for.
    child: Option<u32>,
}

/// Checks that run in a thread of their own, one after another. There is one such thread at a time. If this is
/// dropped, the checks end with the process that they wait for.
pub(crate) struct Beside {
    what: &'static str,
    thread: Option<JoinHandle<(Gaps, Result<(), String>)>>,
}

impl Beside {
    /// Starts the checks.
    pub(crate) fn start(
        what: &'static str,
        checks: impl FnOnce(&mut Gaps) -> Result<(), String> + Send + 'static,
    ) -> Result<Self, String> {
        let file = output::new_file().map_err(|error| format!("{what}: no file for the output: {error}"))?;
        println!("\n== {what}: begin, beside what follows; target/{} has the output", output::FILE);
        *known() = Known { runs: true, is_stopped: false, child: None };
        let thread = thread::spawn(move || {
            output::keep(file);
            let mut gaps = Gaps::default();
            let done = checks(&mut gaps);
            known().runs = false;
            (gaps, done)
        });
        Ok(Self { what, thread: Some(thread) })
    }

    /// Waits until the checks have ended, prints their output, and adds those that could not be run.
    pub(crate) fn finish(mut self, gaps: &mut Gaps) -> Result<(), String> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let what = self.what;
        println!("\n== {what}: the output");
        let joined = thread.join();
        let kept = fs::read(workspace().join("target").join(output::FILE));
        let kept = kept.map_err(|error| format!("{what}: the output can't be read: {error}"))?;
        print!("{}", String::from_utf8_lossy(&kept));
        let (found, done) = joined.map_err(|_| format!("{what}: a check has panicked"))?;
        gaps.extend(found);
        done
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        {
            let mut known = known();
            known.is_stopped = true;
            known.child.into_iter().for_each(terminate);
        }
        // Another check has failed, and its error is the one to show.
        let _ = thread.join();
    }
}

/// Starts a command, which must be waited for and then [`ended`]. While checks run beside others, the commands of the
/// others have a lower priority, because those that wait have deadlines.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    if !output::is_kept() {
        let child = command.spawn()?;
        if known().runs {
            give_way(&child);
        }
        return Ok(child);
    }
    output::keep_that_of(command)?;
    // The lock is held meanwhile, so that the child is not missed.
    let mut known = known();
    if known.is_stopped {
        return Err(io::Error::other("another check has failed"));
    }
    let child = command.spawn()?;
    known.child = Some(child.id());
    Ok(child)
}

/// Forgets a process that has ended: another one may have its number.
pub(crate) fn ended() {
    if output::is_kept() {
        known().child = None;
    }
}

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lowers the priority of a process, and so of those that it starts.
#[cfg(unix)]
fn give_way(child: &Child) {
    use rustix::process::{Pid, setpriority_process};
    // It fails if the process has ended.
    let _ = setpriority_process(Some(Pid::from_child(child)), 10);
}

#[cfg(not(unix))]
fn give_way(_: &Child) {}

/// Asks a process to end.
#[cfg(unix)]
fn terminate(child: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
        // It fails if the process has ended.
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_: u32) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{run, run_reading};

    #[test]
    #[cfg(unix)]
    fn checks_that_run_beside_others() {
        // Both parts share the file, and so they are one test.
        let mut gaps = Gaps::default();
        let beside = Beside::start("a test", |gaps| {
            let lines = |line: &str| Some(line.to_owned());
            let printed = run_reading("echo", Command::new("echo").arg("printed"), lines)?;
            assert_eq!(printed, ["printed", ""]);
            gaps.add("a check", "there is no program for it");
            run("fails", &mut Command::new("false"))
        });
        let done = beside.expect("a file").finish(&mut gaps);
        assert!(done.expect_err("the last one fails").starts_with("fails: failed"));
        let kept = fs::read_to_string(workspace().join("target").join(output::FILE)).expect("the output");
        assert!(kept.contains("== echo: echo printed\nprinted\n== echo: ok"), "{kept}");
        assert!(kept.contains("== not run: a check: there is no program for it"), "{kept}");

        let beside = Beside::start("a test", |_| {
            run("waits", Command::new("sleep").arg("600"))?;
            run("is not begun", &mut Command::new("true"))
        });
        drop(beside.expect("a file"));
        let kept = fs::read_to_string(workspace().join("target").join(output::FILE)).expect("the output");
        assert!(!kept.contains("ok") && !kept.contains("is not begun"), "{kept}");
    }
}
