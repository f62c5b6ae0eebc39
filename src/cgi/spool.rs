//! A request body that is gathered before its script starts: in memory, then in a temporary file
//! without a name.
//!
//! CONTENT_LENGTH must be true (RFC 3875 section 4.1.2), and a chunked body has no length until it
//! ends; and no script is kept waiting for a peer that sends a short body slowly.

use std::fs::File;
use std::io::{self, Seek, Write};

use super::limits::{SPOOL_MEMORY_BYTES_MAX, append_within};
use super::space::{NoSpace, Share};
use super::user::User;
use crate::sys::temporary::unnamed_file;

/// A body that is being gathered.
#[derive(Debug)]
pub struct Spool {
    /// All of it, or what is still to be written: bytes may come one by one, and each write takes a
    /// system call.
    memory: Vec<u8>,
    file: Option<File>,
    share: Share,
    bytes: u64,
    bytes_max: u64,
}

/// A complete body.
#[derive(Debug)]
pub enum Spooled {
    /// Up to [`SPOOL_MEMORY_BYTES_MAX`].
    Memory(Vec<u8>),
    /// A file without a name, at its start, and the room that it takes.
    File(File, Share),
}

/// Why a body cannot be gathered.
#[derive(Debug)]
pub enum SpoolFault {
    /// Past its own limit: 413.
    TooLarge,
    /// All bodies together, or all of its peer, would be past theirs: 507.
    Space(NoSpace),
    /// The file could not be made or written.
    Io(io::Error),
}

impl Spool {
    /// An empty body that may grow to `bytes_max`, with this share for what is in a file.
    pub fn new(share: Share, bytes_max: u64) -> Spool {
        Spool {
            memory: Vec::new(),
            file: None,
            share,
            bytes: 0,
            bytes_max,
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Why not; the body is of no use after that.
    pub fn put(&mut self, mut chunk: &[u8]) -> Result<(), SpoolFault> {
        let bytes = self.bytes.saturating_add(chunk.len() as u64);
        if bytes > self.bytes_max {
            return Err(SpoolFault::TooLarge);
        }
        self.bytes = bytes;
        while !chunk.is_empty() {
            if self.memory_room() == 0 {
                self.write_out()?;
            }
            let (now, later) = chunk.split_at(chunk.len().min(self.memory_room()));
            append_within(&mut self.memory, now, SPOOL_MEMORY_BYTES_MAX);
            chunk = later;
        }
        Ok(())
    }

    /// How many bytes can be added before they go to a file.
    pub fn memory_room(&self) -> usize {
        SPOOL_MEMORY_BYTES_MAX - self.memory.len()
    }

    /// The bytes so far of a body that has not been put into a file.
    pub fn into_memory(self) -> Vec<u8> {
        debug_assert!(self.file.is_none());
        self.memory
    }

    /// Writes what is in memory to the file.
    fn write_out(&mut self) -> Result<(), SpoolFault> {
        let grown = self.share.grow(self.memory.len() as u64);
        grown.map_err(SpoolFault::Space)?;
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = unnamed_file(&std::env::temp_dir()).map_err(SpoolFault::Io)?;
                self.file.insert(file)
            }
        };
        file.write_all(&self.memory).map_err(SpoolFault::Io)?;
        self.memory.clear();
        Ok(())
    }

    /// The length in bytes, and the body, for a script of this user.
    ///
    /// # Errors
    /// As for [`put`](Spool::put).
    pub fn finish(mut self, user: Option<User>) -> Result<(u64, Spooled), SpoolFault> {
        if self.file.is_some() {
            self.write_out()?;
        }
        let Some(mut file) = self.file else {
            return Ok((self.bytes, Spooled::Memory(self.memory)));
        };
        file.rewind().map_err(SpoolFault::Io)?;
        if let Some(user) = user {
            // So that it can open /dev/stdin; where that cannot be, it has a stdin all the same.
            let _ = std::os::unix::fs::fchown(&file, Some(user.uid), Some(user.gid));
        }
        Ok((self.bytes, Spooled::File(file, self.share)))
    }
}

#[cfg(test)]
mod tests;
