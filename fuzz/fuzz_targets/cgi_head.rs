//! A script's head, however it arrives.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::cgi_head(input));
