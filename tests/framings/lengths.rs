//! Content-Length in all its spellings.

use super::Answer::{Marker, Refused, Served, Unended, Unsupported};
use super::Group;

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9110 section 8.6: a length is decimal digits, however many, between blanks that \
               do not count (section 5.5)",
        answers: &[Served("hello"), Marker],
        rows: &[
            ("a length", post!("Content-Length: 5", "hello")),
            (
                "a length with zeros",
                post!("Content-Length: 0005", "hello"),
            ),
            (
                "a length with forty zeros",
                post!(
                    "Content-Length: 00000000000000000000000000000000000000005",
                    "hello"
                ),
            ),
            ("a length without blank", post!("Content-Length:5", "hello")),
            (
                "a length between tabs",
                post!("Content-Length:\t5\t", "hello"),
            ),
            (
                "a length between many blanks",
                post!("Content-Length: \t  5 \t ", "hello"),
            ),
            ("a length in capitals", post!("CONTENT-LENGTH: 5", "hello")),
            (
                "a length among others",
                post!("A: b\r\ncontent-length: 5\r\nC: d", "hello"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: equal lengths over several lines may be taken as one",
        answers: &[Served("hello"), Marker],
        rows: &[
            (
                "a length twice",
                post!("Content-Length: 5\r\nContent-Length: 5", "hello"),
            ),
            (
                "a length three times",
                post!(
                    "Content-Length: 5\r\nA: b\r\ncontent-length: 5\r\nCONTENT-LENGTH:5",
                    "hello"
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: a request without framing fields, or with a length of zero, \
               has no body",
        answers: &[Served(""), Marker],
        rows: &[
            ("no length", ask!("POST /body HTTP/1.1", "A: b", "")),
            ("length zero", post!("Content-Length: 0", "")),
            ("length of two zeros", post!("Content-Length: 00", "")),
            (
                "length zero twice",
                post!("Content-Length: 0\r\nContent-Length: 0", ""),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 5.1: names are compared whole, so these are other fields",
        answers: &[Served(""), Marker],
        rows: &[
            ("underscore for hyphen", post!("Content_Length: 36", "")),
            ("no hyphen", post!("ContentLength: 36", "")),
            ("a name that goes on", post!("Content-Length2: 36", "")),
            ("a name cut short", post!("Content-Lengt: 36", "")),
            ("a prefix before it", post!("X-Content-Length: 36", "")),
            ("a quote before it", post!("'Content-Length: 36", "")),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: a length that is no number is an error that nobody can \
               recover from: 400 and close",
        answers: &[Refused(400)],
        rows: &[
            ("plus", post!("Content-Length: +37", inside!())),
            ("minus", post!("Content-Length: -37", inside!())),
            ("minus zero", post!("Content-Length: -0", inside!())),
            ("decimal point", post!("Content-Length: 37.0", inside!())),
            ("exponent", post!("Content-Length: 37e0", inside!())),
            ("hexadecimal", post!("Content-Length: 0x25", inside!())),
            ("hexadecimal digit", post!("Content-Length: 2f", inside!())),
            ("octal", post!("Content-Length: 0o45", inside!())),
            (
                "digits with underscore",
                post!("Content-Length: 3_7", inside!()),
            ),
            ("two numbers", post!("Content-Length: 37 37", inside!())),
            (
                "two numbers and a tab",
                post!("Content-Length: 37\t0", inside!()),
            ),
            ("quoted", post!("Content-Length: \"37\"", inside!())),
            ("a parameter", post!("Content-Length: 37;a=b", inside!())),
            ("a word", post!("Content-Length: many", inside!())),
            ("infinity", post!("Content-Length: Infinity", inside!())),
            ("nothing", post!("Content-Length:", inside!())),
            ("blanks", post!("Content-Length: \t ", inside!())),
            (
                "arabic digits",
                post!("Content-Length: \u{663}\u{667}", inside!()),
            ),
            (
                "wide digits",
                post!("Content-Length: \u{ff13}\u{ff17}", inside!()),
            ),
            (
                "no-break space before",
                post!("Content-Length: \u{a0}37", inside!()),
            ),
            (
                "no-break space behind",
                post!("Content-Length: 37\u{a0}", inside!()),
            ),
            (
                "number and nothing",
                post!("Content-Length: 37\r\nContent-Length:", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 8.6: a list of lengths is no length, and may be refused even if \
               all are equal",
        answers: &[Refused(400)],
        rows: &[
            (
                "a list of one length",
                post!("Content-Length: 37, 37", inside!()),
            ),
            (
                "a list without blank",
                post!("Content-Length: 37,37", inside!()),
            ),
            (
                "a list of two lengths",
                post!("Content-Length: 0, 37", inside!()),
            ),
            ("a comma behind", post!("Content-Length: 37,", inside!())),
            ("a comma before", post!("Content-Length: ,37", inside!())),
            (
                "a list and a line",
                post!("Content-Length: 37\r\nContent-Length: 37, 37", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: lengths that differ are an error: 400 and close",
        answers: &[Refused(400)],
        rows: &[
            (
                "two lengths, the smaller first",
                post!("Content-Length: 0\r\nContent-Length: 37", inside!()),
            ),
            (
                "two lengths, the larger first",
                post!("Content-Length: 37\r\nContent-Length: 0", inside!()),
            ),
            (
                "two lengths far apart",
                post!(
                    "Content-Length: 37\r\nA: b\r\nC: d\r\ncontent-length: 5",
                    inside!()
                ),
            ),
            (
                "three lengths, the middle one differs",
                post!(
                    "Content-Length: 37\r\nContent-Length: 5\r\nContent-Length: 37",
                    inside!()
                ),
            ),
            (
                "one number in two spellings",
                post!("Content-Length: 37\r\nContent-Length: 037", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 8.6: a recipient must expect numbers of any size and must not let \
               one overflow: what it cannot count it refuses",
        answers: &[Refused(400)],
        rows: &[
            (
                "2^64",
                post!("Content-Length: 18446744073709551616", inside!()),
            ),
            (
                "2^64 + 37",
                post!("Content-Length: 18446744073709551653", inside!()),
            ),
            (
                "2^128 + 37",
                post!(
                    "Content-Length: 340282366920938463463374607431768211493",
                    inside!()
                ),
            ),
            (
                "fifty nines",
                post!(
                    "Content-Length: 99999999999999999999999999999999999999999999999999",
                    inside!()
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: a body that ends before its length is incomplete, and what \
               was sent of it is no request",
        answers: &[Unended],
        rows: &[
            ("2^32 + 37", post!("Content-Length: 4294967333", inside!())),
            (
                "2^63 - 1",
                post!("Content-Length: 9223372036854775807", inside!()),
            ),
            (
                "2^63 + 37",
                post!("Content-Length: 9223372036854775845", inside!()),
            ),
            (
                "2^64 - 1",
                post!("Content-Length: 18446744073709551615", inside!()),
            ),
            (
                "one byte more than there is",
                post!("Content-Length: 74", inside!()),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: so many bytes are the body, whatever they look like",
        answers: &[Served(concat!(inside!(), marker!()))],
        rows: &[("the marker too", post!("Content-Length: 73", inside!()))],
    },
    Group {
        rule: "RFC 9112 section 6.3: so many bytes are the body, whatever they look like",
        answers: &[Served(inside!()), Marker],
        rows: &[(
            "a request for a body",
            post!("Content-Length: 37", inside!()),
        )],
    },
    Group {
        rule: "RFC 9112 section 6.3: the body ends with its last byte, and what follows is the \
               next request, here of a method that nobody knows",
        answers: &[Served("hell"), Unsupported],
        rows: &[("one byte too short", post!("Content-Length: 4", "hello"))],
    },
    Group {
        rule: "RFC 9112 section 6.3: the body ends with its last byte, and what follows is the \
               next request, here of a method that nobody knows",
        answers: &[Served("helloG"), Unsupported],
        rows: &[("one byte too long", post!("Content-Length: 6", "hello"))],
    },
];
