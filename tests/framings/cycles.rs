//! What follows a request: methods whose bodies mean nothing, Expect, Connection, HTTP/1.0,
//! upgrades, pipelines.

use super::Answer::{Marker, Refused, Served};
use super::Group;

/// A request with this method, and a request for a body.
macro_rules! by {
    ($method:expr) => {
        ask!(
            concat!($method, " /body HTTP/1.1"),
            "Content-Length: 37",
            inside!()
        )
    };
}

/// A POST with this line of a field, and a request for a body.
macro_rules! with {
    ($field:expr) => {
        post!(concat!($field, "\r\nContent-Length: 37"), inside!())
    };
}

/// An HTTP/1.0 POST with this line of a field, and a request for a body.
macro_rules! old {
    ($field:expr) => {
        ask!(
            "POST /body HTTP/1.0",
            concat!($field, "\r\nContent-Length: 37"),
            inside!()
        )
    };
}

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9110 section 9.3.1: a body may have no meaning for a method, but it has its \
               framing (RFC 9112 section 6) and is no request",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("GET with a body", by!("GET")),
            ("HEAD with a body", by!("HEAD")),
            ("OPTIONS with a body", by!("OPTIONS")),
            ("DELETE with a body", by!("DELETE")),
            ("TRACE with a body", by!("TRACE")),
            ("PUT with a body", by!("PUT")),
            ("PATCH with a body", by!("PATCH")),
            ("an unknown method with a body", by!("FOO")),
            ("a method in small letters with a body", by!("get")),
            (
                "GET with a chunked body",
                ask!(
                    "GET /body HTTP/1.1",
                    "Transfer-Encoding: chunked",
                    concat!("25\r\n", inside!(), "\r\n0\r\n\r\n")
                ),
            ),
            (
                "HEAD with a chunked body",
                ask!(
                    "HEAD /body HTTP/1.1",
                    "Transfer-Encoding: chunked",
                    concat!("25\r\n", inside!(), "\r\n0\r\n\r\n")
                ),
            ),
            (
                "OPTIONS with a chunked body",
                ask!(
                    "OPTIONS /body HTTP/1.1",
                    "Transfer-Encoding: chunked",
                    concat!("25\r\n", inside!(), "\r\n0\r\n\r\n")
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 10.1.1: a body may come without waiting for 100, and is a body all \
               the same; elements of a list that are empty do not count (section 5.6.1)",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("Expect", with!("Expect: 100-continue")),
            ("Expect in capitals", with!("EXPECT: 100-CONTINUE")),
            (
                "Expect twice",
                with!("Expect: 100-continue\r\nExpect: 100-continue"),
            ),
            (
                "Expect as a list",
                with!("Expect: 100-continue,100-continue"),
            ),
            ("Expect of nothing", with!("Expect:")),
            ("Expect with a comma", with!("Expect: 100-continue,")),
            (
                "Expect and chunks",
                post!(
                    "Expect: 100-continue\r\nTransfer-Encoding: chunked",
                    concat!("25\r\n", inside!(), "\r\n0\r\n\r\n")
                ),
            ),
            (
                "Expect of a GET",
                ask!(
                    "GET /body HTTP/1.1",
                    "Expect: 100-continue\r\nContent-Length: 37",
                    inside!()
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 10.1.1: a request without a body has nothing to be continued",
        answers: &[Served(""), Marker],
        rows: &[
            ("Expect without a body", post!("Expect: 100-continue", "")),
            (
                "Expect with length zero",
                post!("Expect: 100-continue\r\nContent-Length: 0", ""),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 10.1.1: an expectation that is not known may be answered with 417; \
               whether its body comes is not known, so the connection closes",
        answers: &[Refused(417)],
        rows: &[
            ("another Expect", with!("Expect: other")),
            ("Expect and another", with!("Expect: 100-continue, other")),
            ("Expect with a parameter", with!("Expect: 100-continue;a=b")),
            ("Expect with a letter more", with!("Expect: 100-continues")),
        ],
    },
    Group {
        rule: "RFC 9112 section 9.6: after a request that says close, no other is processed",
        answers: &[Served(inside!())],
        rows: &[
            ("close", with!("Connection: close")),
            ("close in capitals", with!("CONNECTION: CLOSE")),
            ("close, keep-alive", with!("Connection: close, keep-alive")),
            ("keep-alive, close", with!("Connection: keep-alive, close")),
            (
                "close in a second line",
                with!("Connection: keep-alive\r\nConnection: close"),
            ),
            ("close in a list", with!("Connection: x,\tclose\t,y")),
            ("close behind a comma", with!("Connection: ,,close")),
            (
                "close and a framing field",
                with!("Connection: Content-Length, close"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 9.3: an HTTP/1.1 connection lives on unless an option says close; \
               options are compared whole (RFC 9110 section 7.6.1)",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("keep-alive", with!("Connection: keep-alive")),
            ("closed", with!("Connection: closed")),
            ("close and a word", with!("Connection: close x")),
            ("close in quotes", with!("Connection: \"close\"")),
            ("no option", with!("Connection:")),
            ("close for proxies", with!("Proxy-Connection: close")),
            (
                "an option that names the length",
                with!("Connection: Content-Length"),
            ),
            (
                "an option that names the host",
                with!("Connection: Host, Transfer-Encoding"),
            ),
        ],
    },
    Group {
        rule: "RFC 9110 section 7.8: a server may ignore an upgrade, and then goes on as before",
        answers: &[Served(inside!()), Marker],
        rows: &[
            (
                "upgrade to h2c",
                with!("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA"),
            ),
            (
                "upgrade to websocket",
                with!("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"),
            ),
            (
                "upgrade to TLS",
                with!("Connection: upgrade\r\nUpgrade: TLS/1.2"),
            ),
            ("upgrade without an option", with!("Upgrade: h2c")),
        ],
    },
    Group {
        rule: "RFC 9112 section 9.3: an HTTP/1.0 connection ends with its first answer",
        answers: &[Served(inside!())],
        rows: &[
            ("HTTP/1.0", old!("A: b")),
            ("HTTP/1.0 and close", old!("Connection: close")),
            (
                "HTTP/1.0, keep-alive and close",
                old!("Connection: keep-alive, close"),
            ),
            (
                "HTTP/1.0 and another option",
                old!("Connection: keep-alives"),
            ),
            (
                "HTTP/1.0 and keep-alive elsewhere",
                old!("Keep-Alive: timeout=5"),
            ),
            ("HTTP/1.0 and Expect", old!("Expect: 100-continue")),
            ("HTTP/1.0 and another Expect", old!("Expect: other")),
        ],
    },
    Group {
        rule: "RFC 9112 section 9.3: an HTTP/1.0 connection lives on if an option says keep-alive",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("HTTP/1.0 and keep-alive", old!("Connection: keep-alive")),
            (
                "HTTP/1.0 and keep-alive in a list",
                old!("Connection: x, Keep-Alive"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 9.3.2: requests one behind the other are answered in order",
        answers: &[Served("hello"), Served("hello"), Marker],
        rows: &[
            (
                "two lengths",
                concat!(
                    post!("Content-Length: 5", "hello"),
                    post!("Content-Length: 5", "hello")
                ),
            ),
            (
                "chunks and a length",
                concat!(
                    chunked!("5\r\nhello\r\n0\r\n\r\n"),
                    post!("Content-Length: 5", "hello")
                ),
            ),
            (
                "a length, an empty line, chunks",
                concat!(
                    post!("Content-Length: 5", "hello"),
                    "\r\n",
                    chunked!("5\r\nhello\r\n0\r\nA: b\r\n\r\n")
                ),
            ),
            (
                "empty lines behind each",
                concat!(
                    post!("Content-Length: 5", "hello"),
                    "\r\n\n",
                    post!("Content-Length: 5", "hello"),
                    "\n\r\n"
                ),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 2.2: between requests only empty lines are skipped",
        answers: &[Served("hello"), Refused(400)],
        rows: &[
            (
                "a blank behind a body",
                post!("Content-Length: 5", "hello "),
            ),
            ("NUL behind a body", post!("Content-Length: 5", "hello\0")),
            ("CR behind a body", post!("Content-Length: 5", "hello\r")),
            (
                "a blank behind chunks",
                chunked!("5\r\nhello\r\n0\r\n\r\n "),
            ),
            (
                "a colon behind chunks",
                chunked!("5\r\nhello\r\n0\r\n\r\n:"),
            ),
            (
                "a field behind chunks",
                chunked!("5\r\nhello\r\n0\r\n\r\nContent-Length: 36\r\n\r\n"),
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 6.3: a framing at fault closes the connection, whatever was before",
        answers: &[Served("hello"), Refused(400)],
        rows: &[
            (
                "a good one, then two framings",
                concat!(
                    post!("Content-Length: 5", "hello"),
                    post!(
                        "Content-Length: 42\r\nTransfer-Encoding: chunked",
                        concat!("0\r\n\r\n", inside!())
                    )
                ),
            ),
            (
                "a good one, then two lengths",
                concat!(
                    chunked!("5\r\nhello\r\n0\r\n\r\n"),
                    post!("Content-Length: 0\r\nContent-Length: 37", inside!())
                ),
            ),
        ],
    },
];
