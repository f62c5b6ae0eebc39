//! Open files that many responses may share.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::SystemTime;

/// An open file, cheap to clone: one descriptor can serve any number of responses at the same
/// time, because each reads at its own offset. The last clone closes it.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let file = sprat::SharedFile::from(std::fs::File::open("Cargo.toml")?);
/// let one = sprat::Body::File { file: file.clone(), range: 0..10 };
/// let other = sprat::Body::File { file, range: 10..20 };
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SharedFile {
    file: Arc<File>,
    /// When its content was last modified, and its length in bytes, as whoever opened it has seen.
    seen: Option<(SystemTime, u64)>,
}

impl SharedFile {
    /// The same, which was last modified then, and had so many bytes, when it was looked at.
    pub(crate) fn seen_as(self, modified: SystemTime, len: u64) -> SharedFile {
        let seen = Some((modified, len));
        SharedFile { seen, ..self }
    }

    /// What it was when it was looked at, if it was.
    pub(crate) fn seen(&self) -> Option<(SystemTime, u64)> {
        self.seen
    }
}

impl From<File> for SharedFile {
    fn from(file: File) -> SharedFile {
        SharedFile::from(Arc::new(file))
    }
}

impl From<Arc<File>> for SharedFile {
    fn from(file: Arc<File>) -> SharedFile {
        SharedFile { file, seen: None }
    }
}

impl AsRef<File> for SharedFile {
    fn as_ref(&self) -> &File {
        &self.file
    }
}

impl AsFd for SharedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
