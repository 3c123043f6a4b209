//! The frames of HTTP/3 and the instructions of QPACK, split anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http3_streams::check(data));
