//! A file, described once for all that is answered about it.

use std::borrow::Cow;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::open_file::{FormOf, OpenFile};
use crate::handler::{Body, Fixed, Response, SharedFile};
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
    pub form: FormOf,
    pub validators: Validators,
    /// Fields for files of its path, which are the last word.
    pub fixed: Option<Fixed>,
    /// All its bytes, if they are in memory.
    held: Option<Arc<[u8]>>,
    /// The fields of 200 and 304, if none of them is a mistake to be told of.
    pub lines: Option<[FieldLines; 2]>,
}

impl Ready {
    pub fn new(file: &OpenFile, validators: Validators) -> Ready {
        Ready {
            len: file.len,
            content_type: file.content_type.clone(),
            content_encoding: file.content_encoding.clone(),
            form: file.form,
            validators,
            fixed: file.fixed.clone(),
            held: None,
            lines: None,
        }
    }

    /// An answer about it that says what else the peer could have asked for.
    pub fn varied(&self, mut response: Response) -> Response {
        if let Some(fields) = self.form.vary {
            response.add_header("Vary", fields);
        }
        response
    }

    /// A range of it: from memory, or from the open file. `None` if it is in neither.
    pub fn body(&self, range: Range<u64>, file: Option<&SharedFile>) -> Option<Body> {
        let is_small = range.end - range.start <= SMALL_FILE_BYTES_MAX as u64;
        match (&self.held, file) {
            (Some(bytes), _) if is_small => Some(Body::Held {
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

    /// Reads it into memory. Returns whether it was as long as it says.
    pub fn hold(&mut self, file: &SharedFile) -> bool {
        self.held = self.read(file).map(Arc::from);
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

    /// Whether its bytes are in memory.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether all that is said of it is ready to be sent.
    pub fn is_written(&self) -> bool {
        self.lines.is_some()
    }

    /// What it takes beside its own size, in bytes.
    pub fn bytes(&self) -> usize {
        let held = self.held.as_ref().map_or(0, |bytes| bytes.len());
        let lines = self.lines.iter().flatten();
        let lines: usize = lines.map(|lines| lines.as_bytes().len()).sum();
        let fixed = self.fixed.iter().flat_map(|fields| fields.iter());
        let fixed: usize = fixed
            .map(|field| size_of_val(field) + field.0.len() + field.1.len())
            .sum();
        held + lines + fixed + self.content_type.len()
    }
}
