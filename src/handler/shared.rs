//! Open files that many responses may share.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

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
pub struct SharedFile(Arc<File>);

impl From<File> for SharedFile {
    fn from(file: File) -> SharedFile {
        SharedFile(Arc::new(file))
    }
}

impl From<Arc<File>> for SharedFile {
    fn from(file: Arc<File>) -> SharedFile {
        SharedFile(file)
    }
}

impl AsRef<File> for SharedFile {
    fn as_ref(&self) -> &File {
        &self.0
    }
}

impl AsFd for SharedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
