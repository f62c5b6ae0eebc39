//! A request head, however it arrives.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::request_parser(input));
