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

/// What another reader says of it.
fn read_elsewhere(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH);
    Some(since.ok()?.as_secs())
}

#[test]
fn dates_of_every_day_are_read_as_they_were_written() {
    for day in 0..2_932_897 {
        // Every day of the years that the rules of leap years tell apart, and some of each other.
        let seconds = day * 86_400 + day * 7919 % 86_400;
        if day > 150_000 && day % 89 != 0 {
            continue;
        }
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let text = httpdate::fmt_http_date(time);
        assert_eq!(imf_fixdate(text.as_bytes()), Some(seconds), "{text}");
    }
}

#[test]
fn what_is_no_date_to_another_reader_is_none_here() {
    let dates = [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Thu, 29 Feb 1996 23:59:59 GMT",
        "Tue, 29 Feb 2000 00:00:00 GMT",
        "Sat, 29 Feb 1997 00:00:00 GMT",
        "Mon, 29 Feb 2100 00:00:00 GMT",
        "Fri, 31 Apr 2020 00:00:00 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ];
    for date in dates {
        assert_eq!(imf_fixdate(date.as_bytes()), read_elsewhere(date), "{date}");
        for at in 0..date.len() {
            for byte in b"0123456789 ,:;-+AGMTaegnu\t" {
                let mut other = date.as_bytes().to_vec();
                other[at] = *byte;
                let other = String::from_utf8(other).unwrap();
                let here = imf_fixdate(other.as_bytes());
                assert!(here.is_none() || here == read_elsewhere(&other), "{other}");
            }
        }
    }
    for other in [
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
    ] {
        assert_eq!(imf_fixdate(other.as_bytes()), None, "{other}");
    }
}
