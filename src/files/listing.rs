//! Directory listings as HTML or JSON, made in bounded steps.
//!
//! `getdents64(2)` says all that a plain listing needs; for a rich one, and for JSON, each entry is
//! looked at once, when it is written, or before, if its size or its time decide about its place. A
//! directory is scanned, sorted and written a piece at a time, so that the largest one stops no
//! other peer: no step takes much longer than half a millisecond, and there is one in a turn. Only
//! `names` holds memory that grows with the directory, and it is bounded too.

mod budget;
pub mod emit;
pub mod facts;
mod figures;
pub mod names;
mod natural;
pub mod order;
pub mod rich;
mod slots;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

pub use budget::{Budget, STATS_PER_LINK};
use emit::Parts;
pub use emit::{Format, name_in_html};
use facts::{FACTS_BYTES, Facts};
use names::{Mark, Names};
pub use order::Order;
use rich::Page;
pub use slots::{Slot, Slots};

use crate::handler::{BodySource, Cx, Pull, Sink};
use crate::http::limits::LISTING_WHOLE_BYTES_MAX;
use crate::sys::directory::Directory;
use crate::sys::file::{Kind, Stat, stat_at};

/// Entries read in one step, a count: the read that reaches it may bring 8 KiB of the directory.
const ENTRIES_PER_STEP: usize = 256;

/// Bytes of names and their index read in one step; the last read may reach beyond.
const NAME_BYTES_PER_STEP: usize = 16 * 1024;

/// Entries that are sorted together, a count: a run ends with the step that reaches it.
const RUN_ENTRIES: usize = 1024;

/// Bytes of names that are sorted together, in bytes, likewise.
const RUN_NAME_BYTES: usize = 32 * 1024;

/// Longest entry of a page, in bytes: a name has 255 at most, each of which JSON may write with
/// six, and its reference with three.
const ENTRY_BYTES_MAX: usize = 4 * 1024;

/// What one listing in progress holds beside the names that all of them count together, in bytes:
/// the room that the last run's arena and index have to grow, the piece of the page that is on its
/// way, the directory's buffer. 8 KiB of a directory are 8 KiB of names with their sort keys, at
/// most two and a half times as long, and 341 entries.
pub const SHARE_BYTES: usize = {
    let index = (RUN_ENTRIES + ENTRIES_PER_READ) * names::ENTRY_BYTES;
    let run = RUN_NAME_BYTES + STEP_BYTES_MAX + index;
    let unresolved = (ENTRIES_PER_STEP + ENTRIES_PER_READ) * size_of::<usize>();
    slots::NAME_BYTES_MIN + 2 * (run + unresolved) + WHOLE_BYTES + READ_BYTES
};

/// What a listing holds in its first steps, when it is not yet counted, in bytes.
pub const START_BYTES: usize = SHARE_BYTES + START_STEPS * STEP_BYTES_MAX;

/// How much of a directory one read brings, in bytes and entries.
const READ_BYTES: usize = 8 * 1024;
const ENTRIES_PER_READ: usize = 341;

/// Names that one step brings: up to its bound, and one read.
const STEP_BYTES_MAX: usize =
    NAME_BYTES_PER_STEP + READ_BYTES * 7 / 2 + ENTRIES_PER_READ * FACTS_BYTES;

/// The longest page that is held for a peer, in bytes.
pub const WHOLE_BYTES: usize = LISTING_WHOLE_BYTES_MAX + ENTRY_BYTES_MAX;

/// Most entries that are stat'ed for a listing that is made at once, a count.
const START_STATS_MAX: usize = 256;

/// Most bytes written in one step, in bytes; the last entry may reach beyond.
const EMIT_BYTES_PER_STEP: usize = 32 * 1024;

/// Most steps taken before a listing is answered, a count. A directory that is read within them,
/// about 1,500 entries, gets a Content-Length; a larger one is streamed, and so is one whose page
/// is past [`LISTING_WHOLE_BYTES_MAX`].
const START_STEPS: usize = 10;

/// The same while all places for listings in progress are taken: what is not read within them is
/// refused, and little work is lost on it. About 500 entries.
const START_STEPS_FULL: usize = 3;

/// How long a listing is begun at once; what a cold disk or a network has not answered by then is
/// streamed. Long enough for a neighbour on the processor not to decide about it.
const START_TIME: Duration = Duration::from_millis(20);

/// What a download by a link of this directory would be of: `None` if there is none.
pub type TargetStat = Box<dyn Fn(&[u8]) -> Option<Stat>>;

/// How directories are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ListingStyle {
    /// Sizes and times behind the names, the parents, buttons that sort; JSON can be sorted, too,
    /// by the same query. The default where the server speaks HTTP/1.1.
    Rich,
    /// Python's page: the names. The default where the server speaks HTTP/1.0.
    Plain,
    /// Not at all: 404.
    Off,
}

/// What a listing is to be.
pub struct Options<'a> {
    /// The directory's URL path, decoded.
    pub path: &'a [u8],
    /// The form.
    pub format: Format,
    /// What is asked of a rich one; a plain one has one order.
    pub order: Option<Order>,
    /// Whether a plain listing looks where links lead: the reference of a link to a directory ends
    /// in a slash. That one bit is all that is told of targets outside the root, as Python does; a
    /// rich one tells nothing of them.
    pub follow: bool,
    /// Which names are left out.
    pub hides: fn(&[u8]) -> bool,
    /// What is told of a link's target: of what may be downloaded, and nothing of others.
    pub target: TargetStat,
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
enum ListingPhase {
    Scan,
    Emit,
    Done,
}

/// A listing in progress.
pub struct Listing {
    directory: Directory,
    path: Box<[u8]>,
    format: Format,
    /// Of a rich one.
    page: Option<Page>,
    order: Order,
    follow: bool,
    hides: fn(&[u8]) -> bool,
    target: TargetStat,
    phase: ListingPhase,
    /// Whether the directory has entries that were not read.
    more: bool,
    names: Names,
    /// Whether there is no room for more names: those that are here go first.
    full: bool,
    /// Indexes in the unsorted run of the entries that must be stat'ed.
    unresolved: Vec<usize>,
    head_written: bool,
    first: bool,
    out: Vec<u8>,
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
        let began = Instant::now();
        let mut listing = Listing::new(dir, options);
        listing.slot = slot;
        for _ in 0..steps {
            if listing.phase != ListingPhase::Scan || listing.is_slow() || listing.is_late(began) {
                break;
            }
            listing.scan()?;
        }
        if listing.phase == ListingPhase::Scan || listing.more || listing.is_slow() {
            return Ok(listing.streamed());
        }
        // A name is written twice, in about 24 bytes of markup, or 110.
        let room = match &listing.page {
            Some(_) => listing.names.bytes() * 2 + listing.names.len() * 80 + 4096,
            None => listing.names.bytes() * 2 + 1024,
        };
        listing.out.reserve(room.min(WHOLE_BYTES));
        while listing.phase == ListingPhase::Emit
            && listing.out.len() < LISTING_WHOLE_BYTES_MAX
            && !listing.is_late(began)
        {
            listing.emit(LISTING_WHOLE_BYTES_MAX);
        }
        listing.out.shrink_to_fit();
        if listing.phase == ListingPhase::Emit {
            return Ok(listing.streamed());
        }
        Ok(Started::Whole(listing.out))
    }

    fn streamed(self) -> Started {
        match self.slot {
            Some(_) => Started::Stream(Box::new(self)),
            None => Started::Refused,
        }
    }

    fn new(dir: OwnedFd, options: Options<'_>) -> Listing {
        Listing {
            directory: Directory::new(dir),
            path: options.path.into(),
            format: options.format,
            page: options.order.map(|_| Page::default()),
            order: options.order.unwrap_or_default(),
            follow: options.follow,
            hides: options.hides,
            target: options.target,
            phase: ListingPhase::Scan,
            more: true,
            names: Names::new(options.order.unwrap_or_default()),
            full: false,
            unresolved: Vec::new(),
            head_written: false,
            first: true,
            out: Vec::new(),
            sent: 0,
            slot: None,
        }
    }

    /// Whether each entry is stat'ed.
    fn looks(&self) -> bool {
        self.page.is_some() || self.format == Format::Json
    }

    /// Whether there are more to stat than one turn should.
    fn is_slow(&self) -> bool {
        self.looks() && self.names.len() > START_STATS_MAX
    }

    /// Whether its start takes so long that the rest had better wait for other turns.
    fn is_late(&self, began: Instant) -> bool {
        self.slot.is_some() && began.elapsed() >= START_TIME
    }

    fn count_names(&mut self) {
        let slot = self.slot.as_mut();
        self.full = slot.is_some_and(|slot| !slot.hold(self.names.bytes()));
    }

    /// One bounded step towards knowing the names: stat a few, or sort a run, or read on.
    fn scan(&mut self) -> io::Result<()> {
        if !self.unresolved.is_empty() {
            self.resolve();
        } else if !self.more || self.full || self.names.is_run_long(RUN_ENTRIES, RUN_NAME_BYTES) {
            self.names.end_run();
            if !self.more || self.full {
                self.names.start_merge();
                self.phase = ListingPhase::Emit;
            }
        } else {
            self.read_on()?;
            self.count_names();
        }
        Ok(())
    }

    fn read_on(&mut self) -> io::Result<()> {
        let (names, unresolved) = (&mut self.names, &mut self.unresolved);
        let (is_plain, follow) = (self.page.is_none(), self.follow);
        let needs_facts = self.order.needs_facts();
        let hides = self.hides;
        let entries_max = names.len() + ENTRIES_PER_STEP;
        let bytes_max = names.bytes() + NAME_BYTES_PER_STEP;
        while self.more && names.len() < entries_max && names.bytes() < bytes_max {
            self.more = self.directory.read(1, &mut |name, kind| {
                if hides(name) {
                    return;
                }
                let index = names.push(name, mark(kind));
                let is_doubtful = kind.is_none() || follow && kind == Some(Kind::Symlink);
                if needs_facts || is_plain && is_doubtful {
                    unresolved.extend(index);
                }
            })?;
        }
        Ok(())
    }

    /// Finds out what the directory did not say, and the order needs.
    fn resolve(&mut self) {
        let dir = self.directory.fd().as_fd();
        let mut budget = Budget::start();
        while !budget.is_over() {
            let Some(index) = self.unresolved.pop() else {
                return;
            };
            let (name, mark) = self.names.unsorted(index);
            if self.page.is_none() {
                budget.count(1);
                let mark = self.plain_mark(dir, name, mark);
                self.names.set_mark(index, mark);
                continue;
            }
            let (mark, facts) = look(dir, &self.target, name, mark, &mut budget);
            self.names.set_mark(index, mark);
            self.names.set_facts(index, facts);
        }
    }

    /// An entry that is gone, or that may not be looked at, stays what it seemed.
    fn plain_mark(&self, dir: BorrowedFd<'_>, name: &[u8], mut new: Mark) -> Mark {
        if new != Mark::Link {
            new = stat_at(dir, name, false).map_or(new, |own| mark(Some(own.kind)));
        }
        let is_directory = |target: Stat| target.kind == Kind::Directory;
        if new == Mark::Link && self.follow && stat_at(dir, name, true).is_ok_and(is_directory) {
            return Mark::LinkToDirectory;
        }
        new
    }

    /// Writes entries until `out` holds `bytes_max` bytes, or the step has looked at enough.
    fn emit(&mut self, bytes_max: usize) {
        self.write_head();
        let mut budget = Budget::start();
        while self.out.len() < bytes_max && !budget.is_over() {
            let Some((name, mark, kept)) = self.names.next() else {
                self.end_part();
                return;
            };
            let dir = self.directory.fd().as_fd();
            let (mark, facts) = match (&self.page, kept) {
                (Some(_), Some(facts)) => (mark, facts),
                (Some(_), None) => look(dir, &self.target, name, mark, &mut budget),
                (None, _) if self.format == Format::Json => (
                    mark,
                    look_plainly(dir, &self.target, name, mark, &mut budget),
                ),
                (None, _) => (mark, Facts::default()),
            };
            match (self.format, &mut self.page) {
                (Format::Json, _) => {
                    emit::json_entry(name, mark, facts, self.first, &mut self.out);
                    self.first = false;
                }
                (Format::Html, Some(page)) => page.entry(name, mark, facts, &mut self.out),
                (Format::Html, None) => emit::html_entry(name, mark, &mut self.out),
            }
        }
    }

    fn write_head(&mut self) {
        if std::mem::replace(&mut self.head_written, true) {
            return;
        }
        let parts = match self.more {
            true => Parts::Several,
            false => Parts::One,
        };
        match (self.format, &self.page) {
            (Format::Html, Some(_)) => Page::head(&self.path, self.order, parts, &mut self.out),
            _ => emit::head(self.format, &self.path, parts, &mut self.out),
        }
    }

    /// All names in memory are written: goes on with the directory, or ends the page.
    fn end_part(&mut self) {
        self.names = Names::new(self.order);
        self.count_names();
        if self.more {
            self.phase = ListingPhase::Scan;
            return;
        }
        match (self.format, &self.page) {
            (Format::Html, Some(page)) => page.tail(&mut self.out),
            _ => emit::tail(self.format, &mut self.out),
        }
        self.phase = ListingPhase::Done;
    }

    fn fill(&mut self, sink: &mut Sink<'_>) -> io::Result<Pull> {
        let mut pull = Pull::More;
        if self.sent == self.out.len() {
            if self.out.capacity() > 2 * (EMIT_BYTES_PER_STEP + ENTRY_BYTES_MAX) {
                self.out = Vec::new();
            }
            self.out.clear();
            self.sent = 0;
            pull = match self.phase {
                ListingPhase::Done => Pull::More,
                ListingPhase::Scan => {
                    self.scan()?;
                    Pull::NextTurn
                }
                ListingPhase::Emit => {
                    self.emit(sink.room().min(EMIT_BYTES_PER_STEP));
                    match self.looks() {
                        true => Pull::NextTurn,
                        false => Pull::More,
                    }
                }
            };
        }
        self.sent += sink.put(&self.out[self.sent..]);
        if self.phase == ListingPhase::Done && self.sent == self.out.len() {
            return Ok(Pull::Done);
        }
        Ok(pull)
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

/// What is told of an entry, and what it is by now: of a link, only what a request for it would
/// give. One that is gone, or that may not be looked at, stays what it seemed.
fn look(
    dir: BorrowedFd<'_>,
    target: &TargetStat,
    name: &[u8],
    seemed: Mark,
    budget: &mut Budget,
) -> (Mark, Facts) {
    if !matches!(seemed, Mark::Link) {
        budget.count(1);
        match stat_at(dir, name, false) {
            Ok(own) if own.kind == Kind::Symlink => {}
            Ok(own) => return (mark(Some(own.kind)), Facts::of(&own)),
            Err(_) => return (seemed, Facts::default()),
        }
    }
    budget.count(STATS_PER_LINK);
    match target(name) {
        Some(stat) if stat.kind == Kind::Directory => (Mark::LinkToDirectory, Facts::of(&stat)),
        Some(stat) => (Mark::Link, Facts::of(&stat)),
        None => (Mark::Link, Facts::default()),
    }
}

/// What JSON tells of an entry in a plain listing: of a directory a length, too.
fn look_plainly(
    dir: BorrowedFd<'_>,
    target: &TargetStat,
    name: &[u8],
    mark: Mark,
    budget: &mut Budget,
) -> Facts {
    let stat = if matches!(mark, Mark::Link | Mark::LinkToDirectory) {
        budget.count(STATS_PER_LINK);
        target(name)
    } else {
        budget.count(1);
        stat_at(dir, name, false).ok()
    };
    stat.map_or(Facts::default(), |stat| Facts {
        len: Some(stat.len),
        ..Facts::of(&stat)
    })
}
