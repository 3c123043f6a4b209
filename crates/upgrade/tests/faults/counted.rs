//! What is left when all is over.

use std::fs::read_dir;
use std::sync::{Mutex, PoisonError};

use allocation_counter::measure;

/// Works, and then as many descriptors are open as before. What is made once and kept is made in a first round.
pub(crate) fn closes_everything(first: impl FnOnce(), work: impl FnOnce()) {
    /// Descriptors are the whole process's: those who count take turns.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    first();
    let before = descriptors();
    work();
    assert_eq!(descriptors(), before, "descriptors");
}

/// The same, and nothing that was allocated on this thread is kept.
pub(crate) fn leaks_nothing(first: impl FnOnce(), work: impl FnOnce()) {
    closes_everything(first, || keeps_nothing(work));
}

/// Nothing that is allocated on this thread is kept.
pub(crate) fn keeps_nothing(work: impl FnOnce()) {
    let info = measure(work);
    assert_eq!((info.count_current, info.bytes_current), (0, 0), "{info:?}");
}

fn descriptors() -> usize {
    read_dir("/proc/self/fd").expect("descriptors").count()
}
