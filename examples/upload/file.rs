//! A file that is being received, in a directory and nowhere else.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sprat::{Failure, Status};

/// A file that is removed again unless it is kept.
pub struct Upload {
    file: File,
    path: PathBuf,
    bytes: u64,
    is_kept: bool,
}

impl Upload {
    /// The name is a segment of a path, and no file has it yet.
    pub fn new(folder: &Path, name: Option<&str>) -> Result<Upload, Failure> {
        let name = name.filter(|name| !name.starts_with('.'));
        let name =
            name.ok_or_else(|| Failure::new(Status::BAD_REQUEST).message("Bad file name"))?;
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::new(Status::CONFLICT).message("File exists"),
            _ => no_room(error),
        })?;
        let (bytes, is_kept) = (0, false);
        Ok(Upload {
            file,
            path,
            bytes,
            is_kept,
        })
    }

    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.bytes += data.len() as u64;
        self.file.write_all(data)
    }

    /// Keeps it, and tells of it.
    pub fn keep(&mut self) -> String {
        self.is_kept = true;
        let name = self.path.file_name().unwrap_or_default();
        format!("{}: {} bytes\n", name.to_string_lossy(), self.bytes)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub fn no_room(error: io::Error) -> Failure {
    Failure::new(Status::INSUFFICIENT_STORAGE).cause(error.to_string())
}
