//! A chunked request body on its way to a script: in memory, then in an unlinked temporary file.
//!
//! CONTENT_LENGTH must be true (RFC 3875 section 4.1.2), and a chunked body has no length until it
//! ends.

use std::collections::hash_map::RandomState;
use std::fs::{File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::limits::{SPOOL_MEMORY_BYTES_MAX, append_within};

/// Names tried for a temporary file, a count, before the error is believed.
const NAMES_MAX: u32 = 16;

/// A body that is being gathered.
#[derive(Debug)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    bytes: u64,
    bytes_max: u64,
}

/// A complete body.
#[derive(Debug)]
pub enum Spooled {
    /// Up to [`SPOOL_MEMORY_BYTES_MAX`].
    Memory(Vec<u8>),
    /// A file without a name, at its start.
    File(File),
}

/// Why a body cannot be gathered.
#[derive(Debug)]
pub enum SpoolFault {
    /// Past the limit: 413.
    TooLarge,
    /// The file could not be made or written.
    Io(io::Error),
}

impl Spool {
    /// An empty body that may grow to `bytes_max`.
    pub fn new(bytes_max: u64) -> Spool {
        Spool {
            memory: Vec::new(),
            file: None,
            bytes: 0,
            bytes_max,
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Why not; the body is of no use after that.
    pub fn put(&mut self, chunk: &[u8]) -> Result<(), SpoolFault> {
        let bytes = self.bytes + chunk.len() as u64;
        if bytes > self.bytes_max {
            return Err(SpoolFault::TooLarge);
        }
        self.bytes = bytes;
        if let Some(file) = &mut self.file {
            return file.write_all(chunk).map_err(SpoolFault::Io);
        }
        if self.memory.len() + chunk.len() <= SPOOL_MEMORY_BYTES_MAX {
            append_within(&mut self.memory, chunk, SPOOL_MEMORY_BYTES_MAX);
            return Ok(());
        }
        let mut file = unlinked(&std::env::temp_dir()).map_err(SpoolFault::Io)?;
        let written = file.write_all(&self.memory);
        written
            .and_then(|()| file.write_all(chunk))
            .map_err(SpoolFault::Io)?;
        self.memory = Vec::new();
        self.file = Some(file);
        Ok(())
    }

    /// The length in bytes, and the body.
    ///
    /// # Errors
    /// What the system says to the seek.
    pub fn finish(self) -> io::Result<(u64, Spooled)> {
        match self.file {
            None => Ok((self.bytes, Spooled::Memory(self.memory))),
            Some(mut file) => {
                file.rewind()?;
                Ok((self.bytes, Spooled::File(file)))
            }
        }
    }
}

/// A new file that nobody else can open: made with O_EXCL, so that a link laid in wait is not
/// followed, and unlinked at once.
fn unlinked(folder: &Path) -> io::Result<File> {
    let mut tries = 0;
    loop {
        let name = format!(".sprat-{:016x}", RandomState::new().hash_one(tries));
        let path = folder.join(name);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        tries += 1;
        match opened {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < NAMES_MAX => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_body_comes_back_whole_from_memory_and_from_a_file() {
        for (size, in_file) in [
            (0, false),
            (1, false),
            (SPOOL_MEMORY_BYTES_MAX, false),
            (SPOOL_MEMORY_BYTES_MAX + 1, true),
            (3 * SPOOL_MEMORY_BYTES_MAX + 7, true),
        ] {
            let body: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut spool = Spool::new(1 << 20);
            for chunk in body.chunks(10_000) {
                spool.put(chunk).unwrap();
            }
            let (bytes, spooled) = spool.finish().unwrap();
            assert_eq!(bytes, size as u64);
            assert_eq!(matches!(spooled, Spooled::File(_)), in_file, "{size}");
            let mut back = Vec::new();
            match spooled {
                Spooled::Memory(memory) => back = memory,
                Spooled::File(mut file) => {
                    file.read_to_end(&mut back).unwrap();
                }
            }
            assert!(back == body);
        }
    }

    #[test]
    fn a_body_past_the_limit_is_refused_at_its_first_byte_past_it() {
        let mut spool = Spool::new(10);
        spool.put(b"0123456789").unwrap();
        assert!(matches!(spool.put(b"x"), Err(SpoolFault::TooLarge)));
    }

    #[test]
    fn the_file_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let _file = unlinked(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(unlinked(&folder.path().join("missing")).is_err());
    }
}
