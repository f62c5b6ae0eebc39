//! The only reader of the clock. Everything else is told the time of its turn.

use std::time::{Duration, Instant, SystemTime};

/// The time of one turn.
#[derive(Clone, Debug)]
pub struct Now {
    /// For deadlines.
    pub mono: Instant,
    /// For validators and the log.
    pub wall: SystemTime,
    /// `wall` as an IMF-fixdate (RFC 9110 section 5.6.7), made once a second.
    pub date: Date,
}

/// An IMF-fixdate, always 29 bytes.
pub type Date = [u8; 29];

/// Longer than anybody waits, and no clock ends before: a century.
const FAR: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// The moment `time` after `now`. A time past the end of the clock, such as `Duration::MAX`, gives
/// one that never comes.
pub fn later(now: Instant, time: Duration) -> Instant {
    let at = now
        .checked_add(time)
        .or_else(|| now.checked_add(time.min(FAR)));
    at.unwrap_or(now)
}

/// Reads the clock, and keeps the rendered date of the current second.
pub struct Clock {
    second: Option<u64>,
    date: Date,
}

impl Clock {
    /// A clock that has not been read.
    pub fn new() -> Clock {
        Clock {
            second: None,
            date: *b"Thu, 01 Jan 1970 00:00:00 GMT",
        }
    }

    /// Reads both clocks.
    pub fn read(&mut self) -> Now {
        self.at(Instant::now(), SystemTime::now())
    }

    /// Reads the monotonic clock alone.
    pub fn mono(&self) -> Instant {
        Instant::now()
    }

    /// The time given, as a `Now`.
    pub fn at(&mut self, mono: Instant, wall: SystemTime) -> Now {
        let since = wall
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        if self.second != Some(since.as_secs()) {
            self.second = Some(since.as_secs());
            // httpdate cannot write years past 9999; such a clock keeps the last date.
            if since.as_secs() < 253_402_300_800 {
                let text = httpdate::fmt_http_date(wall.max(SystemTime::UNIX_EPOCH));
                self.date.copy_from_slice(text.as_bytes());
            }
        }
        Now {
            mono,
            wall,
            date: self.date,
        }
    }
}

#[cfg(test)]
mod tests;
