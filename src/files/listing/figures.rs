//! Sizes and times for people: `12.3 kB`, and `2026-11-29 02:05` in UTC.
//!
//! A listing has thousands of them, so they are written without `fmt`, and a day's date once.

use super::facts::Moment;

const SECONDS_PER_DAY: i64 = 86_400;

/// The first and the last day that have a date of four digits, in days since the epoch.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// Appends a number, in digits.
pub(super) fn number(mut number: u64, out: &mut String) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
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
    let bytes = u128::from(bytes);
    let mut unit = 1000;
    for name in UNITS {
        let tenths = (bytes * 20 + unit) / (unit * 2);
        let whole = (bytes * 2 + unit) / (unit * 2);
        if tenths < 1000 {
            number(tenths as u64 / 10, out);
            out.push('.');
            number(tenths as u64 % 10, out);
        } else if whole < 1000 || name == " EB" {
            number(whole as u64, out);
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
            date(day, &mut self.text);
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

/// Appends the date of a day of the Gregorian calendar, counted from the epoch.
fn date(day: i64, out: &mut String) {
    // Years begin in March, so that the leap day is the last one; eras of 400 years are alike.
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = match month < 10 {
        true => (era * 400 + year, month + 3),
        false => (era * 400 + year + 1, month - 9),
    };
    for (digits, value) in [(1000, year), (10, month), (10, day_of_month)] {
        if digits == 10 {
            out.push('-');
        }
        let mut place = digits;
        while place > 0 {
            out.push(char::from(b'0' + (value / place % 10) as u8));
            place /= 10;
        }
    }
}

#[cfg(test)]
mod tests;
