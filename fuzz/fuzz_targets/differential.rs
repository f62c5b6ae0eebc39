//! The head and body at the start of a connection, to our parsers and to the oracle's.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::differential(input));
