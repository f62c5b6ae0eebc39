//! Tests of `cgi::limits`.

use super::*;

#[test]
fn room_grows_by_doubling_up_to_its_bound() {
    let mut buf = Vec::new();
    let mut grown = 0;
    for _ in 0..1_000 {
        let before = buf.capacity();
        append_within(&mut buf, b"x", 1_000);
        grown += usize::from(buf.capacity() > before);
    }
    assert_eq!((buf.len(), buf.capacity()), (1_000, 1_000));
    assert!(grown < 12, "{grown}");
}

#[test]
fn readme_has_the_limits_of_scripts() {
    const README: &str = include_str!("../../../README.md");
    let kib = |bytes: usize| bytes / KIB;
    let (places, wait) = (
        format!("{SCRIPTS_MAX}; {WAITING_MAX}"),
        WAITING_TIME.as_secs(),
    );
    let spool = (kib(SPOOL_MEMORY_BYTES_MAX), SPOOL_BYTES_MAX >> 30);
    let space = SPACE_BYTES_MAX >> 30;
    let stderr = (kib(STDERR_BYTES_MAX), kib(STDERR_LINE_BYTES_MAX));
    for row in [
        format!("| scripts at once; requests that wait for one | {places}, for {wait} s |"),
        format!("| silence of a script | {} s |", SILENCE_TIME.as_secs()),
        format!(
            "| a script's head | {} KiB, 128 fields |",
            kib(HEAD_BYTES_MAX)
        ),
        format!(
            "| a chunked body for a script | {} KiB in memory, {} GiB in a file |",
            spool.0, spool.1
        ),
        format!("| chunked bodies in files, all together | {space} GiB | 507 |"),
        format!(
            "| a body before its script starts | {} KiB, or all of it |",
            kib(START_BYTES)
        ),
        format!("| arguments that a query makes for a script | {ARGUMENTS_MAX} | none |"),
        format!(
            "| a script's stderr in the log | {} KiB, lines of {} KiB |",
            stderr.0, stderr.1
        ),
    ] {
        assert!(README.contains(&row), "README.md should have {row}");
    }
}
