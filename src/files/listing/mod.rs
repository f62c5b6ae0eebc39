//! Directory listings as HTML or JSON, made in bounded steps.
//!
//! `getdents64(2)` says most of what a listing needs, so entries are not stat'ed one by one. A
//! directory is scanned, sorted and written a piece at a time, so that the largest one stops no
//! other peer: no step takes much longer than half a millisecond. Only `names` holds memory that
//! grows with the directory, and it is bounded too.

mod accept;
mod emit;
mod names;
#[cfg(any(test, fuzzing))]
pub mod testing;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use accept::choose;
pub use emit::Format;
use names::{Mark, Names};

use crate::handler::{BodySource, Cx, Pull, Sink};
use crate::http::limits::{LISTING_NAME_BYTES_MAX, LISTING_WHOLE_BYTES_MAX, LISTINGS_MAX};
use crate::sys::directory::Directory;
use crate::sys::file::{Kind, Stat, stat_at};

/// Most entries read in one step, a count.
const ENTRIES_PER_STEP: usize = 256;

/// Entries that are sorted together, a count: a run ends with the step that reaches it.
const RUN_ENTRIES: usize = 1024;

/// Most entries stat'ed in one step, a count. A link takes two stats where the directory does not
/// say that it is one.
const STATS_PER_STEP: usize = 64;

/// Most entries of a JSON listing that is made at once, a count: each is stat'ed.
const START_STATS_MAX: usize = 256;

/// Most bytes written in one step, in bytes; the last entry may reach beyond.
const EMIT_BYTES_PER_STEP: usize = 16 * 1024;

/// Most steps taken before a listing is answered, a count. A directory that is read within them,
/// about 1,500 entries, gets a Content-Length; a larger one is streamed, and so is one whose page
/// is past [`LISTING_WHOLE_BYTES_MAX`].
const START_STEPS: usize = 10;

/// The same while all places for listings in progress are taken: what is not read within them is
/// refused, and little work is lost on it. About 500 entries.
const START_STEPS_FULL: usize = 3;

/// What a listing is to be.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The directory's URL path, decoded.
    pub path: &'a [u8],
    /// The form.
    pub format: Format,
    /// Whether to look where links lead: the reference of a link to a directory ends in a slash.
    /// That one bit is all that is told of a target, and it is told of targets outside the root
    /// too, as Python does.
    pub follow: bool,
}

/// A listing after its first steps.
pub enum Started {
    /// All of it.
    Whole(Vec<u8>),
    /// The directory is large: the rest is made while it is sent.
    Stream(Box<Listing>),
    /// The directory is large, and there is no place.
    Refused,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Scan,
    Emit,
    Done,
}

/// A listing in progress.
pub struct Listing {
    directory: Directory,
    path: Box<[u8]>,
    format: Format,
    follow: bool,
    phase: Phase,
    /// Whether the directory has entries that were not read.
    more: bool,
    names: Names,
    names_bytes_max: usize,
    /// Indexes in the unsorted run of the entries that must be stat'ed.
    unresolved: Vec<usize>,
    head_written: bool,
    first: bool,
    out: String,
    /// How much of `out` was sent.
    sent: usize,
    slot: Option<Slot>,
}

impl Listing {
    /// Takes the first steps of listing a directory. It keeps its place, if it got one, until it
    /// is dropped.
    ///
    /// # Errors
    /// What reading it says: it may be unreadable.
    pub fn start(dir: OwnedFd, options: Options<'_>, slot: Option<Slot>) -> io::Result<Started> {
        let steps = if slot.is_some() {
            START_STEPS
        } else {
            START_STEPS_FULL
        };
        let mut listing = Listing::new(dir, options, LISTING_NAME_BYTES_MAX);
        listing.slot = slot;
        for _ in 0..steps {
            if listing.phase != Phase::Scan {
                break;
            }
            listing.scan()?;
        }
        let slow = listing.format == Format::Json && listing.names.len() > START_STATS_MAX;
        if listing.phase == Phase::Scan || listing.more || slow {
            return Ok(listing.streamed());
        }
        // A name is written twice, in about 24 bytes of markup.
        let room = listing.names.bytes() * 2 + 1024;
        listing.out.reserve(room.min(LISTING_WHOLE_BYTES_MAX));
        while listing.phase == Phase::Emit && listing.out.len() < LISTING_WHOLE_BYTES_MAX {
            listing.emit(LISTING_WHOLE_BYTES_MAX);
        }
        if listing.phase == Phase::Emit {
            return Ok(listing.streamed());
        }
        Ok(Started::Whole(listing.out.into_bytes()))
    }

    fn streamed(self) -> Started {
        match self.slot {
            Some(_) => Started::Stream(Box::new(self)),
            None => Started::Refused,
        }
    }

    fn new(dir: OwnedFd, options: Options<'_>, names_bytes_max: usize) -> Listing {
        Listing {
            directory: Directory::new(dir),
            path: options.path.into(),
            format: options.format,
            follow: options.follow,
            phase: Phase::Scan,
            more: true,
            names: Names::default(),
            names_bytes_max,
            unresolved: Vec::new(),
            head_written: false,
            first: true,
            out: String::new(),
            sent: 0,
            slot: None,
        }
    }

    /// One bounded step towards knowing the names: stat a few, or sort a run, or read on.
    fn scan(&mut self) -> io::Result<()> {
        if !self.unresolved.is_empty() {
            self.resolve();
        } else if !self.more || self.names.run_len() >= RUN_ENTRIES {
            self.names.end_run();
            if !self.more || self.names.bytes() >= self.names_bytes_max {
                self.names.start_merge();
                self.phase = Phase::Emit;
            }
        } else {
            let (names, unresolved, follow) = (&mut self.names, &mut self.unresolved, self.follow);
            self.more = self.directory.read(ENTRIES_PER_STEP, &mut |name, kind| {
                let index = names.push(name, mark(kind));
                if kind.is_none() || follow && kind == Some(Kind::Symlink) {
                    unresolved.extend(index);
                }
            })?;
        }
        Ok(())
    }

    /// Finds out what the directory did not say. An entry that is gone, or that may not be looked
    /// at, stays what it seemed.
    fn resolve(&mut self) {
        let dir = self.directory.fd().as_fd();
        for _ in 0..STATS_PER_STEP {
            let Some(index) = self.unresolved.pop() else {
                return;
            };
            let (name, mut new) = self.names.unsorted(index);
            if new != Mark::Link {
                new = stat_at(dir, name, false).map_or(new, |own| mark(Some(own.kind)));
            }
            let is_directory = |target: Stat| target.kind == Kind::Directory;
            if new == Mark::Link && self.follow && stat_at(dir, name, true).is_ok_and(is_directory)
            {
                new = Mark::LinkToDirectory;
            }
            self.names.set_mark(index, new);
        }
    }

    /// Writes entries until `out` holds `bytes_max` bytes.
    fn emit(&mut self, bytes_max: usize) {
        if !self.head_written {
            self.head_written = true;
            emit::head(self.format, &self.path, self.more, &mut self.out);
        }
        let mut stats = 0;
        while self.out.len() < bytes_max && stats < STATS_PER_STEP {
            let Some((name, mark)) = self.names.next() else {
                self.end_part();
                return;
            };
            if self.format == Format::Html {
                emit::html_entry(name, mark, &mut self.out);
                continue;
            }
            stats += 1;
            let stat = stat_at(self.directory.fd().as_fd(), name, false).ok();
            emit::json_entry(name, mark, stat, self.first, &mut self.out);
            self.first = false;
        }
    }

    /// All names in memory are written: goes on with the directory, or ends the page.
    fn end_part(&mut self) {
        self.names = Names::default();
        if self.more {
            self.phase = Phase::Scan;
        } else {
            emit::tail(self.format, &mut self.out);
            self.phase = Phase::Done;
        }
    }

    fn fill(&mut self, sink: &mut Sink<'_>) -> io::Result<Pull> {
        if self.sent == self.out.len() {
            self.out.clear();
            self.sent = 0;
            match self.phase {
                Phase::Scan => self.scan()?,
                Phase::Emit => self.emit(sink.room().min(EMIT_BYTES_PER_STEP)),
                Phase::Done => {}
            }
        }
        self.sent += sink.put(&self.out.as_bytes()[self.sent..]);
        if self.phase == Phase::Done && self.sent == self.out.len() {
            return Ok(Pull::Done);
        }
        Ok(Pull::More)
    }
}

impl BodySource for Listing {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        self.fill(out)
    }
}

/// What a directory entry is marked as, before any link is followed.
fn mark(kind: Option<Kind>) -> Mark {
    match kind {
        Some(Kind::Regular) | None => Mark::File,
        Some(Kind::Directory) => Mark::Directory,
        Some(Kind::Symlink) => Mark::Link,
        Some(Kind::Special) => Mark::Other,
    }
}

/// Counts the listings in progress.
#[derive(Clone, Debug, Default)]
pub struct Slots(Arc<AtomicUsize>);

/// The place of one listing in progress.
#[derive(Debug)]
pub struct Slot(Arc<AtomicUsize>);

impl Slots {
    /// A place, unless [`LISTINGS_MAX`] are taken.
    pub fn take(&self) -> Option<Slot> {
        let below = |taken| (taken < LISTINGS_MAX).then_some(taken + 1);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.0.fetch_update(set, get, below).ok()?;
        Some(Slot(Arc::clone(&self.0)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
