//! A file, described once for all that is answered about it.

use std::borrow::Cow;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::open_file::OpenFile;
use crate::handler::{Body, SharedFile};
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::http::lines::FieldLines;
use crate::http::validators::Validators;
use crate::sys::file::read_at;

/// A file, described.
#[derive(Debug)]
pub struct Ready {
    pub len: u64,
    pub content_type: Cow<'static, str>,
    pub content_encoding: Option<Cow<'static, str>>,
    pub validators: Validators,
    pub content: Content,
    /// The fields of 200 and 304, if none of them is a mistake to be told of.
    pub lines: Option<[FieldLines; 2]>,
}

/// Where its bytes are.
#[derive(Debug)]
pub enum Content {
    File(SharedFile),
    Held(Arc<[u8]>),
}

impl Ready {
    pub fn new(file: OpenFile, validators: Validators) -> Ready {
        Ready {
            len: file.len,
            content_type: file.content_type,
            content_encoding: file.content_encoding,
            validators,
            content: Content::File(file.file),
            lines: None,
        }
    }

    pub fn body(&self, range: Range<u64>) -> Body {
        match &self.content {
            Content::File(file) => Body::File {
                file: file.clone(),
                range,
            },
            // A small file's length fits.
            Content::Held(bytes) => Body::Held {
                bytes: bytes.clone(),
                range: range.start as usize..range.end as usize,
            },
        }
    }

    /// Reads a small file into memory, and closes it. Returns whether it was as long as it says.
    pub fn hold(&mut self) -> bool {
        let Content::File(file) = &self.content else {
            return true;
        };
        let small = usize::try_from(self.len).ok();
        let Some(len) = small.filter(|&len| len <= SMALL_FILE_BYTES_MAX) else {
            return false;
        };
        let mut bytes = Vec::with_capacity(len + 1);
        // One more than there should be: it may have grown.
        let read = read_at(file.as_fd(), 0, len + 1, &mut bytes);
        if !read.is_ok_and(|read| read == len) {
            return false;
        }
        self.content = Content::Held(bytes.into());
        true
    }

    /// Whether all that is said of it is ready to be sent.
    pub fn is_written(&self) -> bool {
        self.lines.is_some()
    }

    /// What it takes beside its own size, in bytes.
    pub fn bytes(&self) -> usize {
        let held = match &self.content {
            Content::File(_) => 0,
            Content::Held(bytes) => bytes.len(),
        };
        let lines = self.lines.iter().flatten();
        let lines: usize = lines.map(|lines| lines.as_bytes().len()).sum();
        held + lines + self.content_type.len()
    }
}
