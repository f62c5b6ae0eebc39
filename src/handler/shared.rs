//! Open files, and bytes in memory, that many responses may share.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::ops::Deref;
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

/// Bytes in memory, cheap to clone: any number of responses send them at the same time, and none
/// copies them, however many there are. Static ones cost nothing; of others the last clone gives
/// the memory back.
///
/// ```
/// use sprat::SharedBytes;
///
/// let page = SharedBytes::from(include_bytes!("../../LICENSE-MIT"));
/// let made = SharedBytes::from(vec![0; 1000]);
/// assert_eq!((page.len() > 1000, made.clone().len()), (true, 1000));
/// ```
#[derive(Clone)]
pub struct SharedBytes(Owner);

#[derive(Clone)]
enum Owner {
    Static(&'static [u8]),
    Counted(Arc<[u8]>),
}

impl SharedBytes {
    /// What they take of memory that was asked for, in bytes.
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Owner::Static(_) => 0,
            Owner::Counted(bytes) => bytes.len(),
        }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Owner::Static(bytes) => bytes,
            Owner::Counted(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// How many they are: they may be a film.
impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({})", self.len())
    }
}

impl From<&'static [u8]> for SharedBytes {
    fn from(bytes: &'static [u8]) -> SharedBytes {
        SharedBytes(Owner::Static(bytes))
    }
}

/// What `include_bytes!` gives.
impl<const LEN: usize> From<&'static [u8; LEN]> for SharedBytes {
    fn from(bytes: &'static [u8; LEN]) -> SharedBytes {
        SharedBytes::from(&bytes[..])
    }
}

impl From<&'static str> for SharedBytes {
    fn from(text: &'static str) -> SharedBytes {
        SharedBytes::from(text.as_bytes())
    }
}

impl From<Arc<[u8]>> for SharedBytes {
    fn from(bytes: Arc<[u8]>) -> SharedBytes {
        SharedBytes(Owner::Counted(bytes))
    }
}

/// Copies them, once.
impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> SharedBytes {
        SharedBytes::from(Arc::from(bytes))
    }
}

/// Copies it, once.
impl From<String> for SharedBytes {
    fn from(text: String) -> SharedBytes {
        SharedBytes::from(text.into_bytes())
    }
}

/// Copies those that are owned, once.
impl From<Cow<'static, [u8]>> for SharedBytes {
    fn from(bytes: Cow<'static, [u8]>) -> SharedBytes {
        match bytes {
            Cow::Borrowed(bytes) => bytes.into(),
            Cow::Owned(bytes) => bytes.into(),
        }
    }
}
