//! Tests of `http::calendar`.

use super::*;

#[test]
fn every_day_is_the_next_one() {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    for number in 0..150_000 {
        let want = format!("{year:04}-{month:02}-{day:02}");
        let mut got = String::new();
        push_date(number, &mut got);
        assert_eq!(got, want, "{number}");
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + i32::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (day, month, year) = match (day, month) {
            (last, 12) if last == days => (1, 1, year + 1),
            (last, _) if last == days => (1, month + 1, year),
            _ => (day + 1, month, year),
        };
    }
}
