//! A request line as the log shows it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sprat::testing::log_line(input));
