//! Counts allocations. It is a process of its own, so that counting does not slow down the measurement of time.

use bench::Heap;

fn main() {
    println!("{}", bench::count(measure));
}

fn measure(work: &mut dyn FnMut()) -> Heap {
    let info = allocation_counter::measure(work);
    Heap { allocations: info.count_total, held: info.bytes_current }
}
