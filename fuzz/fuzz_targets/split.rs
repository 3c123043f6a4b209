//! A request or a response in parts, and the same whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::split::check(data));
