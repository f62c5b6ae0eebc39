//! A pattern for paths, and a path.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::glob(input));
