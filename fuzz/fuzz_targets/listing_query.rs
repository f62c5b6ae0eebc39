//! The query of a listing.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::listing_query(input));
