//! The type of a file, by a hostile name.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::media_type(input));
