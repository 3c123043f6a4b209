//! The processor that work runs on.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Runs work with this thread, and the threads and processes it starts, on one processor. Otherwise the cost of waking
/// the other side depends on what the other processor is doing.
pub fn on_one_processor<T>(work: impl FnOnce() -> T) -> T {
    let this = Pid::from_raw(0);
    // If the processor can't be chosen, the figures depend on other programs.
    let all = sched_getaffinity(this).ok();
    let first = all.and_then(|all| (0..CpuSet::count()).find(|cpu| all.is_set(*cpu).unwrap_or(false)));
    let mut one = CpuSet::new();
    if first.is_some_and(|first| one.set(first).is_ok()) {
        let _ = sched_setaffinity(this, &one);
    }
    let done = work();
    if let Some(all) = all {
        let _ = sched_setaffinity(this, &all);
    }
    done
}
