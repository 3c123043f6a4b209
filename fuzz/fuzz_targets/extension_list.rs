//! A list of extension offers, the server's answer, and the client's check of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::extension_list::check(data));
