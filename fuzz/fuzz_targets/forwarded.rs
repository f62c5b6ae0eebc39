//! The fields in which a proxy says for whom it asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::forwarded(input));
