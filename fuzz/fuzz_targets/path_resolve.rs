//! A request target, to the path it names.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::path_resolve(input));
