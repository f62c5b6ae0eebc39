//! An Accept-Encoding field, and what there is of a file.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::accept_encoding(input));
