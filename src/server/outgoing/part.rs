//! Parts of what is there already: stretches of a file, or of bytes in memory that responses share.

use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::time::SystemTime;

use crate::handler::{Cause, Ranged, SharedBytes, SharedFile};
use crate::http::etag::is_settled;
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::server::transport::Transport;
use crate::sys::file::{read_at, stat};

/// Bytes copied at a time where sendfile cannot be used.
pub const COPY_BYTES: usize = 32 * 1024;

/// Most bytes in one sendfile call. Short counts are the rule; the loop goes on to `WouldBlock`.
const SENDFILE_BYTES: usize = 1024 * 1024;

/// What the budget of a turn is rounded up to for a file, in bytes.
const PAGE_BYTES: usize = 4096;

/// What a step of a source did.
pub enum Fed {
    /// Bytes went to the transport.
    Sent(io::Result<usize>),
    /// Bytes went to the buffer, or the source is over.
    Queued,
    /// The source must be asked.
    Later,
}

/// A stretch of what is there already.
pub enum Part {
    File(FilePart),
    Held(HeldPart),
}

impl Part {
    /// A stretch. `now` tells whether a file has settled.
    pub fn new(of: Ranged, range: Range<u64>, now: SystemTime) -> Part {
        match of {
            Ranged::File(file) => {
                let mut part = FilePart::new(file, range);
                part.watch(now);
                Part::File(part)
            }
            Ranged::Held(bytes) => Part::Held(HeldPart::new(bytes, range)),
        }
    }

    /// The same, or `None` if it was small, and is in `buf` by now.
    pub fn start(
        of: Ranged,
        range: Range<u64>,
        buf: &mut Vec<u8>,
        now: SystemTime,
    ) -> Option<Part> {
        let is_small = range.end.saturating_sub(range.start) <= SMALL_FILE_BYTES_MAX as u64;
        match of {
            Ranged::File(file) => {
                let mut part = FilePart::new(file, range);
                if is_small {
                    part.copy_all(buf);
                    if part.len() == 0 {
                        return None;
                    }
                }
                part.watch(now);
                Some(Part::File(part))
            }
            Ranged::Held(bytes) if is_small => {
                let part = HeldPart::new(bytes, range);
                buf.extend_from_slice(&part.bytes[part.at..part.end]);
                None
            }
            held => Some(Part::new(held, range, now)),
        }
    }

    /// How many bytes are left.
    pub fn len(&self) -> u64 {
        match self {
            Part::File(part) => part.len(),
            Part::Held(part) => (part.end - part.at) as u64,
        }
    }

    /// Goes on with another stretch of the same.
    pub fn set_range(&mut self, range: &Range<u64>) {
        match self {
            Part::File(part) => (part.at, part.end) = (range.start, range.end),
            Part::Held(part) => (part.at, part.end) = part.within(range),
        }
    }

    /// Whether the next bytes are on their way from a disk.
    pub fn awaits_disk(&self) -> bool {
        matches!(self, Part::File(part) if part.awaits_disk)
    }

    /// Says whether they are.
    pub fn set_awaits_disk(&mut self, awaits_disk: bool) {
        if let Part::File(part) = self {
            part.awaits_disk = awaits_disk;
        }
    }

    /// Sends some bytes, or queues some where they must be copied.
    ///
    /// # Errors
    /// A file cannot be read, has shrunk, or was changed in place.
    pub fn send(
        &mut self,
        transport: &mut impl Transport,
        budget: usize,
        buf: &mut Vec<u8>,
    ) -> Result<Fed, Cause> {
        match self {
            Part::File(part) => part.send(transport, budget, buf),
            Part::Held(part) => Ok(Fed::Sent(part.send(transport, budget))),
        }
    }
}

/// A stretch of bytes in memory, which nobody copies.
pub struct HeldPart {
    bytes: SharedBytes,
    at: usize,
    end: usize,
}

impl HeldPart {
    fn new(bytes: SharedBytes, range: Range<u64>) -> HeldPart {
        let (at, end) = (0, 0);
        let mut part = HeldPart { bytes, at, end };
        (part.at, part.end) = part.within(&range);
        part
    }

    /// The bounds of a range, which lies within the bytes.
    fn within(&self, range: &Range<u64>) -> (usize, usize) {
        let bound = |at: u64| usize::try_from(at).unwrap_or(self.bytes.len());
        let end = bound(range.end).min(self.bytes.len());
        (bound(range.start).min(end), end)
    }

    fn send(&mut self, transport: &mut impl Transport, budget: usize) -> io::Result<usize> {
        let end = self.end.min(self.at.saturating_add(budget));
        let sent = transport.write(&self.bytes[self.at..end], end < self.end);
        self.at += *sent.as_ref().unwrap_or(&0);
        sent
    }
}

/// A stretch of a file.
pub struct FilePart {
    file: SharedFile,
    at: u64,
    end: u64,
    copies: bool,
    /// When the file was modified, and its length, at first: if a later change of its bytes shows.
    settled: Option<(SystemTime, u64)>,
    /// The next bytes are on their way from a disk.
    awaits_disk: bool,
}

impl FilePart {
    fn new(file: SharedFile, range: Range<u64>) -> FilePart {
        FilePart {
            file,
            at: range.start,
            end: range.end.max(range.start),
            copies: false,
            settled: None,
            awaits_disk: false,
        }
    }

    /// Copies all of it, if it is there: files of /sys say 4,096 bytes and hold ten. What there is
    /// goes out before the next read cuts the connection.
    fn copy_all(&mut self, buf: &mut Vec<u8>) {
        while self.len() > 0 && !self.copies {
            self.copies = self.copy(buf).is_err();
        }
    }

    /// Remembers what the file is. One that changed a moment ago has a weak tag, which promises no
    /// bytes, and may be written to all along.
    fn watch(&mut self, now: SystemTime) {
        let seen = self.file.seen().or_else(|| self.look().ok());
        self.settled = seen.filter(|(modified, _)| is_settled(*modified, now));
    }

    fn look(&self) -> io::Result<(SystemTime, u64)> {
        let stat = stat(self.file.as_fd())?;
        Ok((stat.modified, stat.len))
    }

    /// Fails for a file that was changed in place: the peer must not take two halves for a whole.
    /// One that has grown counts as appended to.
    fn check(&self) -> Result<(), Cause> {
        let Some((modified, len)) = self.settled else {
            return Ok(());
        };
        let now = self.look().map_err(Cause::File)?;
        if now.0 != modified && now.1 <= len {
            return Err(Cause::FileChanged);
        }
        Ok(())
    }

    fn len(&self) -> u64 {
        self.end - self.at
    }

    /// Sends some bytes, or queues some where they must be copied.
    fn send(
        &mut self,
        transport: &mut impl Transport,
        budget: usize,
        buf: &mut Vec<u8>,
    ) -> Result<Fed, Cause> {
        // Whole pages, or a head in the same turn would leave a stump of its own length.
        let most = budget.next_multiple_of(PAGE_BYTES).min(SENDFILE_BYTES);
        let len = self.len().min(most as u64) as usize;
        if self.len() <= SENDFILE_BYTES as u64 {
            // After the last byte it would be too late.
            self.check()?;
        }
        if !self.copies {
            match transport.send_file(self.file.as_fd(), self.at, len) {
                // The head has promised more than there is: all that is left is to close.
                Ok(0) => return Err(Cause::FileChanged),
                Ok(sent) => {
                    self.at += sent as u64;
                    return Ok(Fed::Sent(Ok(sent)));
                }
                Err(error) if error.kind() == io::ErrorKind::Unsupported => self.copies = true,
                Err(error) => return Ok(Fed::Sent(Err(error))),
            }
        }
        self.copy(buf)?;
        Ok(Fed::Queued)
    }

    fn copy(&mut self, buf: &mut Vec<u8>) -> Result<(), Cause> {
        let len = self.len().min(COPY_BYTES as u64) as usize;
        let read = read_at(self.file.as_fd(), self.at, len, buf).map_err(Cause::File)?;
        if read == 0 {
            return Err(Cause::FileChanged);
        }
        self.at += read as u64;
        Ok(())
    }
}
