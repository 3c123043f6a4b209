//! A request head, as a server reads and answers it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::request_head::check(data));
