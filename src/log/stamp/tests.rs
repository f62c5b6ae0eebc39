//! The time of a line, in each format.

use super::*;

fn at(format: LogFormat, millis: u64) -> Stamp {
    let mut stamp = Stamp::new(format);
    stamp.set(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
    stamp
}

#[test]
fn the_stamp_is_made_once_a_second() {
    let mut stamp = at(LogFormat::Python, 1_795_382_768_000);
    let first = stamp.text.clone();
    stamp.text = "kept".into();
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_382_768);
    stamp.set(wall + Duration::from_millis(999));
    assert_eq!((stamp.text(), stamp.micros()), ("kept", 999_000));
    stamp.set(wall + Duration::from_secs(1));
    let next = stamp.text();
    assert_ne!(next, "kept");
    assert_eq!(first[..first.len() - 2], next[..next.len() - 2]);
    assert_eq!(first.len(), "22/Nov/2026 21:26:08".len());
    assert_eq!(&first[2..12], "/Nov/2026 ");
}

#[test]
fn each_format_has_its_own_form_of_a_time() {
    let json = at(LogFormat::Json, 1_795_382_768_042);
    assert_eq!(json.text(), "2026-11-22T21:26:08");
    assert_eq!(json.micros(), 42_000);
    // The others are local: what they show is as far ahead of UTC as the end says.
    let local = local_time(1_795_382_768).unwrap();
    for format in [LogFormat::Common, LogFormat::Combined] {
        let common = at(format, 1_795_382_768_042);
        let (clock, zone) = common.text().split_once(' ').unwrap();
        let want = format!("{:02}:{:02}:{:02}", local.hour, local.minute, local.second);
        assert!(clock.ends_with(&want) && clock[2..].starts_with("/Nov/2026:"));
        let minutes: i64 = zone[3..].parse().unwrap();
        let hours: i64 = zone[..3].parse().unwrap();
        assert_eq!(hours * 3600 + hours.signum() * minutes * 60, local.offset);
        assert_eq!(zone.len(), 5);
    }
}

#[test]
fn times_no_calendar_has_do_not_stop_the_log() {
    let mut stamp = Stamp::default();
    stamp.set(SystemTime::UNIX_EPOCH - Duration::from_secs(9));
    assert!(!stamp.text().is_empty());
    assert_eq!(python(i64::MAX), "-");
    assert_eq!(common(i64::MAX), "-");
    assert!(!utc(i64::MAX).is_empty());
}
