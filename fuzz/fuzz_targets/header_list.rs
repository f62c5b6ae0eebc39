//! A list over several lines of one field.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::header_list(input));
