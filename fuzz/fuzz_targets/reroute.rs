//! A local redirect's target, and the head that it is put into.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::reroute(input));
