//! Whether text files are in UTF-8, as far as their first bytes tell: looked at once for each.

use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use crate::sys::file::read_at;

/// How much of a file is looked at, in bytes.
const LOOK_BYTES: usize = 4 * 1024;

/// Most files that are remembered, a count of slots, 8 bytes each. A file takes the slot of
/// another whose number ends alike, which is then looked at again when it is next asked for.
const SLOTS: usize = 1024;

/// What these take, in bytes, and the look at one file.
pub const VERDICTS_BYTES: usize = SLOTS * size_of::<u64>() + LOOK_BYTES;

/// What was found: of each file the number that tells it, as it is, from another; its last bit is
/// the verdict. Nothing is held before the first look.
#[derive(Debug, Default)]
pub struct Verdicts(Mutex<Vec<u64>>);

impl Verdicts {
    /// Whether the file of this number and length, in bytes, may be said to be in UTF-8. One that
    /// cannot be read is. Of one that may change without another number, as two changes within a
    /// tick of its file system's clock do, nothing is remembered.
    pub fn is_utf8(&self, number: u64, settled: bool, file: BorrowedFd<'_>, len: u64) -> bool {
        let number = number | 1;
        let at = (number >> 1) as usize % SLOTS;
        // Nothing in here panics while the list is not whole.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.is_empty() {
            slots.resize(SLOTS, 0);
        }
        if slots[at] | 1 == number && slots[at] != 0 {
            return slots[at] & 1 == 1;
        }
        let mut bytes = Vec::with_capacity(LOOK_BYTES);
        let read = read_at(file, 0, LOOK_BYTES, &mut bytes);
        let verdict = read.is_err() || is_utf8_so_far(&bytes, len);
        if settled {
            slots[at] = number & !u64::from(!verdict);
        }
        verdict
    }
}

/// Whether these first bytes of a file of `len` bytes are UTF-8; the last character may be cut.
fn is_utf8_so_far(bytes: &[u8], len: u64) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && len > bytes.len() as u64,
    }
}

#[cfg(test)]
mod tests {
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
}
