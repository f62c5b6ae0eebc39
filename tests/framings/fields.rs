//! Lines of fields that are none, or may be taken for others.

use super::Answer::{Marker, Refused, Served};
use super::Group;

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9112 section 5.1: white space between a name and its colon is 400",
        answers: &[Refused(400)],
        rows: &[
            (
                "blank before the colon of a length",
                post!("Content-Length : 37", inside!()),
            ),
            (
                "tab before the colon of a length",
                post!("Content-Length\t: 37", inside!()),
            ),
            (
                "blank before the colon of a coding",
                post!(
                    "Transfer-Encoding : chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "tab before the colon of a coding",
                post!(
                    "Transfer-Encoding\t: chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "blank before the colon of a second length",
                post!("Content-Length: 37\r\nContent-Length : 0", inside!()),
            ),
            (
                "blank before the colon of a coding beside a length",
                post!(
                    "Content-Length: 42\r\nTransfer-Encoding : chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "blank before the colon of another",
                post!("A : b", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 5.2: a server refuses a folded line with 400, or makes it one; \
               readers differ, so it is refused",
        answers: &[Refused(400)],
        rows: &[
            ("folded length", post!("Content-Length:\r\n 37", inside!())),
            (
                "folded length with a tab",
                post!("Content-Length:\r\n\t37", inside!()),
            ),
            (
                "folded behind a length",
                post!("Content-Length: 3\r\n 7", inside!()),
            ),
            (
                "fold without a word",
                post!("Content-Length: 37\r\n ", inside!()),
            ),
            (
                "folded coding",
                post!(
                    "Transfer-Encoding:\r\n chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "folded coding, unknown",
                post!(
                    "Transfer-Encoding: chunked\r\n , x",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "a length folded under another",
                post!("A: b\r\n Content-Length: 37", inside!()),
            ),
            (
                "a coding folded under another",
                post!(
                    "A: b\r\n\tTransfer-Encoding: chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            ("fold with LF", post!("Content-Length:\n 37", inside!())),
        ],
    },
    Group {
        rule: "RFC 9112 section 2.2: white space between the request line and the first field is \
               refused",
        answers: &[Refused(400)],
        rows: &[
            (
                "blank before the first field",
                concat!(
                    "POST /body HTTP/1.1\r\n Content-Length: 37\r\nHost: a\r\n\r\n",
                    inside!()
                ),
            ),
            (
                "tab before the first field",
                concat!(
                    "POST /body HTTP/1.1\r\n\tContent-Length: 37\r\nHost: a\r\n\r\n",
                    inside!()
                ),
            ),
            (
                "blank line before the first field",
                concat!(
                    "POST /body HTTP/1.1\r\n \r\nHost: a\r\nContent-Length: 37\r\n\r\n",
                    inside!()
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 5.5: CR, LF and NUL in a value are dangerous, for readers differ \
               about them: refused",
        answers: &[Refused(400)],
        rows: &[
            (
                "CR behind a length",
                post!("Content-Length: 37\r", inside!()),
            ),
            (
                "CR before a length",
                post!("Content-Length:\r37", inside!()),
            ),
            (
                "CR for the line end of a field",
                post!("A: b\rContent-Length: 37", inside!()),
            ),
            (
                "CR and a blank",
                post!("A: b\r Content-Length: 37", inside!()),
            ),
            (
                "CR behind a coding",
                post!(
                    "Transfer-Encoding: chunked\r",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "CR for a line end before a coding",
                post!(
                    "A: b\rTransfer-Encoding: chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "NUL behind a length",
                post!("Content-Length: 37\0", inside!()),
            ),
            (
                "NUL in a length",
                post!("Content-Length: 3\x007", inside!()),
            ),
            (
                "NUL behind a coding",
                post!(
                    "Transfer-Encoding: chunked\0",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "NUL in another",
                post!("A: b\0c\r\nContent-Length: 37", inside!()),
            ),
            (
                "vertical tab before a length",
                post!("Content-Length: \u{b}37", inside!()),
            ),
            (
                "form feed behind a length",
                post!("Content-Length: 37\u{c}", inside!()),
            ),
            (
                "vertical tab before a coding",
                post!(
                    "Transfer-Encoding: \u{b}chunked",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "backspace behind a coding",
                post!(
                    "Transfer-Encoding: chunkedx\u{8}",
                    concat!("0\r\n\r\n", inside!())
                ),
            ),
            (
                "DEL in another",
                post!("A: \u{7f}\r\nContent-Length: 37", inside!()),
            ),
            (
                "escape in another",
                post!("A: \u{1b}[2J\r\nContent-Length: 37", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 5.1: a name is a token",
        answers: &[Refused(400)],
        rows: &[
            ("no colon", post!("Content-Length 37", inside!())),
            ("no colon and no value", post!("Content-Length", inside!())),
            ("equals for a colon", post!("Content-Length=37", inside!())),
            ("no name", post!(": 37", inside!())),
            ("a blank in a name", post!("Content Length: 37", inside!())),
            (
                "a blank before a name",
                concat!(
                    "POST /body HTTP/1.1\r\nHost: a\r\n Content-Length: 37\r\n\r\n",
                    inside!()
                ),
            ),
            ("NUL in a name", post!("Content-Length\0: 37", inside!())),
            (
                "vertical tab in a name",
                post!("Content-Length\u{b}: 37", inside!()),
            ),
            ("CR in a name", post!("Content-\rLength: 37", inside!())),
            (
                "quotes around a name",
                post!("\"Content-Length\": 37", inside!()),
            ),
            (
                "brackets in a name",
                post!("Content-Length[]: 37", inside!()),
            ),
            (
                "a name that is not ASCII",
                post!("C\u{f6}ntent-Length: 37", inside!()),
            ),
            (
                "a byte order mark in a name",
                post!("\u{feff}Content-Length: 37", inside!()),
            ),
            (
                "a slash in a name",
                post!("A/B: c\r\nContent-Length: 37", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 5.5: a value may hold tabs, blanks and bytes that are not ASCII, \
               and what it says is its own",
        answers: &[Served(inside!()), Marker],
        rows: &[
            (
                "a request in a value",
                post!(
                    "A: GET /medium.bin HTTP/1.1\r\nContent-Length: 37",
                    inside!()
                ),
            ),
            (
                "a length in a value",
                post!("A: Content-Length: 0\r\nContent-Length: 37", inside!()),
            ),
            (
                "a value that is not ASCII",
                post!("A: \u{e9}\u{85}\r\nContent-Length: 37", inside!()),
            ),
            (
                "an empty value",
                post!("A:\r\nContent-Length: 37", inside!()),
            ),
            (
                "an escaped line end",
                post!("A: %0d%0aB: c\r\nContent-Length: 37", inside!()),
            ),
            (
                "a line separator",
                post!(
                    "A: b\u{2028}Content-Length: 0\r\nContent-Length: 37",
                    inside!()
                ),
            ),
        ],
    },
];
