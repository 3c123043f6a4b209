//! The head of a request or a response over HTTP/3.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http3_message::check(data));
