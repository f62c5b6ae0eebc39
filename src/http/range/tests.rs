//! What a Range field means, row by row, and what its answer looks like.

use super::*;

const HUGE: &str = "99999999999999999999999999999999";

/// The ranges as pairs of start and end.
fn asked(value: &str, len: u64) -> Result<Vec<(u64, u64)>, Asked> {
    match parse(value.as_bytes(), len) {
        Asked::Ranges(set) => Ok(set
            .as_slice()
            .iter()
            .map(|range| (range.start, range.end))
            .collect()),
        other => Err(other),
    }
}

fn set(ranges: &[Range<u64>]) -> RangeSet {
    RangeSet(Ranges::More(ranges.to_vec()))
}

#[test]
fn ranges_of_rfc9110_14_1_2() {
    for (value, len, want) in [
        ("bytes=0-499", 10_000, &[(0, 500)][..]),
        ("bytes=500-999", 10_000, &[(500, 1_000)]),
        ("bytes=-500", 10_000, &[(9_500, 10_000)]),
        ("bytes=9500-", 10_000, &[(9_500, 10_000)]),
        ("bytes=0-0,-1", 10_000, &[(0, 1), (9_999, 10_000)]),
        ("bytes=500-600,601-999", 10_000, &[(500, 1_000)]),
        ("bytes=500-700,601-999", 10_000, &[(500, 1_000)]),
        ("bytes=0-", 10, &[(0, 10)]),
        ("bytes=-500", 100, &[(0, 100)]),
        ("bytes=0-999", 100, &[(0, 100)]),
        ("bytes=99-99", 100, &[(99, 100)]),
        ("bytes=007-0008", 100, &[(7, 9)]),
        // Any case of the unit; white space around elements; empty elements.
        ("BYTES=1-2", 100, &[(1, 3)]),
        ("Bytes=1-2", 100, &[(1, 3)]),
        ("bytes= 1-2 ,\t4-5 ", 100, &[(1, 3), (4, 6)]),
        ("bytes=,1-2,, ,4-5,", 100, &[(1, 3), (4, 6)]),
        // Overlapping, touching and nested ones merged, where the first of them was asked for.
        ("bytes=0-0,2-2,1-1", 3, &[(0, 3)]),
        ("bytes=8-9,0-1", 10, &[(8, 10), (0, 2)]),
        ("bytes=-1,4-4,0-1", 10, &[(9, 10), (4, 5), (0, 2)]),
        ("bytes=6-7,0-0,8-8,3-3,1-1", 10, &[(6, 9), (0, 2), (3, 4)]),
        ("bytes=5-6,0-1,1-5,9-9", 10, &[(0, 7), (9, 10)]),
        ("bytes=0-9,2-3", 10, &[(0, 10)]),
        ("bytes=2-3,0-9,5-5", 10, &[(0, 10)]),
        ("bytes=0-,0-,0-,-10,-5", 10, &[(0, 10)]),
        ("bytes=0-0,2-2", 10, &[(0, 1), (2, 3)]),
        // What can be satisfied is; the rest is left out.
        ("bytes=200-300,0-0", 100, &[(0, 1)]),
        ("bytes=-0,0-0", 100, &[(0, 1)]),
        // Numbers of any size.
        ("bytes=1-18446744073709551615", 100, &[(1, 100)]),
        ("bytes=1-99999999999999999999999999999999", 100, &[(1, 100)]),
        ("bytes=-99999999999999999999999999999999", 100, &[(0, 100)]),
        (
            "bytes=99999999999999999999999999999999-,1-1",
            100,
            &[(1, 2)],
        ),
    ] {
        assert_eq!(asked(value, len), Ok(want.to_vec()), "{value} of {len}");
    }
}

#[test]
fn what_the_file_does_not_have_is_unsatisfiable() {
    let huge_open = format!("bytes={HUGE}-");
    let huge_both = format!("bytes={HUGE}-{HUGE}");
    for (value, len) in [
        ("bytes=100-", 100),
        ("bytes=100-200", 100),
        ("bytes=100-,200-", 100),
        ("bytes=-0", 100),
        ("bytes=-0,-00", 100),
        ("bytes=18446744073709551615-", 100),
        ("bytes=18446744073709551615-", i64::MAX as u64),
        (&huge_open, 100),
        (&huge_both, i64::MAX as u64),
        ("bytes=0-", 0),
        ("bytes=0-0", 0),
        ("bytes=-0", 0),
    ] {
        assert_eq!(
            asked(value, len),
            Err(Asked::Unsatisfiable),
            "{value} of {len}"
        );
    }
}

#[test]
fn invalid_sets_and_other_units_are_ignored() {
    let huge_first = format!("bytes={HUGE}-1");
    for value in [
        "",
        "bytes",
        "bytes=",
        "bytes= ",
        "bytes=,",
        "bytes=, ,",
        "bytes 0-1",
        "bytes =0-1",
        " bytes=0-1",
        "byte=0-1",
        "bytess=0-1",
        "items=0-1",
        "none=0-1",
        "bytes:0-1",
        "bytes=5-4",
        "bytes=0-1,5-4",
        "bytes=0-1,x",
        "bytes=-",
        "bytes=--1",
        "bytes=1",
        "bytes=1-2-3",
        "bytes=1--2",
        "bytes=+1-2",
        "bytes=1-+2",
        "bytes=-+2",
        "bytes=1 -2",
        "bytes=1- 2",
        "bytes=0x1-2",
        "bytes=1_0-20",
        "bytes=1.0-2",
        "bytes=a-b",
        "bytes=*",
        "bytes=0-1;2-3",
        "bytes=\u{661}-",
        "bytes=\"0-1\"",
        "bytes=bytes=0-1",
        &huge_first,
    ] {
        assert_eq!(asked(value, 100), Err(Asked::Whole), "{value}");
    }
}

#[test]
fn suffix_of_an_empty_file_is_the_whole_of_it() {
    assert_eq!(asked("bytes=-5", 0), Err(Asked::Whole));
}

#[test]
fn more_than_the_most_ranges_after_merging_give_the_whole_file() {
    let list = |count: usize, step: usize| {
        let specs: Vec<String> = (0..count).map(|n| format!("{0}-{0}", n * step)).collect();
        format!("bytes={}", specs.join(","))
    };
    let most = asked(&list(RANGES_MAX, 2), 1_000).unwrap();
    assert_eq!(most.len(), RANGES_MAX);
    assert_eq!(asked(&list(RANGES_MAX + 1, 2), 1_000), Err(Asked::Whole));
    assert_eq!(asked(&list(1_000, 1), 10_000), Ok(vec![(0, 1_000)]));
    // As many as a head holds.
    assert_eq!(asked(&list(8_000, 2), 100_000), Err(Asked::Whole));
    let many = format!("bytes={}", "0-,".repeat(10_000));
    assert_eq!(asked(&many, 10), Ok(vec![(0, 10)]));
}

#[test]
fn content_range_names_first_last_and_length() {
    for (range, len, want) in [
        (0..500, 1_234, &b"bytes 0-499/1234"[..]),
        (9..10, 10, b"bytes 9-9/10"),
        (
            u64::MAX - 1..u64::MAX,
            u64::MAX,
            b"bytes 18446744073709551614-18446744073709551614/18446744073709551615",
        ),
    ] {
        assert_eq!(ContentRange::new(&range, len).as_bytes(), want);
    }
    assert_eq!(content_range_unsatisfied(0), "bytes */0");
    assert_eq!(content_range_unsatisfied(1_234), "bytes */1234");
}

#[test]
fn multipart_has_a_head_per_part_a_closing_boundary_and_its_exact_length() {
    let body = Multipart::new(set(&[0..2, 10..11]), "text/plain", 100, 7);
    let value = body.content_type();
    let boundary = value
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    assert_eq!(boundary.len(), 32);
    assert!(boundary.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let mut bytes = Vec::new();
    for (number, range) in body.ranges().iter().enumerate() {
        bytes.extend(body.part_head(number));
        bytes.extend((range.start..range.end).map(|_| b'x'));
    }
    bytes.extend(body.part_head(body.ranges().len()));
    let want = format!(
        "\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/100\r\n\r\nxx\r\n\
         --{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-10/100\r\n\r\nx\r\n\
         --{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8(bytes).unwrap(), want);
    assert_eq!(body.total_len(), want.len() as u64);
}

#[test]
fn nothing_in_a_type_can_split_a_part() {
    let body = Multipart::new(set(&[0..2, 10..11]), "a/b\r\nX: y", 100, 7);
    let heads: Vec<u8> = (0..=2).flat_map(|number| body.part_head(number)).collect();
    let heads = String::from_utf8(heads).unwrap();
    assert!(
        !heads.contains("X: y") && !heads.contains("Content-Type"),
        "{heads}"
    );
    assert_eq!(body.total_len(), heads.len() as u64 + 3);
}

#[test]
fn other_seeds_make_other_boundaries() {
    let content_type = |seed| Multipart::new(set(&[0..1, 2..3]), "a/b", 9, seed).content_type();
    assert_eq!(content_type(1), content_type(1));
    assert_ne!(content_type(1), content_type(2));
    assert_ne!(content_type(0), content_type(u64::MAX));
}
