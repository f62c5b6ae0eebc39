//! A list of entity tags, as If-Match has it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::etag_list(input));
