//! Chunked bodies: sizes, extensions, line ends, trailers.

use super::Answer::{BadBody, Marker, Served, Unended};
use super::Group;

/// After what may be a chunk-size line: a body of five bytes and its end, then what a reader who
/// has lost count would take for a request.
macro_rules! five {
    ($line:expr) => {
        chunked!(concat!($line, "\r\nhello\r\n0\r\n\r\n", inside!()))
    };
}

/// After the last chunk.
macro_rules! last {
    ($end:expr) => {
        chunked!(concat!("5\r\nhello\r\n", $end))
    };
}

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9112 section 7.1: a chunk is a size in hexadecimal digits of either case, CRLF, \
               so many bytes, CRLF; the last one has size zero",
        answers: &[Served("hello"), Marker],
        rows: &[
            ("two chunks", chunked!("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")),
            (
                "a chunk a byte",
                chunked!("1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"),
            ),
            ("sizes with zeros", chunked!("005\r\nhello\r\n000\r\n\r\n")),
            (
                "sizes of sixteen digits",
                chunked!("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: a chunk is so many bytes, whatever they look like",
        answers: &[Served(inside!()), Marker],
        rows: &[
            (
                "a request in a chunk",
                chunked!(concat!("25\r\n", inside!(), "\r\n0\r\n\r\n")),
            ),
            (
                "a request in a chunk, in capitals and zeros",
                chunked!(concat!("0025\r\n", inside!(), "\r\n0\r\n\r\n")),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: a chunk is so many bytes, whatever they look like",
        answers: &[Served("0\r\n\r\nGET / "), Marker],
        rows: &[
            (
                "a last chunk in a chunk",
                chunked!("b\r\n0\r\n\r\nGET / \r\n0\r\n\r\n"),
            ),
            (
                "the same with a capital",
                chunked!("B\r\n0\r\n\r\nGET / \r\n0\r\n\r\n"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: a last chunk alone is a body without bytes",
        answers: &[Served(""), Marker],
        rows: &[("no chunk", chunked!("0\r\n\r\n"))],
    },
    Group {
        rule: "RFC 9112 section 7.1.1: an extension nobody knows is ignored, and so are blanks \
               before it",
        answers: &[Served("hello"), Marker],
        rows: &[
            ("extension", chunked!("5;a=b\r\nhello\r\n0;c\r\n\r\n")),
            (
                "extension without a name",
                chunked!("5;\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "blank and extension",
                chunked!("5 ;a=b\r\nhello\r\n0\t;a\r\n\r\n"),
            ),
            (
                "blanks in an extension",
                chunked!("5 ; a = b \r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "quoted extension",
                chunked!("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "escaped quote in it",
                chunked!("5;a=\"b\\\"c\"\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "size in an extension",
                chunked!("5;25\r\nhello\r\n0;5\r\n\r\n"),
            ),
            (
                "extension that is not ASCII",
                chunked!("5;\u{e9}\r\nhello\r\n0\r\n\r\n"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: a size is hexadecimal digits and nothing else",
        answers: &[BadBody],
        rows: &[
            ("size with plus", five!("+5")),
            ("size with minus", five!("-5")),
            ("size with 0x", five!("0x5")),
            ("size with underscore", five!("0_5")),
            ("size with a blank before", five!(" 5")),
            ("size with a tab before", five!("\t5")),
            ("size with an h", five!("5h")),
            ("size that is no digit", five!("g")),
            ("size with a point", five!("5.0")),
            ("size with a comma", five!("5,5")),
            ("size in quotes", five!("\"5\"")),
            ("size with equals", five!("5=5")),
            ("size with NUL before", five!("\05")),
            ("size with NUL behind", five!("5\0")),
            ("size with a wide digit", five!("\u{ff15}")),
            ("no size", five!("")),
            ("no size and an extension", five!(";a=b")),
            ("two sizes", five!("5 5")),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1.1: blanks stand before an extension, and none is here; readers \
               who skip them and readers who do not would disagree",
        answers: &[BadBody],
        rows: &[
            ("blank behind a size", five!("5 ")),
            ("tab behind a size", five!("5\t")),
            ("vertical tab behind a size", five!("5\u{b}")),
            ("no-break space behind a size", five!("5\u{a0}")),
            (
                "blank behind the last size",
                last!(concat!("0 \r\n\r\n", inside!())),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: a recipient must expect large sizes and must not let one \
               overflow: what it cannot count it refuses",
        answers: &[BadBody],
        rows: &[
            ("size 2^64 + 5", five!("10000000000000005")),
            ("size of seventeen digits", five!("00000000000000005")),
            ("size of seventeen F", five!("fffffffffffffffff")),
            (
                "size of forty digits",
                five!("1000000000000000000000000000000000000005"),
            ),
            (
                "last size of seventeen zeros",
                last!("00000000000000000\r\n\r\n"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 8: a chunked body without its last chunk is incomplete, and what \
               was sent of it is no request",
        answers: &[Unended],
        rows: &[
            ("size 2^64 - 1", five!("ffffffffffffffff")),
            ("size 2^63", five!("8000000000000000")),
            ("size 2^32 + 5", five!("100000005")),
            ("size past the marker", five!("ff")),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: lines of a chunked body end in CRLF; that a recipient may \
               take LF alone is said of heads only (section 2.2)",
        answers: &[BadBody],
        rows: &[
            (
                "LF behind a size",
                chunked!(concat!("5\nhello\r\n0\r\n\r\n", inside!())),
            ),
            (
                "CR behind a size",
                chunked!(concat!("5\rhello\r\n0\r\n\r\n", inside!())),
            ),
            ("CR CR LF behind a size", five!("5\r")),
            (
                "LF CR behind a size",
                chunked!(concat!("5\n\rhello\r\n0\r\n\r\n", inside!())),
            ),
            (
                "LF behind a chunk",
                chunked!(concat!("5\r\nhello\n0\r\n\r\n", inside!())),
            ),
            (
                "CR behind a chunk",
                chunked!(concat!("5\r\nhello\r0\r\n\r\n", inside!())),
            ),
            (
                "LF behind each line of chunks",
                chunked!(concat!("5\nhello\n0\n\n", inside!())),
            ),
            (
                "LF behind the last size",
                last!(concat!("0\n\r\n", inside!())),
            ),
            (
                "LF for the last line of chunks",
                last!(concat!("0\r\n\n", inside!())),
            ),
            (
                "CR CR LF for the last line",
                last!(concat!("0\r\n\r\r\n", inside!())),
            ),
            ("CR alone for the last line", last!("0\r\n\r")),
            (
                "empty line before a size",
                chunked!(concat!("\r\n5\r\nhello\r\n0\r\n\r\n", inside!())),
            ),
            (
                "empty line between chunks",
                last!(concat!("\r\n0\r\n\r\n", inside!())),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1: after so many bytes comes CRLF, or the size was wrong",
        answers: &[BadBody],
        rows: &[
            (
                "no line end behind a chunk",
                chunked!("5\r\nhello0\r\n\r\n"),
            ),
            ("a byte too many", chunked!("5\r\nhello!\r\n0\r\n\r\n")),
            ("a byte too few", chunked!("6\r\nhello\r\n0\r\n\r\n")),
            ("a request behind a chunk", chunked!("5\r\nhello")),
            (
                "two bytes that are no line end",
                chunked!(concat!("5\r\nhelloXX0\r\n\r\n", inside!())),
            ),
            ("a request for a size", last!("")),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1.1: an extension is a token or a quoted string, and neither \
               holds a line end or a control",
        answers: &[BadBody],
        rows: &[
            ("LF in an extension", five!("5;a\nb")),
            ("LF at its start", five!("5;\n")),
            (
                "LF for its end",
                chunked!(concat!("5;a\nhello\r\n0\r\n\r\n", inside!())),
            ),
            ("CR in an extension", five!("5;a\rb")),
            (
                "CR for its end",
                chunked!(concat!("5;a\rhello\r\n0\r\n\r\n", inside!())),
            ),
            ("CR CR LF for its end", five!("5;a\r")),
            ("NUL in an extension", five!("5;a\0b")),
            ("DEL in an extension", five!("5;a\u{7f}")),
            ("LF in a quoted one", five!("5;a=\"\n\"")),
            ("CRLF in a quoted one", five!("5;a=\"\r\n\"")),
            ("a quote that never ends", five!("5;a=\"b")),
            ("a quote that ends escaped", five!("5;a=\"b\\\"")),
            (
                "a quote at the last chunk",
                last!(concat!("0;\"\r\n\r\n\"\r\n\r\n", inside!())),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1.2: fields behind the last chunk are no part of the head, and \
               those that frame a message mean nothing there (RFC 9110 section 6.5.1)",
        answers: &[Served("hello"), Marker],
        rows: &[
            ("a trailer", last!("0\r\nX-Sum: 1\r\n\r\n")),
            ("two trailers", last!("0\r\nX-Sum: 1\r\nY:\r\n\r\n")),
            (
                "a length in the trailer",
                last!("0\r\nContent-Length: 36\r\n\r\n"),
            ),
            (
                "a coding in the trailer",
                last!("0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ),
            (
                "a host in the trailer",
                last!("0\r\nHost: b\r\nHost: c\r\n\r\n"),
            ),
            (
                "a close in the trailer",
                last!("0\r\nConnection: close\r\n\r\n"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7.1.2: a trailer is made of lines of fields (section 5), each with \
               CRLF behind it",
        answers: &[BadBody],
        rows: &[
            (
                "a request for a trailer",
                last!(concat!("0\r\n", inside!())),
            ),
            ("the marker for a trailer", last!("0\r\n")),
            (
                "a trailer without colon",
                last!(concat!("0\r\nfield\r\n\r\n", inside!())),
            ),
            (
                "a trailer without name",
                last!(concat!("0\r\n: x\r\n\r\n", inside!())),
            ),
            (
                "a blank before its colon",
                last!(concat!("0\r\nX : y\r\n\r\n", inside!())),
            ),
            (
                "a blank before its name",
                last!(concat!("0\r\n X: y\r\n\r\n", inside!())),
            ),
            (
                "a folded trailer",
                last!(concat!("0\r\nX: y\r\n z\r\n\r\n", inside!())),
            ),
            (
                "a trailer that ends in LF",
                last!(concat!("0\r\nX: y\n\r\n", inside!())),
            ),
            (
                "a trailer with LF for its last line",
                last!(concat!("0\r\nX: y\r\n\n", inside!())),
            ),
            (
                "a trailer with CR",
                last!(concat!("0\r\nX: y\rz\r\n\r\n", inside!())),
            ),
            (
                "a trailer with NUL",
                last!(concat!("0\r\nX: y\0\r\n\r\n", inside!())),
            ),
        ],
    },
];
