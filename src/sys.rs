//! Everything that differs between systems, and every `unsafe` line. No policy, no HTTP words.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use rustix::io::Result;

pub mod absolute;
pub mod account;
pub mod ahead;
pub mod alarm;
#[cfg(feature = "bench")]
pub mod allocations;
mod backtrace;
mod beneath;
pub mod chroot;
pub mod directory;
pub mod exclusive;
pub mod file;
pub mod filesystem;
pub mod fork;
pub mod inherit;
pub mod landlock;
pub mod limits;
pub mod localtime;
pub mod no_new_privs;
pub mod open;
pub mod output;
#[cfg(feature = "cgi")]
pub mod own;
pub mod pidfd;
pub mod process;
pub mod sendfile;
pub mod sigpipe;
pub mod socket;
#[cfg(feature = "cgi")]
pub mod spawn;
#[cfg(feature = "cgi")]
pub mod temporary;
mod walk;

/// Lets `read` fill up to `len` bytes of `buf`'s spare room, none of them zeroed first, and appends
/// what it filled: `read` returns the initialised start of the room it was given.
fn append(
    buf: &mut Vec<u8>,
    len: usize,
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8]>,
) -> Result<usize> {
    buf.reserve(len);
    let count = read(&mut buf.spare_capacity_mut()[..len])?.len();
    assert!(count <= len);
    // SAFETY: `read` returned the first `count` bytes of the spare room as initialised, and they
    // are within the capacity.
    unsafe { buf.set_len(buf.len() + count) };
    Ok(count)
}
