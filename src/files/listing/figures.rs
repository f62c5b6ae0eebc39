//! Sizes and times for people: `12.3 kB`, and `2026-11-29 02:05` in UTC.
//!
//! A listing has thousands of them, so they are written without `fmt`, and a day's date once.

use super::facts::Moment;
use crate::http::calendar::{SECONDS_PER_DAY, push_date};
use crate::http::grammar::{DECIMAL_BYTES, decimal};

/// The first and the last day that have a date of four digits, in days since the epoch.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// Appends a number, in digits.
pub(super) fn number(number: u64, out: &mut String) {
    let mut room = [0; DECIMAL_BYTES];
    out.push_str(std::str::from_utf8(decimal(number, &mut room)).unwrap_or_default());
}

/// Appends a number with commas between thousands.
pub(super) fn grouped(count: u64, out: &mut String) {
    let mut digits = String::new();
    number(count, &mut digits);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
}

/// Appends a size, rounded: one decimal below 100 units, as file managers show it.
pub(super) fn size(bytes: u64, out: &mut String) {
    const UNITS: [&str; 6] = [" kB", " MB", " GB", " TB", " PB", " EB"];
    if bytes < 1000 {
        number(bytes, out);
        out.push_str(" B");
        return;
    }
    let mut unit = 1000;
    for name in UNITS {
        let tenths = bytes.saturating_add(unit / 20) / (unit / 10);
        let whole = bytes.saturating_add(unit / 2) / unit;
        if tenths < 1000 {
            number(tenths / 10, out);
            out.push('.');
            number(tenths % 10, out);
        } else if whole < 1000 || name == " EB" {
            number(whole, out);
        } else {
            unit *= 1000;
            continue;
        }
        out.push_str(name);
        return;
    }
}

/// The date of the last day that was written.
#[derive(Default)]
pub(super) struct Dates {
    day: i64,
    text: String,
}

impl Dates {
    /// Appends a `time` element. Returns whether there is a date for the moment: the years 1 to
    /// 9999 have one.
    pub(super) fn time(&mut self, moment: Moment, out: &mut String) -> bool {
        let day = moment.seconds.div_euclid(SECONDS_PER_DAY);
        if !DAYS.contains(&day) {
            return false;
        }
        if self.text.is_empty() || self.day != day {
            self.day = day;
            self.text.clear();
            push_date(day, &mut self.text);
        }
        let second = moment.seconds.rem_euclid(SECONDS_PER_DAY) as u32;
        let mut clock = *b"00:00:00Z";
        for (place, value) in [(0, second / 3600), (3, second / 60 % 60), (6, second % 60)] {
            clock[place] += (value / 10) as u8;
            clock[place + 1] += (value % 10) as u8;
        }
        let clock = std::str::from_utf8(&clock).unwrap_or_default();
        out.push_str("<time datetime=\"");
        out.push_str(&self.text);
        out.push('T');
        out.push_str(clock);
        out.push_str("\">");
        out.push_str(&self.text);
        out.push(' ');
        out.push_str(&clock[..5]);
        out.push_str("</time>");
        true
    }
}

#[cfg(test)]
mod tests;
