//! Sizes and times for people: `12.3 kB`, and `2026-11-29 02:05` in UTC.
//!
//! A listing has thousands of them, so they are written without `fmt`, and a day's date once.

use super::facts::Moment;
use crate::http::calendar::{SECONDS_PER_DAY, push_date};
use crate::http::grammar::{DECIMAL_BYTES, decimal};

/// The first and the last day that have a date of four digits, in days since the epoch.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// Appends a number, in digits.
pub(super) fn number(number: u64, out: &mut Vec<u8>) {
    let mut room = [0; DECIMAL_BYTES];
    out.extend_from_slice(decimal(number, &mut room));
}

/// Appends a number with commas between thousands.
pub(super) fn grouped(count: u64, out: &mut Vec<u8>) {
    let mut room = [0; DECIMAL_BYTES];
    let digits = decimal(count, &mut room);
    for (at, &digit) in digits.iter().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(b',');
        }
        out.push(digit);
    }
}

/// Appends a size, of which these are the digits, rounded: one decimal below 100 units, as file
/// managers show it.
pub(super) fn size(bytes: u64, digits: &[u8], out: &mut Vec<u8>) {
    const UNITS: [&str; 6] = [" kB", " MB", " GB", " TB", " PB", " EB"];
    if bytes < 1000 {
        out.extend_from_slice(digits);
        out.extend_from_slice(b" B");
        return;
    }
    let mut unit = 1000;
    for name in UNITS {
        let tenths = bytes.saturating_add(unit / 20) / (unit / 10);
        let whole = bytes.saturating_add(unit / 2) / unit;
        if tenths < 1000 {
            number(tenths / 10, out);
            out.push(b'.');
            number(tenths % 10, out);
        } else if whole < 1000 || name == " EB" {
            number(whole, out);
        } else {
            unit *= 1000;
            continue;
        }
        out.extend_from_slice(name.as_bytes());
        return;
    }
}

/// A `time` element, in which only the time of the day is missing.
const ELEMENT: &[u8; 61] = b"<time datetime=\"2026-11-29T00:00:00Z\">2026-11-29 00:00</time>";

/// Where its dates and times begin.
const DATES: [usize; 2] = [16, 38];
const TIMES: [usize; 2] = [27, 49];

/// The element of the last day that was written.
pub(super) struct Dates {
    day: i64,
    element: [u8; ELEMENT.len()],
}

impl Default for Dates {
    fn default() -> Dates {
        Dates {
            day: i64::MIN,
            element: *ELEMENT,
        }
    }
}

impl Dates {
    /// Appends a `time` element. Returns whether there is a date for the moment: the years 1 to
    /// 9999 have one.
    pub(super) fn time(&mut self, moment: Moment, out: &mut Vec<u8>) -> bool {
        let day = moment.seconds.div_euclid(SECONDS_PER_DAY);
        if !DAYS.contains(&day) {
            return false;
        }
        if self.day != day {
            self.day = day;
            let mut date = String::new();
            push_date(day, &mut date);
            for at in DATES {
                self.element[at..at + date.len()].copy_from_slice(date.as_bytes());
            }
        }
        let second = moment.seconds.rem_euclid(SECONDS_PER_DAY) as u32;
        let [hour, minute, second] = [second / 3600, second / 60 % 60, second % 60]
            .map(|value| [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
        for at in TIMES {
            self.element[at..at + 2].copy_from_slice(&hour);
            self.element[at + 3..at + 5].copy_from_slice(&minute);
        }
        self.element[TIMES[0] + 6..TIMES[0] + 8].copy_from_slice(&second);
        out.extend_from_slice(&self.element);
        true
    }
}

#[cfg(test)]
mod tests;
