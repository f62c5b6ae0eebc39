//! A chunked body, to our decoder and to the oracle's.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::chunked_body(input));
