//! Hashes of what is in files, for entity tags that are the same wherever the content is.
//!
//! A short file is hashed where it is asked for. A longer one is a job that goes on in steps, one a
//! turn, none longer than a millisecond, however many there are; meanwhile whoever asked for it
//! waits, and nobody else. What is not in memory is fetched first, so no step waits for a disk.
//!
//! A hash is kept by what tells a revision of a file from another. That it is one revision from the
//! first byte to the last is looked at in each step.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use blake2b_simd::{Params, State};

use crate::handler::SharedFile;
use crate::http::etag::ContentHash;
use crate::http::limits::{HASHED_FILES_MAX, HASHED_LEFT_TIME};
use crate::http::mix::mix_all;
use crate::reactor::wake::ExchangeWaker;
use crate::sys::ahead::ready_bytes;
use crate::sys::file::{Stat, read_at, stat};

/// How many hashes are kept, a count of slots, in sets of [`WAYS`].
const KNOWN_MAX: usize = 4096;

/// Slots that a file may take, a count. The shortest file in them makes room for another: it is the
/// one that is hashed again at the least cost.
const WAYS: usize = 4;

/// What all steps of a turn hash together, in bytes: 0.4 ms with AVX2, and below a millisecond
/// without any such instructions.
const STEP_BYTES: usize = 256 * 1024;

/// What is read at a time, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// How long bytes that are not in memory are left to the disk, before they are asked for again.
const FETCH_TIME: Duration = Duration::from_millis(2);

/// What all of it takes, in bytes: vectors double.
pub const CONTENTS_BYTES: usize = KNOWN_MAX * size_of::<KnownHash>()
    + HASHED_FILES_MAX * (2 * size_of::<Hashing>() + size_of::<State>())
    + 2 * READ_BYTES;

type KnownHash = Option<(Revision, ContentHash)>;

/// What tells a revision of a file from its others, and from those of other files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revision {
    pub device: u64,
    pub inode: u64,
    pub len: u64,
    pub modified: SystemTime,
    pub changed: SystemTime,
}

impl Revision {
    fn of(stat: &Stat) -> Revision {
        Revision {
            device: stat.device,
            inode: stat.inode,
            len: stat.len,
            modified: stat.modified,
            changed: stat.changed,
        }
    }

    /// Whether an open file is still this.
    fn is_still(&self, file: &SharedFile) -> bool {
        stat(file.as_fd()).is_ok_and(|stat| Revision::of(&stat) == *self)
    }

    /// Where its set of slots begins.
    fn set(&self) -> usize {
        let sets = (KNOWN_MAX / WAYS) as u64;
        (mix_all(&[self.device, self.inode]) % sets) as usize * WAYS
    }
}

/// The hashes that are known, and the files that are being hashed. Clones share them.
#[derive(Clone, Default)]
pub struct Contents(Arc<Mutex<Hashes>>);

#[derive(Default)]
struct Hashes {
    /// Empty until the first.
    known: Vec<KnownHash>,
    jobs: Vec<Hashing>,
    /// Whose step is next.
    next: usize,
    /// Which of those who wait takes the steps.
    driver: Option<u64>,
    /// The number of whoever was the last to wait.
    waited: u64,
    /// The present turn, and what may still be hashed in it, in bytes.
    turn: Option<Instant>,
    left: usize,
    buf: Vec<u8>,
}

/// A file that is being hashed.
struct Hashing {
    revision: Revision,
    file: SharedFile,
    hasher: Box<State>,
    at: u64,
    waiting: Vec<(u64, ExchangeWaker)>,
    /// Since when nobody waits.
    left: Option<Instant>,
}

/// What a step has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hashed {
    /// Some bytes were hashed.
    Part,
    /// The next ones are not in memory.
    Absent,
    /// All are hashed.
    Done(ContentHash),
    /// It is not what it was, or cannot be read.
    Lost,
}

impl Contents {
    fn with<R>(&self, act: impl FnOnce(&mut Hashes) -> R) -> R {
        // Nothing in here panics while the table is not whole.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The hash of a revision, if it is known.
    pub fn get(&self, revision: &Revision) -> Option<ContentHash> {
        self.with(|table| table.get(revision))
    }

    /// Hashes a short file at once, if it is in memory and this turn has time for it; without a
    /// turn, it has. A revision must be past the tick of the clock in which it came to be.
    pub fn hash(&self, revision: &Revision, file: &SharedFile, now: Option<Instant>) -> bool {
        let Some(len) = usize::try_from(revision.len)
            .ok()
            .filter(|&len| len <= READ_BYTES)
        else {
            return false;
        };
        self.with(|table| {
            if now.is_some_and(|now| table.left_in(now) < len) {
                return false;
            }
            let mut job = Hashing::new(*revision, file.clone());
            let step = job.step(&mut table.buf, len);
            table.left = table.left.saturating_sub(len);
            if let Hashed::Done(hash) = step {
                table.keep(*revision, hash);
            }
            matches!(step, Hashed::Done(_))
        })
    }

    /// Begins to hash a file, or joins those who wait for it. Returns whether there was room.
    pub fn begin(&self, revision: &Revision, file: &SharedFile, now: Instant) -> bool {
        self.with(|table| {
            table.give_up(now);
            if table.job(revision).is_some() {
                return true;
            }
            let has_room = table.jobs.len() < HASHED_FILES_MAX;
            if has_room {
                let mut job = Hashing::new(*revision, file.clone());
                job.left = Some(now);
                table.jobs.push(job);
            }
            has_room
        })
    }

    /// Waits for a revision. Returns the number of whoever waits; `None` if it is not being hashed.
    pub fn wait(&self, revision: &Revision, waker: ExchangeWaker) -> Option<u64> {
        self.with(|table| {
            table.waited += 1;
            let number = table.waited;
            let job = table.job(revision)?;
            job.waiting.push((number, waker));
            job.left = None;
            Some(number)
        })
    }

    /// Whether a revision is being hashed.
    pub fn is_hashing(&self, revision: &Revision) -> bool {
        self.with(|table| table.job(revision).is_some())
    }

    /// Takes this turn's step, if whoever has this number is the one who does. Returns when the
    /// next one is due, to that one alone.
    pub fn drive(&self, number: u64, now: Instant) -> Option<Instant> {
        self.with(
            |table| match *table.driver.get_or_insert(number) == number {
                true => table.step(now),
                false => None,
            },
        )
    }

    /// Takes this turn's step where nobody waits. Returns when the next one is due.
    pub fn work(&self, now: Instant) -> Option<Instant> {
        self.with(|table| {
            if table.jobs.is_empty() || table.driver.is_some() {
                return None;
            }
            table.step(now)
        })
    }

    /// Whoever has this number waits no more.
    pub fn leave(&self, revision: &Revision, number: u64, now: Instant) {
        self.with(|table| {
            if let Some(job) = table.job(revision) {
                job.waiting.retain(|(other, _)| *other != number);
                if job.waiting.is_empty() {
                    job.left = Some(now);
                }
            }
            if table.driver == Some(number) {
                table.driver = None;
                let waiting = table.jobs.iter().flat_map(|job| &job.waiting);
                if let Some((_, waker)) = waiting.into_iter().find(|(_, waker)| !waker.is_over()) {
                    // It fails only if the server's poller does.
                    let _ = waker.wake();
                }
            }
        });
    }
}

impl Hashes {
    fn get(&self, revision: &Revision) -> Option<ContentHash> {
        let set = self.known.get(revision.set()..)?.iter().take(WAYS);
        let mut known = set.flatten();
        known
            .find(|(known, _)| known == revision)
            .map(|(_, hash)| *hash)
    }

    fn keep(&mut self, revision: Revision, hash: ContentHash) {
        if self.known.is_empty() {
            self.known.resize(KNOWN_MAX, None);
        }
        let start = revision.set();
        let set = &mut self.known[start..start + WAYS];
        let is_older = |slot: &KnownHash| {
            slot.is_some_and(|(other, _)| {
                (other.device, other.inode) == (revision.device, revision.inode)
            })
        };
        let at = set.iter().position(is_older);
        let len = |at: &usize| set[*at].map_or(0, |(other, _)| other.len + 1);
        let at = at.or_else(|| (0..WAYS).min_by_key(len)).unwrap_or(0);
        set[at] = Some((revision, hash));
    }

    fn job(&mut self, revision: &Revision) -> Option<&mut Hashing> {
        self.jobs.iter_mut().find(|job| job.revision == *revision)
    }

    /// What may still be hashed in a turn, in bytes.
    fn left_in(&mut self, now: Instant) -> usize {
        if self.turn != Some(now) {
            (self.turn, self.left) = (Some(now), STEP_BYTES);
        }
        self.left
    }

    /// Drops the jobs that nobody has waited for in a long time.
    fn give_up(&mut self, now: Instant) {
        let is_left = |since: Instant| now.saturating_duration_since(since) >= HASHED_LEFT_TIME;
        self.jobs.retain(|job| !job.left.is_some_and(is_left));
    }

    /// Goes on with the jobs, one after the other, for as long as this turn has time.
    fn step(&mut self, now: Instant) -> Option<Instant> {
        self.give_up(now);
        let mut left = self.left_in(now);
        let mut is_absent = true;
        for _ in 0..self.jobs.len() {
            if left == 0 || self.jobs.is_empty() {
                break;
            }
            let at = self.next % self.jobs.len();
            let before = self.jobs[at].at;
            let step = self.jobs[at].step(&mut self.buf, left);
            left = left.saturating_sub((self.jobs[at].at - before) as usize);
            match step {
                Hashed::Part | Hashed::Absent => {}
                Hashed::Done(_) | Hashed::Lost => {
                    let job = self.jobs.swap_remove(at);
                    if let Hashed::Done(hash) = step {
                        self.keep(job.revision, hash);
                    }
                    for (_, waker) in job.waiting {
                        let _ = waker.wake();
                    }
                }
            }
            is_absent &= step == Hashed::Absent;
            self.next = at + 1;
        }
        self.left = left;
        if self.jobs.is_empty() {
            self.buf = Vec::new();
            return None;
        }
        match is_absent && left > 0 {
            true => now.checked_add(FETCH_TIME),
            false => Some(now),
        }
    }
}

/// BLAKE2b (RFC 7693) of the length that a tag has.
fn hasher() -> State {
    Params::new()
        .hash_length(size_of::<ContentHash>())
        .to_state()
}

/// The hash of bytes in memory.
pub fn hash_of(bytes: &[u8]) -> ContentHash {
    hash(hasher().update(bytes))
}

fn hash(hasher: &State) -> ContentHash {
    let mut hash = ContentHash::default();
    hash.copy_from_slice(hasher.finalize().as_bytes());
    hash
}

impl Hashing {
    fn new(revision: Revision, file: SharedFile) -> Hashing {
        Hashing {
            revision,
            file,
            hasher: Box::new(hasher()),
            at: 0,
            waiting: Vec::new(),
            left: None,
        }
    }

    /// Hashes what comes next, at most so many bytes.
    fn step(&mut self, buf: &mut Vec<u8>, most: usize) -> Hashed {
        if !self.revision.is_still(&self.file) {
            return Hashed::Lost;
        }
        let mut hashed = 0;
        while self.at < self.revision.len && hashed < most {
            let rest = usize::try_from(self.revision.len - self.at).unwrap_or(usize::MAX);
            let len = rest.min(most - hashed).min(READ_BYTES);
            let len = ready_bytes(self.file.as_fd(), self.at, len);
            if len == 0 {
                return match hashed {
                    0 => Hashed::Absent,
                    _ => Hashed::Part,
                };
            }
            buf.clear();
            let Ok(read @ 1..) = read_at(self.file.as_fd(), self.at, len, buf) else {
                return Hashed::Lost;
            };
            self.hasher.update(buf);
            self.at += read as u64;
            hashed += read;
        }
        match self.at == self.revision.len {
            false => Hashed::Part,
            true if !self.revision.is_still(&self.file) => Hashed::Lost,
            true => Hashed::Done(hash(&self.hasher)),
        }
    }
}

const _: () = assert!(KNOWN_MAX % WAYS == 0);
const _: () = assert!(READ_BYTES <= STEP_BYTES);

#[cfg(test)]
mod tests;
