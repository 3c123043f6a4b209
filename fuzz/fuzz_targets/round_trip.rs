//! One handshake between a client and a server with any options.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::round_trip::check(data));
