//! Which part of a path is a script.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::script_path(input));
