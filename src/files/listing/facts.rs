//! What a listing tells of an entry beside its name: its size, and when it was changed last.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::sys::file::{Kind, Stat};

/// How many bytes they are kept in.
pub(crate) const FACTS_BYTES: usize = 20;

/// The size and the time of an entry, as far as they are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Bytes that a download would have: only regular files have any.
    pub len: Option<u64>,
    /// When its content was last modified.
    pub modified: Option<Moment>,
}

/// A moment of any year that a file system can write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    /// Seconds since the epoch, rounded down; negative before it.
    pub seconds: i64,
    /// Nanoseconds since then.
    pub nanoseconds: u32,
}

impl Moment {
    pub(super) fn of(time: SystemTime) -> Moment {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Moment {
                seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
                nanoseconds: after.subsec_nanos(),
            },
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match before.subsec_nanos() {
                    0 => Moment {
                        seconds: -seconds,
                        nanoseconds: 0,
                    },
                    nanoseconds => Moment {
                        seconds: -seconds - 1,
                        nanoseconds: 1_000_000_000 - nanoseconds,
                    },
                }
            }
        }
    }

    /// Nanoseconds since the epoch, or the nearest that there is a number for.
    fn nanoseconds(self) -> i64 {
        let whole = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanoseconds);
        whole.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }
}

impl Facts {
    /// What is told of an entry of which this is known.
    pub(crate) fn of(stat: &Stat) -> Facts {
        Facts {
            len: (stat.kind == Kind::Regular).then_some(stat.len),
            modified: Some(Moment::of(stat.modified)),
        }
    }

    /// A number that grows with the size.
    pub(super) fn len_prefix(&self) -> u64 {
        self.len.map_or(0, |len| len.saturating_add(1))
    }

    /// A number that grows with the time. Some centuries away, many have the same.
    pub(super) fn time_prefix(&self) -> u64 {
        let number = |moment: Moment| (moment.nanoseconds() as u64 ^ 1 << 63).saturating_add(1);
        self.modified.map_or(0, number)
    }

    pub(super) fn to_bytes(self) -> [u8; FACTS_BYTES] {
        let moment = self.modified.map(|at| (at.seconds, at.nanoseconds));
        // No file is that long, and no moment has as many nanoseconds.
        let (seconds, nanoseconds) = moment.unwrap_or((0, u32::MAX));
        let mut bytes = [0; FACTS_BYTES];
        bytes[..8].copy_from_slice(&self.len.unwrap_or(u64::MAX).to_ne_bytes());
        bytes[8..16].copy_from_slice(&seconds.to_ne_bytes());
        bytes[16..].copy_from_slice(&nanoseconds.to_ne_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; FACTS_BYTES]) -> Facts {
        let (len, rest) = bytes.split_first_chunk().unwrap_or((&[0xFF; 8], &[]));
        let (seconds, rest) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let nanoseconds = rest
            .first_chunk()
            .map_or(u32::MAX, |&rest| u32::from_ne_bytes(rest));
        Facts {
            len: Some(u64::from_ne_bytes(*len)).filter(|&len| len < u64::MAX),
            modified: (nanoseconds < u32::MAX).then_some(Moment {
                seconds: i64::from_ne_bytes(*seconds),
                nanoseconds,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
