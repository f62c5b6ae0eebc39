//! Entity tags of files, and whether a file can be told from what it may become (RFC 9110 section
//! 8.8.3).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::coding::Coding;
use super::grammar::push_hexadecimal;
use super::mix::mix_all;

/// A file that changed less than this before it is served may change again without a new mtime: the
/// coarsest file systems count in two seconds (FAT).
const RACY_TIME: Duration = Duration::from_secs(2);

/// The same where the file's times show a finer clock: that of Linux ticks every 1 to 10 ms.
const RACY_TIME_FINE: Duration = Duration::from_millis(20);

/// How long a file must stay as it is whose times are all ahead of the clock.
pub const WATCH_TIME: Duration = RACY_TIME;

/// Mtimes that tools give to every file, so that they tell none from another, in seconds since the
/// epoch, first and last: 0 (images of containers, OSTree), 1 (Nix); the first days of ZIP's
/// calendar, in any time zone; Gradle's 1 February 1980, likewise; Yarn's second of 1984, npm's of
/// 1985, Cargo's of 2006.
const FROZEN: [(u64, u64); 6] = [
    (0, 1),
    (315_489_600, 315_705_600),
    (318_168_000, 318_254_400),
    (456_789_000, 456_789_000),
    (499_162_500, 499_162_500),
    (1_153_704_088, 1_153_704_088),
];

/// The longest entity tag, in bytes: `W/`, two quotes, two dashes and three `u64` in hexadecimal, a
/// mark for Markdown, a dash and the name of a coding.
const ETAG_BYTES_MAX: usize = 2 + 2 + 2 + 3 * 16 + 3 + 1 + 4;

/// What entity tags of files are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Etags {
    /// Size and mtime in nanoseconds: the same on every replica that keeps mtimes. Where the mtime
    /// is one that a tool gives to every file, ctime in its place, so that replicas differ; and no
    /// tag where the ctime tells nothing either, as in an image whose times were all set.
    #[default]
    Mtime,
    /// These, and inode number and ctime mixed into one number, so that neither can be read: every
    /// change shows, also one that was made to look as before; so does a copy or a rename.
    Strict,
    /// 128 bits of a BLAKE2b hash of the content: the same on every replica, whatever its times and
    /// inodes are. No tag while a file changes, and for a moment after that.
    Content,
    /// There are none.
    None,
}

/// What is known of an open file.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts {
    /// Its length in bytes.
    pub len: u64,
    /// When its content was last modified.
    pub modified: SystemTime,
    /// When its inode was last changed.
    pub changed: SystemTime,
    /// Its inode number.
    pub inode: u64,
}

impl FileFacts {
    /// Whether the mtime is one that says nothing.
    pub fn is_frozen(&self) -> bool {
        seconds(self.modified).is_some_and(is_frozen)
    }

    /// When its content was last changed, as well as the file system tells.
    fn content_time(&self) -> SystemTime {
        if self.is_frozen() {
            self.changed
        } else {
            self.modified
        }
    }

    /// Whether what it is now can be told from whatever it may become, by a tag made so; `None` if
    /// all its times are ahead of the clock, so that it must be watched for [`WATCH_TIME`].
    fn is_settled(&self, made_of: Etags, now: SystemTime) -> Option<bool> {
        let window = if self.has_fine_times() {
            RACY_TIME_FINE
        } else {
            RACY_TIME
        };
        // An mtime can be set back, and the other tags promise to show that, too.
        let time = match made_of {
            Etags::Mtime => self.content_time(),
            Etags::Strict | Etags::Content | Etags::None => self.changed,
        };
        let age = now.duration_since(time);
        let age = age.or_else(|_| now.duration_since(self.changed)).ok()?;
        Some(age >= window)
    }

    /// Whether all that is said of it stays so for as long as these facts do: nothing can change
    /// that they would not show, and no time of it is yet to come.
    pub fn is_at_rest(&self, made_of: Etags, now: SystemTime) -> bool {
        [Etags::Strict, made_of].map(|of| self.is_settled(of, now)) == [Some(true); 2]
            && self.modified <= now
            && self.changed <= now
    }

    /// Whether its content was changed before another's, in whole seconds: tools that make one file
    /// of another, and give it the other's time, may cut that.
    pub fn is_older_than(&self, other: &FileFacts) -> bool {
        seconds(self.modified) < seconds(other.modified)
    }

    /// Whether somebody may still be writing it: its content was changed in the last two seconds.
    pub fn is_young(&self, now: SystemTime) -> bool {
        let time = match self.content_time() {
            time if time <= now => time,
            _ => self.changed,
        };
        !is_settled(time, now)
    }

    /// How long it must still stay as it is, until its next change will show in its ctime; `None`
    /// if that is ahead of the clock.
    pub fn settles_in(&self, now: SystemTime) -> Option<Duration> {
        let age = now.duration_since(self.changed).ok()?;
        let window = match self.has_fine_times() {
            true => RACY_TIME_FINE,
            false => RACY_TIME,
        };
        Some(window.saturating_sub(age))
    }

    /// Whether a tag by these times tells it from other content. A frozen mtime does not, nor does
    /// a ctime beside it that was set as well, or is cut to what two hosts may have alike.
    fn is_told_by_times(&self) -> bool {
        let is_set = || seconds(self.changed).is_none_or(is_frozen);
        !self.is_frozen() || (shows_fine_clock(self.changed) && !is_set())
    }

    /// Whether its times show a clock that is finer than a second.
    fn has_fine_times(&self) -> bool {
        fraction(self.modified) != 0 || shows_fine_clock(self.changed)
    }

    /// When it was last modified, for a peer: `None` where that is not known, and where it would
    /// be after `now`, by which a Last-Modified must not be later than Date (RFC 9110 section
    /// 8.8.2.1). For an mtime ahead of the clock it is the ctime, so that it stays what it is.
    pub fn last_modified(&self, now: SystemTime) -> Option<SystemTime> {
        let latest = seconds(now)?;
        let modified = seconds(self.modified)?;
        let (time, at) = match modified <= latest {
            true => (self.modified, modified),
            false => (self.changed, seconds(self.changed)?),
        };
        (at <= latest && !is_frozen(at)).then_some(time)
    }
}

/// Whether a ctime is one of a clock that is finer than a hundredth of a second: Linux before 5.19
/// gives FAT, whose mtimes count in two seconds, a ctime in hundredths.
fn shows_fine_clock(changed: SystemTime) -> bool {
    const HUNDREDTH: u32 = 10_000_000;
    fraction(changed) % HUNDREDTH != 0
}

/// Whether a second since the epoch is one that tools write.
fn is_frozen(at: u64) -> bool {
    let mut stretches = FROZEN.iter();
    stretches.any(|(first, last)| (first..=last).contains(&&at))
}

/// Whole seconds since the epoch; `None` before it.
fn seconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// Nanoseconds after the whole second.
fn fraction(time: SystemTime) -> u32 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.subsec_nanos(),
        Err(before) => before.duration().subsec_nanos(),
    }
}

/// Since the epoch, in nanoseconds, modulo 2^64 (584 years).
pub fn nanoseconds(time: SystemTime) -> u64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as u64,
        Err(before) => (before.duration().as_nanos() as u64).wrapping_neg(),
    }
}

/// Whether what changed at `modified` can be told from any later change, by the coarsest clock.
pub fn is_settled(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified)
        .is_ok_and(|age| age >= RACY_TIME)
}

/// The entity tag of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityTag {
    pub(super) weak: bool,
    of: TagOf,
    is_markdown: bool,
    coding: Option<Coding>,
}

/// What a tag is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TagOf {
    Facts {
        len: u64,
        time: u64,
        strict: Option<u64>,
    },
    Content(ContentHash),
}

/// A hash of a file's content.
pub type ContentHash = [u8; 16];

impl EntityTag {
    /// The tag of a file: weak while the file may change without another one. `is_watched` is asked
    /// of a file all of whose times are ahead of `now`: whether it has been as it is for
    /// [`WATCH_TIME`]. `None` where there is to be none, and where the times tell nothing; for a
    /// tag of the content see [`of_content`](Self::of_content).
    pub fn of_file(
        file: &FileFacts,
        made_of: Etags,
        now: SystemTime,
        is_watched: impl FnOnce() -> bool,
    ) -> Option<EntityTag> {
        let strict = match made_of {
            Etags::Mtime if !file.is_told_by_times() => return None,
            Etags::Mtime => None,
            Etags::Strict => Some(mix_all(&[file.inode, nanoseconds(file.changed)])),
            Etags::Content | Etags::None => return None,
        };
        Some(EntityTag {
            weak: !file.is_settled(made_of, now).unwrap_or_else(is_watched),
            of: TagOf::Facts {
                len: file.len,
                time: nanoseconds(file.content_time()),
                strict,
            },
            is_markdown: false,
            coding: None,
        })
    }

    /// The tag of a file that has this content.
    pub fn of_content(hash: ContentHash) -> EntityTag {
        EntityTag {
            weak: false,
            of: TagOf::Content(hash),
            is_markdown: false,
            coding: None,
        }
    }

    /// The tag of a file that is one of several forms of another: each has a tag of its own, also
    /// where length and times are the same.
    pub fn in_form(self, is_markdown: bool, coding: Option<Coding>) -> EntityTag {
        EntityTag {
            is_markdown,
            coding,
            ..self
        }
    }

    /// The tag as a field value.
    pub fn to_field(self) -> String {
        let mut field = String::with_capacity(ETAG_BYTES_MAX);
        field.push_str(if self.weak { "W/\"" } else { "\"" });
        match self.of {
            TagOf::Facts { len, time, strict } => {
                push_hexadecimal(&mut field, len);
                for number in [Some(time), strict].into_iter().flatten() {
                    field.push('-');
                    push_hexadecimal(&mut field, number);
                }
            }
            TagOf::Content(hash) => {
                for byte in hash {
                    for digit in [byte >> 4, byte & 15] {
                        field.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
                    }
                }
            }
        }
        if self.is_markdown {
            field.push_str("-md");
        }
        if let Some(coding) = self.coding {
            field.push('-');
            field.push_str(coding.name());
        }
        field.push('"');
        field
    }
}

#[cfg(test)]
impl EntityTag {
    /// Whether it may only be compared weakly.
    pub fn is_weak(&self) -> bool {
        self.weak
    }
}

#[cfg(test)]
mod tests;
