//! Counts instructions by single steps: the processor stops after each instruction between two marks. So each counts
//! as what the processor does, SHA instructions among them. The processor also stops after each byte that a string
//! instruction copies. Such an instruction counts once, however much it copies.
//!
//! The measured process asks to be traced by its parent, and marks its work by signals to itself. The parent sees the
//! signals, and does not pass them on.

use std::env;
#[cfg(target_arch = "x86_64")]
use std::mem::replace;
use std::process::{Command, Stdio};

use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::processor::on_one_processor;

/// The word on the command line for a process that marks its work.
pub(crate) const MARKED: &str = "marked";

const BEGIN: Signal = Signal::SIGUSR1;
const END: Signal = Signal::SIGUSR2;

/// Repetitions before the first mark. They make what is made only once, and fill the heap's lists.
const WARM: u32 = 20;

/// Repetitions between marks. Hash tables with random keys make them differ a little, and steps take so long that
/// some of them meet what is done once in a second, such as the writing of a date.
const COUNTED: u32 = 3;

/// Does the work a few times, each between two marks. A pair of marks with nothing between goes before each.
pub(crate) fn mark(work: &mut dyn FnMut()) -> nix::Result<()> {
    (0..WARM).for_each(|_| work());
    ptrace::traceme()?;
    for _ in 0..COUNTED {
        raise(BEGIN)?;
        raise(END)?;
        raise(BEGIN)?;
        work();
        raise(END)?;
    }
    Ok(())
}

/// Returns the instructions of one repetition: the fewest of those that the program marks. `None` if it can't be
/// traced or fails.
pub(crate) fn instructions(arguments: &[&str]) -> Option<u64> {
    // Each step wakes the other process. On one processor this takes a fraction of the time.
    let counts = on_one_processor(|| count(arguments))?;
    counts.chunks_exact(2).filter_map(|pair| pair[1].checked_sub(pair[0])).min()
}

/// Runs this program, and returns the number of steps between each two marks.
fn count(arguments: &[&str]) -> Option<Vec<u64>> {
    let mut command = Command::new(env::current_exe().ok()?);
    command.args(arguments).arg(MARKED);
    // A counter that does not work here is no error: there is another one.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let counts = follow(Pid::from_raw(i32::try_from(child.id()).ok()?));
    if counts.is_none() {
        // It may have ended already.
        let _ = child.kill().and_then(|()| child.wait());
    }
    counts
}

fn follow(process: Pid) -> Option<Vec<u64>> {
    let mut counts = Vec::new();
    let mut steps = None;
    let mut place = 0;
    loop {
        let mut signal = None;
        match waitpid(process, None).ok()? {
            WaitStatus::Stopped(_, BEGIN) => steps = Some(0),
            WaitStatus::Stopped(_, END) => counts.extend(steps.take()),
            WaitStatus::Stopped(_, Signal::SIGTRAP) => {
                let done = is_done(process, &mut place)?;
                steps = steps.map(|steps: u64| steps + u64::from(done));
            }
            WaitStatus::Stopped(_, other) => signal = Some(other),
            WaitStatus::Exited(_, 0) => return (!counts.is_empty()).then_some(counts),
            _ => return None,
        }
        let go_on = if steps.is_some() { ptrace::step } else { ptrace::cont };
        go_on(process, signal).ok()?;
    }
}

/// Returns whether the last instruction of a stopped process is done: the next one, whose place is kept, is another.
#[cfg(target_arch = "x86_64")]
fn is_done(process: Pid, place: &mut u64) -> Option<bool> {
    let before = replace(place, ptrace::getregs(process).ok()?.rip);
    Some(*place != before)
}

/// Other processors have no instructions that stop before they are done.
#[cfg(not(target_arch = "x86_64"))]
fn is_done(_: Pid, _: &mut u64) -> Option<bool> {
    Some(true)
}
