//! Tests of `files::verdicts`.

use super::*;
use std::fs::{self, File};
use std::os::fd::AsFd;

#[test]
fn text_is_utf8_until_a_byte_says_otherwise() {
    let cut = ["x".repeat(LOOK_BYTES - 1).as_bytes(), b"\xC3"].concat();
    for (bytes, len, want) in [
        (&b""[..], 0, true),
        (b"plain", 5, true),
        ("caf\u{e9}".as_bytes(), 5, true),
        (b"caf\xE9", 4, false),
        (b"caf\xE9 x", 6, false),
        (b"\xFF\xFEa\0", 4, false),
        (b"\xC3", 1, false),
        (&cut, LOOK_BYTES as u64 + 1, true),
        (&cut, LOOK_BYTES as u64, false),
    ] {
        assert_eq!(is_utf8_so_far(bytes, len), want, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_file_is_looked_at_once_until_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let verdicts = Verdicts::default();
    let look = |number, settled, bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let file = File::open(&path).unwrap();
        verdicts.is_utf8(number, settled, file.as_fd(), bytes.len() as u64)
    };
    let is_utf8 = |number, bytes: &[u8]| look(number, true, bytes);
    assert!(!is_utf8(10, b"caf\xE9"));
    // By its number it is the same, so it is not read again.
    assert!(!is_utf8(10, b"cafe"));
    assert!(is_utf8(12, b"cafe"));
    assert!(is_utf8(12, b"caf\xE9"));
    // Another one in its slot.
    assert!(!is_utf8(12 + 2 * SLOTS as u64, b"caf\xE9"));
    assert!(!is_utf8(12, b"caf\xE9"));
    // One that has just changed may be another with the same number.
    assert!(!look(14, false, b"caf\xE9"));
    assert!(look(14, false, b"cafe"));
    assert!(!look(14, true, b"caf\xE9"));
    assert!(!look(14, true, b"cafe"));
}
