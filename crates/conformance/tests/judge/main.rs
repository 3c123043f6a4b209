//! The judge beside the library's own core: both judge every vector, and each difference has its reason in a table.

mod connects;
mod core;
mod differences;
mod lists;
mod mutations;
mod requests;
mod responses;
mod tables;
