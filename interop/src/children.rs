//! The programs that run beside us. Told to end, we end them first: a signal to us alone does not reach them.

use std::io;
use std::process::{self, Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Those that may still run. What they have started ends after them.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// From now on, SIGTERM ends them, and us.
pub(crate) fn end_with_us() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let mut terminate = {
        let _entered = runtime.enter();
        signal(SignalKind::terminate())?
    };
    thread::spawn(move || {
        runtime.block_on(terminate.recv());
        // Held to the end: nobody starts another one.
        let running = running();
        for child in running.iter() {
            // Fails only where it has ended already.
            let _ = kill_process(*child, Signal::KILL);
        }
        // As a shell says that it was this signal.
        process::exit(128 + Signal::TERM.as_raw())
    });
    Ok(())
}

/// Starts one.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    // Held meanwhile: none is started unseen while all are ended.
    let mut running = running();
    let child = command.spawn()?;
    running.push(Pid::from_child(&child));
    Ok(child)
}

/// One has ended, or will: before it is waited for, as its number may be another's then.
pub(crate) fn forget(child: &Child) {
    running().retain(|other| *other != Pid::from_child(child));
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
