//! An open file and what is to be said of it.

use std::borrow::Cow;
use std::io;
use std::os::fd::AsFd;
use std::time::SystemTime;

use crate::files::contents::Revision;
use crate::files::representation::{FormOf, Representation};
use crate::handler::{Fixed, SharedFile};
use crate::http::etag::{FileFacts, nanoseconds};
use crate::http::mix::mix_all;
use crate::sys::file::{Kind, Stat, stat};

/// What a look at a file tells of its tag.
pub(super) fn facts_of(stat: &Stat) -> FileFacts {
    FileFacts {
        len: stat.len,
        modified: stat.modified,
        changed: stat.changed,
        inode: stat.inode,
    }
}

/// An open regular file and what is to be said of it. Cheap to clone: the clones share the file.
///
/// It tells what the file was when it was opened: of one that was changed in place since then, a
/// response of more than 16 KiB is cut, because its head would not be true.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenFile {
    /// The file.
    pub file: SharedFile,
    /// Its length in bytes.
    pub len: u64,
    /// When its content was last modified.
    pub modified: SystemTime,
    /// When its inode was last changed.
    pub changed: SystemTime,
    /// The device that it is on.
    pub device: u64,
    /// Its inode number.
    pub inode: u64,
    /// The value of Content-Type.
    pub content_type: Cow<'static, str>,
    /// The value of Content-Encoding, if it has one.
    pub content_encoding: Option<Cow<'static, str>>,
    /// Fields for files of its path.
    pub(super) fixed: Option<Fixed>,
    /// Whether it was asked for by its name, or that of the directory that it stands for.
    pub(super) has_own_path: bool,
    /// Which form it is of what was asked for.
    pub(super) form: FormOf,
}

impl OpenFile {
    /// A file of one's own choice, for [`FileServer::send`](super::FileServer::send): with ranges,
    /// conditions and dates.
    ///
    /// # Errors
    /// `InvalidInput` for what is no regular file; else that of `fstat(2)`.
    pub fn new(
        file: impl Into<SharedFile>,
        content_type: impl Into<Cow<'static, str>>,
    ) -> io::Result<OpenFile> {
        let file = file.into();
        let stat = stat(file.as_fd())?;
        if stat.kind != Kind::Regular {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(OpenFile::of(file, &stat, content_type.into()))
    }

    pub(super) fn of(file: SharedFile, stat: &Stat, content_type: Cow<'static, str>) -> OpenFile {
        OpenFile {
            file: file.seen_as(stat.modified, stat.len),
            len: stat.len,
            modified: stat.modified,
            changed: stat.changed,
            device: stat.device,
            inode: stat.inode,
            content_type,
            content_encoding: None,
            fixed: None,
            form: FormOf::default(),
            has_own_path: true,
        }
    }

    /// What is to be said of it, but for its validators.
    pub(super) fn described(&self) -> Representation {
        let mut described = Representation::of_file(self.len, self.content_type.clone());
        described
            .content_encoding
            .clone_from(&self.content_encoding);
        described.form = self.form;
        described.fixed.clone_from(&self.fixed);
        described
    }

    pub(super) fn facts(&self) -> FileFacts {
        FileFacts {
            len: self.len,
            modified: self.modified,
            changed: self.changed,
            inode: self.inode,
        }
    }

    /// What tells it, as it is, from whatever it may become.
    pub(super) fn revision(&self) -> Revision {
        Revision {
            device: self.device,
            inode: self.inode,
            len: self.len,
            modified: self.modified,
            changed: self.changed,
        }
    }

    /// One number of all that tells the file, as it is, from another.
    pub(super) fn number(&self) -> u64 {
        let times = [self.modified, self.changed].map(nanoseconds);
        mix_all(&[self.device, self.inode, self.len, times[0], times[1]])
    }
}
