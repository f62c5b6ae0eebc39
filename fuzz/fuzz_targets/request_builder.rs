//! A request that is made: method, target, names and values.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::request_builder(input));
