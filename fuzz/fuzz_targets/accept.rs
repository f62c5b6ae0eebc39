//! An Accept field, as listings and pages in Markdown read it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::accept(input));
