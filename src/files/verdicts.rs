//! Whether text is in UTF-8, as far as their first bytes tell: looked at once for each.

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

/// The same of bytes in memory.
pub fn is_utf8(bytes: &[u8]) -> bool {
    is_utf8_so_far(&bytes[..bytes.len().min(LOOK_BYTES)], bytes.len() as u64)
}

/// Whether these first bytes of a file of `len` bytes are UTF-8; the last character may be cut.
fn is_utf8_so_far(bytes: &[u8], len: u64) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && len > bytes.len() as u64,
    }
}

#[cfg(test)]
mod tests;
