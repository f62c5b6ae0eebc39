//! Connections that are switched to another protocol, in the simulator; the input is the tape.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::upgrade(input));
