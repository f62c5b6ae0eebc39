//! A date, in any of its forms.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::http_date(input));
