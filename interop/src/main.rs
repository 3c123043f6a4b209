//! Both ends against other software.
fn main() {}
