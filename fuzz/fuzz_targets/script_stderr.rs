//! A script's stderr, to lines of the log.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::script_stderr(input));
