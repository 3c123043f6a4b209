//! A request or a response in parts, compared with the whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::split::check(data));
