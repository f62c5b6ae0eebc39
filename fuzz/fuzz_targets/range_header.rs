//! A Range field, for files of every kind of length.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::range_header(input));
