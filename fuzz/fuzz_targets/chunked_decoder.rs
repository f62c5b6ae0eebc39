//! A chunked body, however it arrives.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::chunked_decoder(input));
