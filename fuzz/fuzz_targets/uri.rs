//! A URI and a client's options, and the server's reading of the resulting request.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::uri::check(data));
