//! A request body that is gathered before its script starts: in memory, then in a temporary file
//! without a name.
//!
//! CONTENT_LENGTH must be true (RFC 3875 section 4.1.2), and a chunked body has no length until it
//! ends; and no script is kept waiting for a peer that sends a short body slowly.

use std::fs::File;
use std::io::{self, Seek, Write};

use super::limits::{SPOOL_MEMORY_BYTES_MAX, append_within};
use super::space::{Share, Space};
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
    /// All bodies together would be past theirs: 507.
    SpaceFull,
    /// The file could not be made or written.
    Io(io::Error),
}

impl Spool {
    /// An empty body that may grow to `bytes_max`, what is in files within this space.
    pub fn new(space: &Space, bytes_max: u64) -> Spool {
        Spool {
            memory: Vec::new(),
            file: None,
            share: space.share(),
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
        if !self.share.grow(self.memory.len() as u64) {
            return Err(SpoolFault::SpaceFull);
        }
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
mod tests {
    use std::io::Read;

    use super::*;

    const MEMORY: usize = SPOOL_MEMORY_BYTES_MAX;

    #[test]
    fn a_body_comes_back_whole_from_memory_and_from_a_file() {
        for (size, in_file) in [
            (0, false),
            (1, false),
            (MEMORY, false),
            (MEMORY + 1, true),
            (2 * MEMORY, true),
            (3 * MEMORY + 7, true),
        ] {
            for piece in [1, 10_000, MEMORY, 3 * MEMORY] {
                let space = Space::new(size as u64);
                let body: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
                let mut spool = Spool::new(&space, 1 << 20);
                for chunk in body.chunks(piece) {
                    spool.put(chunk).unwrap();
                    assert!(spool.memory.capacity() <= MEMORY);
                }
                let (bytes, spooled) = spool.finish(None).unwrap();
                assert_eq!(bytes, size as u64);
                assert_eq!(matches!(spooled, Spooled::File(..)), in_file, "{size}");
                assert_eq!(space.is_free(), !in_file);
                let mut back = Vec::new();
                match spooled {
                    Spooled::Memory(memory) => back = memory,
                    Spooled::File(mut file, _share) => {
                        file.read_to_end(&mut back).unwrap();
                    }
                }
                assert!(back == body);
                assert!(space.is_free());
            }
        }
    }

    #[test]
    fn a_body_past_the_limit_is_refused_at_its_first_byte_past_it() {
        let mut spool = Spool::new(&Space::new(0), 10);
        spool.put(b"0123456789").unwrap();
        assert!(matches!(spool.put(b"x"), Err(SpoolFault::TooLarge)));
    }

    #[test]
    fn bodies_in_files_share_their_space_and_those_in_memory_need_none() {
        let space = Space::new(3 * MEMORY as u64);
        let whole = |size: usize| {
            let mut spool = Spool::new(&space, u64::MAX);
            spool.put(&vec![b'x'; size])?;
            spool.finish(None)
        };
        let full = |got| matches!(got, Err(SpoolFault::SpaceFull));
        let first = whole(2 * MEMORY).unwrap();
        assert!(full(whole(2 * MEMORY)));
        assert!(full(whole(MEMORY + 1)), "of the last byte, too");
        let small = whole(MEMORY).unwrap();
        drop(first);
        let _second = whole(3 * MEMORY).unwrap();
        drop(small);
        assert!(full(whole(MEMORY + 1)));
    }
}
