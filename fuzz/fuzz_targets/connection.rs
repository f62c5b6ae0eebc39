//! The whole engine in the simulator; the input is the tape.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::connection(input));
