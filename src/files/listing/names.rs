//! The names of a directory: kept in runs that are sorted one by one, then merged.
//!
//! One full sort of 100,000 names would hold the loop for 80 ms; a run takes a fraction of one.
//! Each run has an arena of its own, so that nothing large is ever copied as the directory grows.

use std::cmp::Ordering;

use super::facts::{FACTS_BYTES, Facts};
use super::natural;
use super::order::{Order, SortKey};
use crate::http::grammar::same_word;

/// What is written about an entry beside its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// A regular file, or nothing that could be found out about.
    File,
    /// A directory.
    Directory,
    /// A link to anything but a directory.
    Link,
    /// A link to a directory.
    LinkToDirectory,
    /// A FIFO, socket or device.
    Other,
}

impl Mark {
    fn is_directory(self) -> bool {
        matches!(self, Mark::Directory | Mark::LinkToDirectory)
    }
}

/// One name: where it is, and enough of its sort key to decide most comparisons.
#[derive(Clone, Copy)]
struct NameEntry {
    /// What is compared first: of names the first eight bytes of the sort key, zero-padded, for no
    /// name holds a NUL; or a number that grows with the size or the time.
    prefix: u64,
    /// Where the name starts in its run's arena. What is kept of an entry beside it lies before it.
    offset: u32,
    len: u16,
    mark: Mark,
    /// Whether the sort key follows the name in the arena, behind its length (`u32`); otherwise the
    /// key is the name in ASCII lower case.
    folded: bool,
}

/// How many bytes of a key are compared at once.
const PREFIX_BYTES: usize = size_of::<u64>();

/// What the index has of one name, in bytes.
pub(crate) const ENTRY_BYTES: usize = 16;

const _: () = assert!(size_of::<NameEntry>() == ENTRY_BYTES);

#[derive(Default)]
struct Run {
    arena: Vec<u8>,
    entries: Vec<NameEntry>,
    /// The next entry to be merged.
    at: usize,
}

/// The names of a directory, or of the part of it that fits.
#[derive(Default)]
pub struct Names {
    runs: Vec<Run>,
    /// Indexes of the runs that have entries left; the one with the first name is on top.
    heap: Vec<u32>,
    count: usize,
    bytes: usize,
    order: Order,
}

impl Names {
    /// No names yet, to be sorted in this order.
    pub(crate) fn new(order: Order) -> Names {
        Names {
            order,
            ..Names::default()
        }
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The memory that the names and their index take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the unsorted run holds so many names, or so many bytes of them.
    pub(crate) fn is_run_long(&self, entries: usize, bytes: usize) -> bool {
        let run = self.runs.last();
        run.is_some_and(|run| run.entries.len() >= entries || run.arena.len() >= bytes)
    }

    /// Adds a name to the unsorted run; returns its index there.
    pub(crate) fn push(&mut self, name: &[u8], mark: Mark) -> Option<usize> {
        // No file system has such names; a run's arena would outgrow its offsets.
        let len = u16::try_from(name.len()).ok()?;
        if self.runs.is_empty() {
            self.runs.push(Run::default());
        }
        let run = self.runs.last_mut()?;
        let before = run.arena.len();
        let facts_bytes = if self.order.needs_facts() {
            FACTS_BYTES
        } else {
            0
        };
        let offset = u32::try_from(before + facts_bytes).ok()?;
        if facts_bytes > 0 {
            run.arena.extend_from_slice(&Facts::default().to_bytes());
        }
        run.arena.extend_from_slice(name);
        let prefix_of = match self.order.key {
            SortKey::Usual => key_prefix,
            SortKey::Name => natural::prefix,
            // Of what is not known yet.
            SortKey::Size | SortKey::Time => |_: &[u8]| 0,
        };
        let mut prefix = prefix_of(name);
        let mut folded = false;
        if !name.is_ascii() {
            let key = fold(name);
            prefix = prefix_of(&key);
            folded = !same_word(&key, name);
            if folded {
                let key_len = key.len() as u32;
                run.arena.extend_from_slice(&key_len.to_ne_bytes());
                run.arena.extend_from_slice(&key);
            }
        }
        run.entries.push(NameEntry {
            prefix,
            offset,
            len,
            mark,
            folded,
        });
        self.count += 1;
        self.bytes += run.arena.len() - before + ENTRY_BYTES;
        Some(run.entries.len() - 1)
    }

    /// The name with this index in the unsorted run.
    pub(crate) fn unsorted(&self, index: usize) -> (&[u8], Mark) {
        let run = &self.runs[self.runs.len() - 1];
        let entry = &run.entries[index];
        (run.name(entry), entry.mark)
    }

    /// Corrects the mark of the name with this index in the unsorted run.
    pub(crate) fn set_mark(&mut self, index: usize, mark: Mark) {
        if let Some(run) = self.runs.last_mut() {
            run.entries[index].mark = mark;
        }
    }

    /// Keeps what is told of it, which its order needs.
    pub(crate) fn set_facts(&mut self, index: usize, facts: Facts) {
        let Some(run) = self.runs.last_mut() else {
            return;
        };
        let entry = &mut run.entries[index];
        let end = entry.offset as usize;
        run.arena[end - FACTS_BYTES..end].copy_from_slice(&facts.to_bytes());
        match self.order.key {
            SortKey::Size => entry.prefix = facts.len_prefix(),
            SortKey::Time => entry.prefix = facts.time_prefix(),
            SortKey::Usual | SortKey::Name => {}
        }
    }

    /// Sorts the unsorted run and begins another.
    pub(crate) fn end_run(&mut self) {
        let order = self.order;
        if let Some(run) = self.runs.last_mut() {
            let skip = match order.key {
                SortKey::Usual => run.skip_beginning(),
                _ => 0,
            };
            run.sort(order, skip);
            if skip > 0 {
                run.take_prefixes(0);
            }
            // So the count of its bytes is all that it takes.
            run.arena.shrink_to_fit();
            run.entries.shrink_to_fit();
            self.runs.push(Run::default());
        }
    }

    /// Begins the merge. Every run must have been ended.
    pub(crate) fn start_merge(&mut self) {
        self.heap.clear();
        let full = |&index: &u32| !self.runs[index as usize].entries.is_empty();
        self.heap.extend((0..self.runs.len() as u32).filter(full));
        for at in (0..self.heap.len() / 2).rev() {
            self.sift_down(at);
        }
    }

    /// The next name in order, and what was kept of it.
    pub(crate) fn next(&mut self) -> Option<(&[u8], Mark, Option<Facts>)> {
        let index = *self.heap.first()? as usize;
        let run = &mut self.runs[index];
        let entry = run.entries[run.at];
        run.at += 1;
        if run.at == run.entries.len() {
            self.heap.swap_remove(0);
        }
        self.sift_down(0);
        let run = &self.runs[index];
        let facts = self
            .order
            .needs_facts()
            .then(|| facts_of(&entry, &run.arena));
        Some((run.name(&entry), entry.mark, facts))
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let mut child = 2 * at + 1;
            if child >= self.heap.len() {
                return;
            }
            if child + 1 < self.heap.len() && self.is_before(child + 1, child) {
                child += 1;
            }
            if !self.is_before(child, at) {
                return;
            }
            self.heap.swap(child, at);
            at = child;
        }
    }

    fn is_before(&self, a: usize, b: usize) -> bool {
        let a = &self.runs[self.heap[a] as usize];
        let b = &self.runs[self.heap[b] as usize];
        let (a, b) = ((&a.entries[a.at], &a.arena), (&b.entries[b.at], &b.arena));
        compare(self.order, a.0, a.1, b.0, b.1, 0) == Ordering::Less
    }
}

impl Run {
    fn name(&self, entry: &NameEntry) -> &[u8] {
        name_of(entry, &self.arena)
    }

    /// Numbered files begin alike: takes their prefixes from where they differ, and returns how
    /// many bytes of each key are left out.
    fn skip_beginning(&mut self) -> usize {
        let mut skip = 0;
        loop {
            let differing = self.take_prefixes(skip);
            let same = differing.leading_zeros() as usize / 8;
            // Names that differ in case alone end alike.
            let at_end = self.entries.first().is_none_or(|first| first.prefix == 0);
            if same == 0 || at_end {
                return skip;
            }
            skip += same;
        }
    }

    fn sort(&mut self, order: Order, skip: usize) {
        let arena = &self.arena;
        let by_prefix = !order.directories_first;
        self.entries.sort_unstable_by(|a, b| {
            // Most are decided here.
            if by_prefix && a.prefix != b.prefix {
                return match order.is_descending {
                    true => b.prefix.cmp(&a.prefix),
                    false => a.prefix.cmp(&b.prefix),
                };
            }
            compare(order, a, arena, b, arena, skip)
        });
    }

    /// Leaves out so many bytes of each key; returns the bits in which some prefix differs.
    fn take_prefixes(&mut self, skip: usize) -> u64 {
        let (mut first, mut differing) = (None, 0);
        for entry in &mut self.entries {
            let key = key_of(entry, &self.arena).get(skip..);
            entry.prefix = key_prefix(key.unwrap_or_default());
            differing |= entry.prefix ^ *first.get_or_insert(entry.prefix);
        }
        differing
    }
}

fn name_of<'a>(entry: &NameEntry, arena: &'a [u8]) -> &'a [u8] {
    let start = entry.offset as usize;
    &arena[start..start + usize::from(entry.len)]
}

fn key_of<'a>(entry: &NameEntry, arena: &'a [u8]) -> &'a [u8] {
    if !entry.folded {
        return name_of(entry, arena);
    }
    let rest = &arena[entry.offset as usize + usize::from(entry.len)..];
    match rest.split_first_chunk::<4>() {
        Some((len, rest)) => &rest[..u32::from_ne_bytes(*len) as usize],
        None => b"",
    }
}

fn facts_of(entry: &NameEntry, arena: &[u8]) -> Facts {
    let before = &arena[..entry.offset as usize];
    before
        .last_chunk()
        .map_or(Facts::default(), Facts::from_bytes)
}

/// In the order that was asked for, so that it never depends on the file system's. The prefixes are
/// those of keys of which so many bytes are left out, which are the same.
fn compare(
    order: Order,
    a: &NameEntry,
    a_arena: &[u8],
    b: &NameEntry,
    b_arena: &[u8],
    skip: usize,
) -> Ordering {
    if order.directories_first && a.mark.is_directory() != b.mark.is_directory() {
        return b.mark.is_directory().cmp(&a.mark.is_directory());
    }
    let by_key = a.prefix.cmp(&b.prefix).then_with(|| match order.key {
        SortKey::Usual => compare_names(a, a_arena, b, b_arena, skip + PREFIX_BYTES),
        SortKey::Name => natural::compare(key_of(a, a_arena), key_of(b, b_arena))
            .then_with(|| compare_names(a, a_arena, b, b_arena, 0)),
        SortKey::Size => Ordering::Equal,
        SortKey::Time => {
            let moment = |entry, arena| facts_of(entry, arena).modified;
            moment(a, a_arena).cmp(&moment(b, b_arena))
        }
    });
    let in_order = match order.is_descending {
        true => by_key.reverse(),
        false => by_key,
    };
    in_order.then_with(|| compare_names(a, a_arena, b, b_arena, 0))
}

/// By sort key, as Python does, without its first bytes; then by the names, which differ.
fn compare_names(
    a: &NameEntry,
    a_arena: &[u8],
    b: &NameEntry,
    b_arena: &[u8],
    skip: usize,
) -> Ordering {
    let a_key = key_of(a, a_arena).get(skip..).unwrap_or_default();
    let b_key = key_of(b, b_arena).get(skip..).unwrap_or_default();
    // Lower case is kept by keys that were folded.
    let a_key = a_key.iter().map(u8::to_ascii_lowercase);
    a_key
        .cmp(b_key.iter().map(u8::to_ascii_lowercase))
        .then_with(|| name_of(a, a_arena).cmp(name_of(b, b_arena)))
}

/// The first bytes of a key in ASCII lower case, zero-padded.
fn key_prefix(key: &[u8]) -> u64 {
    let mut prefix = [0; PREFIX_BYTES];
    match key.first_chunk() {
        Some(first) => prefix = *first,
        None => prefix[..key.len()].copy_from_slice(key),
    }
    // Eight at a time: the high bits of those from `A` to `Z`, moved to where lower case has a one.
    const ALL: u64 = u64::MAX / 255;
    let word = u64::from_be_bytes(prefix);
    let low = word & (0x7F * ALL);
    let from_a = low + u64::from(0x80 - b'A') * ALL;
    let past_z = low + u64::from(0x7F - b'Z') * ALL;
    word | ((from_a & !past_z & !word) & (0x80 * ALL)) >> 2
}

/// The sort key of Python, `name.lower()`, as bytes that compare like its code points. A byte that
/// is not UTF-8 is a lone surrogate there (PEP 383).
fn fold(name: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        key.extend_from_slice(chunk.valid().to_lowercase().as_bytes());
        for byte in chunk.invalid() {
            key.extend_from_slice(&[0xED, 0xB0 | byte >> 6, 0x80 | byte & 0x3F]);
        }
    }
    key
}

#[cfg(test)]
mod tests;
