//! Dates as RFC 3339 has them.

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

#[cfg(test)]
mod tests;
