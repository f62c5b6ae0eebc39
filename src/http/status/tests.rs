//! Tests of `http::status`.

use super::*;

#[test]
fn words_are_those_of_python_3_13() {
    for (code, reason, explain) in [
        (100, "Continue", "Request received, please continue"),
        (200, "OK", "Request fulfilled, document follows"),
        (
            301,
            "Moved Permanently",
            "Object moved permanently -- see URI list",
        ),
        (404, "Not Found", "Nothing matches the given URI"),
        (413, "Content Too Large", "Content is too large"),
        (414, "URI Too Long", "URI is too long"),
        (416, "Range Not Satisfiable", "Cannot satisfy request range"),
        (
            501,
            "Not Implemented",
            "Server does not support this operation",
        ),
        (505, "HTTP Version Not Supported", "Cannot fulfill request"),
        // Known without a description.
        (422, "Unprocessable Content", ""),
        (507, "Insufficient Storage", ""),
        // Unknown.
        (104, "???", "???"),
        (306, "???", "???"),
        (419, "???", "???"),
        (599, "???", "???"),
        (999, "???", "???"),
    ] {
        let status = Status::new(code).unwrap();
        assert_eq!(
            (status.reason(), status.explain()),
            (reason, explain),
            "{code}"
        );
    }
}

#[test]
fn table_is_sorted_so_that_every_row_is_found() {
    for pair in WORDS.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{pair:?}");
    }
    for &(code, reason, explain) in WORDS {
        let status = Status::new(code).unwrap();
        assert_eq!((status.reason(), status.explain()), (reason, explain));
    }
}

#[test]
fn codes_have_three_digits() {
    for code in [0, 1, 99, 1000, u16::MAX] {
        assert_eq!(Status::new(code), None);
    }
    for code in [100, 200, 999] {
        assert_eq!(Status::new(code).map(Status::code), Some(code));
    }
}

#[test]
fn only_some_responses_have_a_body() {
    for (code, want) in [
        (100, false),
        (103, false),
        (204, false),
        (205, false),
        (304, false),
        (200, true),
        (206, true),
        (301, true),
        (404, true),
        (500, true),
    ] {
        assert_eq!(Status::new(code).unwrap().allows_body(), want, "{code}");
    }
}
