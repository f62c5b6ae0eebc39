//! Dates as RFC 3339 has them, and those of HTTP in the form that is sent today.

use super::grammar::digits;

/// So many seconds has a day of UTC.
pub const SECONDS_PER_DAY: i64 = 86_400;

/// Appends the date of a day of the Gregorian calendar, `2026-11-29`, in UTC. Days are counted from
/// the epoch; only the years 1 to 9999 have a date of four digits.
pub fn push_date(day: i64, out: &mut String) {
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

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// The months as dates have them, in HTTP and in logs.
pub const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The days before each month of a year that begins in March.
const MONTH_STARTS: [u64; 13] = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337, 366];

/// The seconds from the epoch to an IMF-fixdate (RFC 9110 section 5.6.7), which nearly all dates
/// are: `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for all else, other forms and leap seconds as well.
pub fn imf_fixdate(text: &[u8]) -> Option<u64> {
    let text: &[u8; 29] = text.try_into().ok()?;
    let number = |from: usize, to: usize| digits(&text[from..to]);
    let name = |from: usize, names: &[&str]| {
        let mut names = names.iter();
        names.position(|name| name.as_bytes() == &text[from..from + 3])
    };
    let marks = [
        (3, b','),
        (4, b' '),
        (7, b' '),
        (11, b' '),
        (16, b' '),
        (19, b':'),
        (22, b':'),
    ];
    if marks.iter().any(|&(at, mark)| text[at] != mark) || !text.ends_with(b" GMT") {
        return None;
    }
    let (day, month, year) = (number(5, 7)?, name(8, &MONTHS)?, number(12, 16)?);
    let (hour, minute, second) = (number(17, 19)?, number(20, 22)?, number(23, 25)?);
    if year < 1970 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years begin in March, so that the leap day is the last one.
    let (month, year) = ((month + 10) % 12, year - u64::from(month < 2));
    let is_leap = year % 4 == 3 && (year % 100 != 99 || year % 400 == 399);
    let is_short = month == 11 && !is_leap;
    let length = MONTH_STARTS[month + 1] - MONTH_STARTS[month] - u64::from(is_short);
    if !(1..=length).contains(&day) {
        return None;
    }
    let days = 365 * year + year / 4 - year / 100 + year / 400 + MONTH_STARTS[month] + day - 1;
    let days = days - 719_468;
    if name(0, &WEEKDAYS)? as u64 != (days + 4) % 7 {
        return None;
    }
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests;
