//! Tests of `program::ceiling`.

use super::*;

#[test]
fn sizes_are_exact_past_32_bits_too() {
    for (bytes, want) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (u64::from(u32::MAX), "4294967295 B"),
        (1 << 32, "4 GiB"),
        (5 << 30, "5 GiB"),
        (u64::MAX - 1, "18446744073709551614 B"),
        (u64::MAX, "no limit"),
    ] {
        assert_eq!(size(bytes), want);
    }
}

#[test]
#[cfg(feature = "cgi")]
fn a_limit_on_files_past_32_bits_is_told_as_it_is() {
    let mut config = Config::default();
    config.cgi.body_bytes_max = 5 << 30;
    config.cgi.spool_bytes_max = 6 << 30;
    config.cgi.spool_per_peer_bytes_max = 7 << 30;
    let mut rows = Rows::default();
    add_scripts(&mut rows, &config);
    for want in ["5 GiB in a file", "  6 GiB\n", "  7 GiB\n"] {
        assert!(rows.out.contains(want), "{}", rows.out);
    }
}
