//! An Accept field, as listings read it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::accept(input));
