//! Request lines, and what may stand before them.

use super::Answer::{Marker, Refused, Served};
use super::Group;

/// A request with this first line, and a body that its length makes one.
macro_rules! first {
    ($line:expr) => {
        ask!($line, "Content-Length: 37", inside!())
    };
}

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9112 section 3: a request line is three words with one space between; of others \
               a server that takes them leniently may be deceived, so 400",
        answers: &[Refused(400)],
        rows: &[
            (
                "two spaces behind the method",
                first!("POST  /body HTTP/1.1"),
            ),
            (
                "two spaces behind the target",
                first!("POST /body  HTTP/1.1"),
            ),
            ("a tab behind the method", first!("POST\t/body HTTP/1.1")),
            ("a tab behind the target", first!("POST /body\tHTTP/1.1")),
            ("a space behind the line", first!("POST /body HTTP/1.1 ")),
            ("a tab behind the line", first!("POST /body HTTP/1.1\t")),
            ("a space before the line", first!(" POST /body HTTP/1.1")),
            ("a space in the target", first!("POST /bo dy HTTP/1.1")),
            ("a fourth word", first!("POST /body HTTP/1.1 HTTP/1.1")),
            ("a version too many", first!("POST /body HTTP/1.0 HTTP/1.1")),
            ("no target", first!("POST HTTP/1.1")),
            ("an empty target", first!("POST  HTTP/1.1")),
            ("no method", first!("/body HTTP/1.1")),
            ("a method alone", first!("POST")),
            ("a field for a line", first!("Content-Length: 37")),
            (
                "a vertical tab for a space",
                first!("POST\u{b}/body HTTP/1.1"),
            ),
            ("a form feed for a space", first!("POST /body\u{c}HTTP/1.1")),
        ],
    },
    Group {
        rule: "RFC 9112 section 2.3: a version is HTTP in capitals, a slash, a digit, a point, a \
               digit",
        answers: &[Refused(400)],
        rows: &[
            ("version in small letters", first!("POST /body http/1.1")),
            ("version of two digits", first!("POST /body HTTP/1.10")),
            ("version with a zero", first!("POST /body HTTP/01.1")),
            ("version without a digit", first!("POST /body HTTP/1.")),
            ("version without a point", first!("POST /body HTTP/11")),
            ("version of a number", first!("POST /body HTTP/1")),
            ("version with a comma", first!("POST /body HTTP/1,1")),
            ("version with a plus", first!("POST /body HTTP/+1.1")),
            ("version with a letter", first!("POST /body HTTP/1.1a")),
            ("another protocol", first!("POST /body RTSP/1.1")),
            ("version 0.9 by name", first!("POST /body HTTP/0.9")),
            ("version with NUL", first!("POST /body HTTP/1.1\0")),
        ],
    },
    Group {
        rule: "RFC 9112 section 3: HTTP/0.9 is not spoken, and a line of two words is none",
        answers: &[Refused(400)],
        rows: &[
            ("HTTP/0.9", "GET /body\r\n"),
            ("HTTP/0.9 and an empty line", "GET /body\r\n\r\n"),
            ("HTTP/0.9 with LF", "GET /body\n\n"),
            ("HTTP/0.9 with a blank", "GET /body \r\n\r\n"),
            ("HTTP/0.9 POST", "POST /body\r\n\r\n"),
        ],
    },
    Group {
        rule: "RFC 9110 section 15.6.6: a major version that is not spoken is 505; HTTP/2 begins \
               with a request that says so (RFC 9113 section 3.4)",
        answers: &[Refused(505)],
        rows: &[
            ("HTTP/2.0", first!("POST /body HTTP/2.0")),
            ("HTTP/3.1", first!("POST /body HTTP/3.1")),
            ("HTTP/9.9", first!("POST /body HTTP/9.9")),
            ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ],
    },
    Group {
        rule: "RFC 9110 section 2.5: a higher minor version is read as the highest one known",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("HTTP/1.2", first!("POST /body HTTP/1.2")),
            ("HTTP/1.9", first!("POST /body HTTP/1.9")),
        ],
    },
    Group {
        rule: "RFC 9112 section 2.2: empty lines before a request are skipped, with CRLF or LF",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("CRLF before the line", first!("\r\nPOST /body HTTP/1.1")),
            ("LF before the line", first!("\nPOST /body HTTP/1.1")),
            (
                "some of both before the line",
                first!("\r\n\n\n\r\n\r\nPOST /body HTTP/1.1"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 2.2: a CR without LF is invalid, or a space to all who read on; \
               what else may stand before a request is an empty line",
        answers: &[Refused(400)],
        rows: &[
            ("CR before the line", first!("\rPOST /body HTTP/1.1")),
            (
                "CR CR LF before the line",
                first!("\r\r\nPOST /body HTTP/1.1"),
            ),
            ("LF CR before the line", first!("\n\rPOST /body HTTP/1.1")),
            (
                "a blank line before the line",
                first!(" \r\nPOST /body HTTP/1.1"),
            ),
            ("NUL before the line", first!("\0POST /body HTTP/1.1")),
            ("a byte order mark", first!("\u{feff}POST /body HTTP/1.1")),
            ("CR in the method", first!("PO\rST /body HTTP/1.1")),
            ("CR in the target", first!("POST /bo\rdy HTTP/1.1")),
            ("CR for a line end", first!("POST /body HTTP/1.1\rA: b")),
            ("CR CR LF for a line end", first!("POST /body HTTP/1.1\r")),
        ],
    },
    Group {
        rule: "RFC 9112 section 2.2: a recipient may take LF alone for a line end in a head",
        answers: &[Served("hello"), Marker],
        rows: &[
            (
                "LF behind each line",
                "POST /body HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
            ),
            (
                "LF behind the first line",
                "POST /body HTTP/1.1\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            ),
            (
                "LF for the last line",
                "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\nhello",
            ),
            (
                "LF before the last line",
                "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\n\r\nhello",
            ),
            (
                "LF between fields",
                post!("A: b\nContent-Length: 5", "hello"),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 9.1: a method is a token",
        answers: &[Refused(400)],
        rows: &[
            ("a colon in the method", first!("PO:ST /body HTTP/1.1")),
            ("brackets in the method", first!("P(ST) /body HTTP/1.1")),
            ("NUL in the method", first!("PO\0ST /body HTTP/1.1")),
            ("DEL in the method", first!("POST\u{7f} /body HTTP/1.1")),
            (
                "a method that is not ASCII",
                first!("PO\u{160}T /body HTTP/1.1"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 3.2: a target has no white space and no controls",
        answers: &[Refused(400)],
        rows: &[
            ("NUL in the target", first!("POST /body\0 HTTP/1.1")),
            ("DEL in the target", first!("POST /body\u{7f} HTTP/1.1")),
            (
                "an escape in the target",
                first!("POST /body\u{1b}[m HTTP/1.1"),
            ),
            (
                "an escaped NUL in the target",
                first!("POST /body%00 HTTP/1.1"),
            ),
            ("an asterisk", first!("POST * HTTP/1.1")),
        ],
    },
];
