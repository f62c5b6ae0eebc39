//! The time of a line, in the form of its format: made once a second.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use super::format::LogFormat;
use crate::http::calendar::{MONTHS, SECONDS_PER_DAY, push_date};
use crate::sys::localtime::{LocalTime, local_time};

/// The time of the lines that are made now.
#[derive(Debug, Default)]
pub struct Stamp {
    format: LogFormat,
    second: Option<i64>,
    micros: u32,
    text: String,
}

impl Stamp {
    /// For lines of this format.
    pub fn new(format: LogFormat) -> Stamp {
        Stamp {
            format,
            ..Stamp::default()
        }
    }

    /// Sets the time.
    pub fn set(&mut self, wall: SystemTime) {
        let since = wall.duration_since(SystemTime::UNIX_EPOCH);
        let since = since.unwrap_or(Duration::ZERO);
        let second = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        self.micros = since.subsec_micros();
        if self.second != Some(second) {
            self.second = Some(second);
            self.text = match self.format {
                LogFormat::Python => python(second),
                LogFormat::Common | LogFormat::Combined => common(second),
                LogFormat::Json => utc(second),
            };
        }
    }

    /// The time; of JSON without the part of a second.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part of the second, in microseconds.
    pub fn micros(&self) -> u32 {
        self.micros
    }
}

/// A time as the log has it, `22/Nov/2026 21:26:08`, in local time (Python's
/// `log_date_time_string`); `-` if the system does not know the local time.
pub fn date_time_string(time: SystemTime) -> String {
    let mut stamp = Stamp::default();
    stamp.set(time);
    stamp.text
}

fn python(second: i64) -> String {
    local_time(second).map_or("-".into(), |time| day_and_clock(&time, ' '))
}

/// As `%t` of Apache has it: local time, with how far that is ahead of UTC.
fn common(second: i64) -> String {
    let Some(time) = local_time(second) else {
        return "-".into();
    };
    let mut text = day_and_clock(&time, ':');
    let (sign, minutes) = match time.offset / 60 {
        west @ ..0 => ('-', -west),
        east => ('+', east),
    };
    // A write to a `String` cannot fail.
    let _ = write!(text, " {sign}{:02}{:02}", minutes / 60, minutes % 60);
    text
}

fn day_and_clock(time: &LocalTime, between: char) -> String {
    format!(
        "{:02}/{}/{:04}{between}{:02}:{:02}:{:02}",
        time.day,
        MONTHS.get(time.month).unwrap_or(&"-"),
        time.year,
        time.hour,
        time.minute,
        time.second,
    )
}

/// As RFC 3339 has it, in UTC, up to the second.
fn utc(second: i64) -> String {
    let mut text = String::new();
    push_date(second.div_euclid(SECONDS_PER_DAY), &mut text);
    let clock = second.rem_euclid(SECONDS_PER_DAY);
    // A write to a `String` cannot fail.
    let _ = write!(
        text,
        "T{:02}:{:02}:{:02}",
        clock / 3600,
        clock / 60 % 60,
        clock % 60
    );
    text
}

#[cfg(test)]
mod tests;
