//! The heap, and a function that counts what work does to it.

/// The effect of some work on the heap.
#[derive(Clone, Copy, Debug)]
pub struct Heap {
    /// The number of allocations.
    pub allocations: u64,
    /// The bytes that are still allocated afterwards.
    pub held: i64,
}

/// A function that runs some work and counts.
pub type Measure = fn(&mut dyn FnMut()) -> Heap;
