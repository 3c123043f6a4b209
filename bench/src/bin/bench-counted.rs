//! Counts what is allocated: a process of its own, so that where time is measured no allocation is slowed by a count.

use bench::Heap;

fn main() {
    println!("{}", bench::count(measure));
}

fn measure(work: &mut dyn FnMut()) -> Heap {
    let info = allocation_counter::measure(work);
    Heap { allocations: info.count_total, held: info.bytes_current }
}
