//! permessage-deflate's offers and responses, whatever their parameters and whatever the codec.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::deflate::check(data));
