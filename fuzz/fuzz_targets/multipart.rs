//! A form with files.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::multipart(input));
