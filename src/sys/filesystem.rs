//! Which file systems can be trusted to tell of each change, by `fstatfs(2)`.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

/// File systems whose times count in nanoseconds, and whose files only this machine changes: to
/// look at one tells whether it is what it was. (Of one that is far away, a look may be answered
/// from what was known a minute ago; one that a program makes up says what it likes.)
#[cfg(target_os = "linux")]
const FAITHFUL: [u32; 11] = [
    0x0000_EF53, // ext2 to ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0x0102_1994, // tmpfs
    0x8584_58F6, // ramfs
    0x794C_7630, // overlayfs
    0xF2F5_2010, // F2FS
    0x2FC1_2FC1, // ZFS
    0xCA45_1A4E, // bcachefs
    0x7371_7368, // SquashFS
    0xE0F5_E1E2, // EROFS
];

/// Whether a look at this file tells of each change to it.
#[cfg(target_os = "linux")]
pub fn is_faithful(file: BorrowedFd<'_>) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|about| is_one(&about))
}

/// The same of what has this path, by `statfs(2)`.
#[cfg(target_os = "linux")]
pub fn is_faithful_at(path: &CStr) -> bool {
    rustix::fs::statfs(path).is_ok_and(|about| is_one(&about))
}

#[cfg(target_os = "linux")]
fn is_one(about: &rustix::fs::StatFs) -> bool {
    // Signed on some machines, and of 64 bits on most.
    FAITHFUL.contains(&(about.f_type as u32))
}

/// Whether a look at this file tells of each change to it: nothing is known of them here.
#[cfg(not(target_os = "linux"))]
pub fn is_faithful(_: BorrowedFd<'_>) -> bool {
    false
}

/// The same of what has this path.
#[cfg(not(target_os = "linux"))]
pub fn is_faithful_at(_: &CStr) -> bool {
    false
}
