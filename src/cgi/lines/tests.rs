//! Tests of `cgi::lines`.

use super::*;

fn split(chunks: &[&[u8]]) -> Vec<String> {
    let mut lines = Lines::default();
    let mut out = Vec::new();
    for chunk in chunks {
        lines.feed(chunk, &mut |line| out.push(line));
    }
    lines.end(&mut |line| out.push(line));
    out
}

#[test]
fn lines_are_the_same_however_they_are_cut() {
    for (input, want) in [
        (&b"one\ntwo\n"[..], &["one", "two"][..]),
        (b"one\r\ntwo", &["one", "two"]),
        (b"\n\n\nx\n", &["x"]),
        (b"a\rb\n", &["a\rb"]),
        (b"\xff\n", &["\u{fffd}"]),
        (b"", &[]),
    ] {
        assert_eq!(split(&[input]), want);
        for at in 0..input.len() {
            assert_eq!(split(&[&input[..at], &input[at..]]), want);
        }
    }
}

#[test]
fn a_long_line_is_broken_and_a_flood_is_counted() {
    let long = vec![b'x'; STDERR_LINE_BYTES_MAX + 1];
    let lines = split(&[&long]);
    assert_eq!(
        lines.iter().map(String::len).collect::<Vec<_>>(),
        [STDERR_LINE_BYTES_MAX, 1]
    );
    let flood = vec![b'y'; STDERR_BYTES_MAX + 5];
    let lines = split(&[&flood, b"and\nmore\n"]);
    assert_eq!(lines.len(), STDERR_BYTES_MAX / STDERR_LINE_BYTES_MAX + 1);
    assert_eq!(lines.last().unwrap(), "(14 more bytes of stderr)");
}

#[test]
fn what_stands_before_each_line_counts() {
    let mut lines = Lines::new(15);
    let mut count = 0;
    lines.feed(&b"x\n".repeat(STDERR_BYTES_MAX), &mut |_| count += 1);
    assert_eq!(count, STDERR_BYTES_MAX / 17);
}
