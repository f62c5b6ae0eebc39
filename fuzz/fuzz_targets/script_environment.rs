//! What a script is told of a request.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::script_environment(input));
