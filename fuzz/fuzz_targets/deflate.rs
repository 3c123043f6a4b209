//! Offers and responses of permessage-deflate, with any parameters and any codec.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::deflate::check(data));
