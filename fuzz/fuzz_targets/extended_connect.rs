//! An extended CONNECT, and the server's answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::extended_connect::check(data));
