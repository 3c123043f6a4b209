//! An extended CONNECT, and what a server answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::extended_connect::check(data));
