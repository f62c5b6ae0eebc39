//! A host, in Host and in a target.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::host(input));
