//! Fields that frame a body, to our parser and to the oracle's.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::framing_fields(input));
