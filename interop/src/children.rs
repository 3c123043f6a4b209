//! The child processes. On SIGTERM we end them first, because the signal is sent only to us.

use std::io;
use std::process::{self, Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// The children that may still run. The programs that they have started end after them.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Makes SIGTERM end the children, and then this process.
pub(crate) fn end_with_us() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let mut terminate = {
        let _entered = runtime.enter();
        signal(SignalKind::terminate())?
    };
    thread::spawn(move || {
        runtime.block_on(terminate.recv());
        // The lock is held to the end, so that no other child is started.
        let running = running();
        for child in running.iter() {
            // This fails only if the child has already ended.
            let _ = kill_process(*child, Signal::KILL);
        }
        // The exit status that a shell gives for this signal.
        process::exit(128 + Signal::TERM.as_raw())
    });
    Ok(())
}

/// Starts a child.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    // The lock is held meanwhile, so that a child can't be missed when all are ended.
    let mut running = running();
    let child = command.spawn()?;
    running.push(Pid::from_child(&child));
    Ok(child)
}

/// Removes a child that has ended or will. Call it before waiting: afterwards, another process may have the same id.
pub(crate) fn forget(child: &Child) {
    running().retain(|other| *other != Pid::from_child(child));
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
