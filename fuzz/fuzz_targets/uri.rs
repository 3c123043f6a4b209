//! A URI and a client's options, as a server reads the request made of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::uri::check(data));
