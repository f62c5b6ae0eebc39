//! Tests of `files::listing::figures`.

use super::*;

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn sizes_have_the_unit_that_keeps_them_short() {
    for (bytes, want) in [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (1_049, "1.0 kB"),
        (1_050, "1.1 kB"),
        (1_500, "1.5 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1 << 20, "1.0 MB"),
        (123_456_789, "123 MB"),
        (5_000_000_000, "5.0 GB"),
        (999_499_999_999_999, "999 TB"),
        (999_500_000_000_000, "1.0 PB"),
        (u64::MAX, "18.4 EB"),
    ] {
        assert_eq!(
            text(|out| size(bytes, bytes.to_string().as_bytes(), out)),
            want,
            "{bytes}"
        );
    }
}

#[test]
fn numbers_are_those_of_fmt() {
    for value in [0, 1, 9, 10, 99, 100, 999, 1000, 12_345_678, u64::MAX] {
        assert_eq!(text(|out| number(value, out)), value.to_string());
        assert_eq!(
            text(|out| grouped(value, out)).replace(',', ""),
            value.to_string()
        );
    }
    assert_eq!(text(|out| grouped(1_234_567, out)), "1,234,567");
    assert_eq!(text(|out| grouped(999, out)), "999");
}

fn time(seconds: i64) -> Option<String> {
    let mut out = Vec::new();
    let moment = Moment {
        seconds,
        nanoseconds: 999_999_999,
    };
    let has_date = Dates::default().time(moment, &mut out);
    has_date.then(|| String::from_utf8(out).unwrap())
}

#[test]
fn times_are_utc_to_the_minute_and_exact_to_the_second_for_programs() {
    for (seconds, date, clock) in [
        (0, "1970-01-01", "00:00:00"),
        (-1, "1969-12-31", "23:59:59"),
        (951_782_399, "2000-02-28", "23:59:59"),
        (951_782_400, "2000-02-29", "00:00:00"),
        (1_700_000_000, "2023-11-14", "22:13:20"),
        (4_107_542_400, "2100-03-01", "00:00:00"),
        (-62_135_596_800, "0001-01-01", "00:00:00"),
        (253_402_300_799, "9999-12-31", "23:59:59"),
    ] {
        let shown = &clock[..5];
        let want = format!("<time datetime=\"{date}T{clock}Z\">{date} {shown}</time>");
        assert_eq!(time(seconds), Some(want), "{seconds}");
    }
    for seconds in [-62_135_596_801, 253_402_300_800, i64::MIN, i64::MAX] {
        assert_eq!(time(seconds), None, "{seconds}");
    }
}

#[test]
fn the_date_kept_is_that_of_the_moment() {
    let mut dates = Dates::default();
    for seconds in [5, 86_405, 86_406, 3, 0, -1] {
        let mut out = Vec::new();
        let moment = Moment {
            seconds,
            nanoseconds: 0,
        };
        assert!(dates.time(moment, &mut out));
        assert_eq!(String::from_utf8(out).ok(), time(seconds));
    }
}
