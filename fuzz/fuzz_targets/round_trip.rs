//! A client and a server with any options, one handshake between them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::round_trip::check(data));
