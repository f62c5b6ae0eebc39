//! Transfer-Encoding in all its spellings, alone and beside a length.

use super::Answer::{Marker, Refused, Served};
use super::Group;

/// A chunked body that is over at once, and behind it what a reader of lengths would take for it.
macro_rules! nothing {
    () => {
        concat!("0\r\n\r\n", inside!())
    };
}

/// A POST with these lines of fields, and a body that ends at once if it is chunked.
macro_rules! doubt {
    ($fields:expr) => {
        post!($fields, nothing!())
    };
}

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9112 section 7: names of codings are compared in any case of letters, without \
               the blanks around them",
        answers: &[Served("hello"), Marker],
        rows: &[
            (
                "chunked",
                post!("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "chunked in capitals",
                post!("TRANSFER-ENCODING: CHUNKED", "5\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "chunked in mixed case",
                post!("transfer-Encoding: cHuNkEd", "5\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "chunked without blank",
                post!("Transfer-Encoding:chunked", "5\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "chunked between tabs",
                post!("Transfer-Encoding:\tchunked\t", "5\r\nhello\r\n0\r\n\r\n"),
            ),
            (
                "chunked between many blanks",
                post!(
                    "Transfer-Encoding:  \t chunked \t ",
                    "5\r\nhello\r\n0\r\n\r\n"
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 5.1: names are compared whole, so these are other fields, and the \
               length holds",
        answers: &[Served("hello"), Marker],
        rows: &[
            (
                "coding with underscore",
                post!("Transfer_Encoding: chunked\r\nContent-Length: 5", "hello"),
            ),
            ("TE", post!("TE: chunked\r\nContent-Length: 5", "hello")),
            (
                "coding with a prefix",
                post!("X-Transfer-Encoding: chunked\r\nContent-Length: 5", "hello"),
            ),
            (
                "coding cut short",
                post!("Transfer-Encodin: chunked\r\nContent-Length: 5", "hello"),
            ),
            (
                "coding of the content",
                post!("Content-Encoding: chunked\r\nContent-Length: 5", "hello"),
            ),
            (
                "trailer that names it",
                post!("Trailer: Transfer-Encoding\r\nContent-Length: 5", "hello"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: a length beside a coding is what smuggling looks like, and \
               ought to be treated as an error",
        answers: &[Refused(400)],
        rows: &[
            (
                "length, coding",
                doubt!("Content-Length: 42\r\nTransfer-Encoding: chunked"),
            ),
            (
                "coding, length",
                doubt!("Transfer-Encoding: chunked\r\nContent-Length: 42"),
            ),
            (
                "length of the last chunk",
                doubt!("Content-Length: 5\r\nTransfer-Encoding: chunked"),
            ),
            (
                "length zero, coding",
                doubt!("Content-Length: 0\r\nTransfer-Encoding: chunked"),
            ),
            (
                "no number, coding",
                doubt!("Content-Length:\r\nTransfer-Encoding: chunked"),
            ),
            (
                "length, no coding",
                doubt!("Content-Length: 42\r\nTransfer-Encoding:"),
            ),
            (
                "length, identity",
                doubt!("Content-Length: 42\r\nTransfer-Encoding: identity"),
            ),
            (
                "length, unknown",
                doubt!("Content-Length: 42\r\nTransfer-Encoding: xchunked"),
            ),
            (
                "two lengths, coding",
                doubt!("Content-Length: 42\r\nTransfer-Encoding: chunked\r\nContent-Length: 42"),
            ),
            (
                "length, two codings",
                doubt!("Transfer-Encoding: x\r\nContent-Length: 42\r\nTransfer-Encoding: chunked"),
            ),
            (
                "length and coding of HTTP/1.0",
                ask!(
                    "POST /body HTTP/1.0",
                    "Connection: keep-alive\r\nContent-Length: 42\r\nTransfer-Encoding: chunked",
                    nothing!()
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.1: a coding that is not understood is 501",
        answers: &[Refused(501)],
        rows: &[
            ("gzip", doubt!("Transfer-Encoding: gzip")),
            ("identity", doubt!("Transfer-Encoding: identity")),
            ("a letter before", doubt!("Transfer-Encoding: xchunked")),
            ("a letter behind", doubt!("Transfer-Encoding: chunkedx")),
            ("a letter less", doubt!("Transfer-Encoding: chunke")),
            ("an x before", doubt!("Transfer-Encoding: x-chunked")),
            ("a dot behind", doubt!("Transfer-Encoding: chunked.")),
            ("single quotes", doubt!("Transfer-Encoding: 'chunked'")),
            ("gzip, chunked", doubt!("Transfer-Encoding: gzip, chunked")),
            (
                "identity, chunked",
                doubt!("Transfer-Encoding: identity, chunked"),
            ),
            (
                "one unknown a line",
                doubt!("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
            ),
            (
                "identity, then chunked a line",
                doubt!("Transfer-Encoding: identity\r\nA: b\r\ntransfer-encoding: chunked"),
            ),
            (
                "a parameter of another",
                doubt!("Transfer-Encoding: gzip;a=b, chunked"),
            ),
            (
                "chunked in a quoted parameter",
                doubt!("Transfer-Encoding: gzip;a=\"b, chunked\""),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: chunked that is not the last coding, or comes twice, leaves \
               the end unknown: 400 and close",
        answers: &[Refused(400)],
        rows: &[
            (
                "chunked, identity",
                doubt!("Transfer-Encoding: chunked, identity"),
            ),
            ("chunked, gzip", doubt!("Transfer-Encoding: chunked, gzip")),
            (
                "chunked, chunked",
                doubt!("Transfer-Encoding: chunked, chunked"),
            ),
            (
                "gzip, chunked, gzip",
                doubt!("Transfer-Encoding: gzip, chunked, gzip"),
            ),
            (
                "chunked twice",
                doubt!("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            ),
            (
                "chunked, then identity a line",
                doubt!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
            ),
            (
                "chunked, then nothing a line",
                doubt!("Transfer-Encoding: chunked\r\nTransfer-Encoding:"),
            ),
            (
                "nothing, then chunked a line",
                doubt!("Transfer-Encoding:\r\nTransfer-Encoding: chunked"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 7: a coding is a token, chunked takes no parameters, and section \
               6.1 has at least one of them; what another may read differently is refused",
        answers: &[Refused(400)],
        rows: &[
            ("no coding", doubt!("Transfer-Encoding:")),
            ("a blank coding", doubt!("Transfer-Encoding: \t")),
            ("comma behind", doubt!("Transfer-Encoding: chunked,")),
            ("comma before", doubt!("Transfer-Encoding: , chunked")),
            ("parameter", doubt!("Transfer-Encoding: chunked;q=1")),
            ("semicolon behind", doubt!("Transfer-Encoding: chunked;")),
            ("double quotes", doubt!("Transfer-Encoding: \"chunked\"")),
            ("one double quote", doubt!("Transfer-Encoding: chunked\"")),
            ("two words", doubt!("Transfer-Encoding: chunked chunked")),
            (
                "two words, one unknown",
                doubt!("Transfer-Encoding: x chunked"),
            ),
            ("brackets", doubt!("Transfer-Encoding: [chunked]")),
            ("colon before", doubt!("Transfer-Encoding: : chunked")),
            ("equals before", doubt!("Transfer-Encoding: =chunked")),
            ("not ASCII", doubt!("Transfer-Encoding: ch\u{fc}nked")),
            (
                "letter that folds to k",
                doubt!("Transfer-Encoding: chun\u{212a}ed"),
            ),
            ("no-break space", doubt!("Transfer-Encoding: \u{a0}chunked")),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.1: a coding in HTTP/1.0 has a framing at fault, for someone on \
               the way may not have known it",
        answers: &[Refused(400)],
        rows: &[
            (
                "chunked of HTTP/1.0",
                ask!(
                    "POST /body HTTP/1.0",
                    "Transfer-Encoding: chunked",
                    nothing!()
                ),
            ),
            (
                "chunked of HTTP/1.0 that stays",
                ask!(
                    "POST /body HTTP/1.0",
                    "Connection: keep-alive\r\nTransfer-Encoding: chunked",
                    nothing!()
                ),
            ),
            (
                "identity of HTTP/1.0",
                ask!(
                    "POST /body HTTP/1.0",
                    "Transfer-Encoding: identity",
                    nothing!()
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: the framing of any request is read, whatever its method; of \
               one without a meaning for a body too (RFC 9110 section 9.3.1)",
        answers: &[Refused(400)],
        rows: &[
            (
                "length and coding of a GET",
                ask!(
                    "GET /body HTTP/1.1",
                    "Content-Length: 42\r\nTransfer-Encoding: chunked",
                    nothing!()
                ),
            ),
            (
                "length and coding of a HEAD",
                ask!(
                    "HEAD /body HTTP/1.1",
                    "Content-Length: 42\r\nTransfer-Encoding: chunked",
                    nothing!()
                ),
            ),
            (
                "two lengths of an OPTIONS",
                ask!(
                    "OPTIONS /body HTTP/1.1",
                    "Content-Length: 0\r\nContent-Length: 42",
                    nothing!()
                ),
            ),
        ],
    },
];
