//! Hostile file names in a listing.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::listing_names(input));
