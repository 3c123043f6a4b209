//! Counts what is left at the end.

use std::fs::read_dir;
use std::sync::{Mutex, PoisonError};

use allocation_counter::measure;

/// Checks that `work` leaves no descriptor open. `first` makes what is made only once and kept.
pub(crate) fn closes_everything(first: impl FnOnce(), work: impl FnOnce()) {
    /// Descriptors belong to the whole process, so tests that count them take turns.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    first();
    let before = descriptors();
    work();
    assert_eq!(descriptors(), before, "descriptors");
}

/// Also checks that nothing is kept that was allocated on this thread.
pub(crate) fn leaks_nothing(first: impl FnOnce(), work: impl FnOnce()) {
    closes_everything(first, || keeps_nothing(work));
}

/// Checks that nothing is kept that was allocated on this thread.
pub(crate) fn keeps_nothing(work: impl FnOnce()) {
    let info = measure(work);
    assert_eq!((info.count_current, info.bytes_current), (0, 0), "{info:?}");
}

fn descriptors() -> usize {
    read_dir("/proc/self/fd").expect("descriptors").count()
}
