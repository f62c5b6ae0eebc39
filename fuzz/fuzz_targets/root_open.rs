//! A path into a tree of links.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::root_open(input));
