//! A request line as error pages and reason phrases quote it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::error_page(input));
