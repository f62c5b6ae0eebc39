//! The header in which a proxy says whose connection it passes on.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::proxy_header(input));
