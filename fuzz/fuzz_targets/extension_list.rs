//! A list of extension offers, as a server answers it and a client takes the answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::extension_list::check(data));
