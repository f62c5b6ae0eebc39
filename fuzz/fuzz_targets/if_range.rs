//! An If-Range field, for a file.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::if_range(input));
