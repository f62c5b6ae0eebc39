//! What is sent of a file, or of bytes in memory: a representation (RFC 9110 section 3.2). It is
//! described once for all that is answered about it.

mod respond;

use std::borrow::Cow;
use std::ops::Range;
use std::os::fd::AsFd;

use crate::handler::{Body, Fixed, Ranged, SharedBytes, SharedFile};
use crate::http::coding::Coding;
use crate::http::limits::{RANGES_MAX, SMALL_FILE_BYTES_MAX};
use crate::http::lines::FieldLines;
use crate::http::validators::Validators;
use crate::sys::file::read_at;

/// What an answer with several ranges keeps, in bytes: the vector doubles.
pub const RANGES_BYTES: usize = 2 * RANGES_MAX * size_of::<Range<u64>>() + 1024;

/// Which form of what was asked for a representation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormOf {
    /// Whether it is a page in Markdown, sent for another one.
    pub is_markdown: bool,
    /// Its coding, if it is one of those that lie ready.
    pub coding: Option<Coding>,
    /// Whether there are others.
    pub is_one_of_several: bool,
    /// What the choice of it hung on beside it, a count.
    pub looks: usize,
    /// The value of Vary.
    pub vary: Option<&'static str>,
}

/// A file, or bytes in memory, described.
#[derive(Clone, Debug)]
pub struct Representation {
    pub len: u64,
    pub content_type: Cow<'static, str>,
    pub content_encoding: Option<Cow<'static, str>>,
    pub form: FormOf,
    pub validators: Validators,
    /// Fields for files of its path, which are the last word.
    pub fixed: Option<Fixed>,
    /// The fields of 200 and 304, if none of them is a mistake to be told of.
    lines: Option<[FieldLines; 2]>,
    /// All its bytes, if they are in memory.
    held: Option<SharedBytes>,
    /// Whether no file is behind it: the bytes in memory are all that there is.
    is_asset: bool,
}

impl Representation {
    /// One of a file of so many bytes.
    pub fn of_file(len: u64, content_type: Cow<'static, str>) -> Representation {
        Representation {
            len,
            content_type,
            content_encoding: None,
            form: FormOf::default(),
            validators: Validators::default(),
            fixed: None,
            lines: None,
            held: None,
            is_asset: false,
        }
    }

    /// One of bytes in memory.
    pub fn of_bytes(bytes: SharedBytes, content_type: Cow<'static, str>) -> Representation {
        Representation {
            held: Some(bytes.clone()),
            is_asset: true,
            ..Representation::of_file(bytes.len() as u64, content_type)
        }
    }

    /// The same without its date, which is yet to come (RFC 9110 section 8.8.2.1).
    pub fn undated(&self) -> Representation {
        let mut undated = self.clone();
        undated.validators.last_modified = None;
        undated.lines = None;
        undated
    }

    /// A range of it: from memory, or from the open file. `None` if it is in neither.
    fn body(&self, range: Range<u64>, file: Option<&SharedFile>) -> Option<Body> {
        // What is longer leaves faster from the file, if there is one.
        let is_small = range.end - range.start <= SMALL_FILE_BYTES_MAX as u64;
        match (&self.held, file) {
            (Some(bytes), _) if is_small || self.is_asset => Some(Body::Held {
                bytes: Some(bytes.clone()),
                range,
            }),
            (_, Some(file)) => Some(Body::File {
                file: file.clone(),
                range,
            }),
            _ => None,
        }
    }

    /// What several ranges are taken of: of a file that is held, a reader who is slow would keep
    /// the bytes longer than they are counted.
    fn content(&self, file: Option<&SharedFile>) -> Option<Ranged> {
        match &self.held {
            Some(bytes) if self.is_asset => Some(Ranged::Held(bytes.clone())),
            _ => file.cloned().map(Ranged::File),
        }
    }

    /// Reads it into memory. Returns whether it was as long as it says.
    pub fn hold(&mut self, file: &SharedFile) -> bool {
        self.held = self.read(file).map(SharedBytes::from);
        self.held.is_some()
    }

    /// Whether the content that is held is that of the file.
    pub fn holds(&self, file: &SharedFile) -> bool {
        let held = self.held.as_deref();
        held.is_some_and(|held| self.read(file).is_some_and(|bytes| bytes == held))
    }

    /// The whole content, unless it is longer or shorter than it should be.
    fn read(&self, file: &SharedFile) -> Option<Vec<u8>> {
        let len = usize::try_from(self.len).ok()?;
        let mut bytes = Vec::with_capacity(len + 1);
        // One more than there should be: it may have grown.
        let read = read_at(file.as_fd(), 0, len + 1, &mut bytes).ok()?;
        (read == len).then_some(bytes)
    }

    /// All its bytes, if they are in memory.
    pub fn held(&self) -> Option<&SharedBytes> {
        self.held.as_ref()
    }

    /// Whether its bytes are in memory.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether all that is said of it is ready to be sent.
    pub fn is_written(&self) -> bool {
        self.lines.is_some()
    }

    /// What it takes beside its own size, in bytes; static ones are the program's.
    pub fn heap_bytes(&self) -> usize {
        let held = self.held.as_ref().map_or(0, SharedBytes::heap_bytes);
        let lines = self.lines.iter().flatten();
        let lines: usize = lines.map(|lines| lines.as_bytes().len()).sum();
        let fixed = self.fixed.iter().flat_map(|fields| fields.iter());
        let fixed: usize = fixed
            .map(|field| size_of_val(field) + field.0.len() + field.1.len())
            .sum();
        held + lines + fixed + self.content_type.len()
    }
}
