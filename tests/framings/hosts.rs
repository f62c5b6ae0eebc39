//! Host, and targets that name one.

use super::Answer::{Marker, Refused, Served, Unsupported};
use super::Group;

/// A POST with this in place of the line of its host.
macro_rules! host {
    ($line:expr) => {
        concat!(
            "POST /body HTTP/1.1\r\n",
            $line,
            "Content-Length: 37\r\n\r\n",
            inside!()
        )
    };
}

/// A POST with this target.
macro_rules! to {
    ($target:expr) => {
        ask!(
            concat!("POST ", $target, " HTTP/1.1"),
            "Content-Length: 37",
            inside!()
        )
    };
}

pub const GROUPS: &[Group] = &[
    Group {
        rule: "RFC 9112 section 3.2: an HTTP/1.1 request without Host is 400, and so is any with \
               more than one",
        answers: &[Refused(400)],
        rows: &[
            ("no host", host!("")),
            (
                "no host beside a target that has one",
                "POST http://a/body HTTP/1.1\r\n\r\n",
            ),
            ("two hosts", host!("Host: a\r\nHost: b\r\n")),
            ("one host twice", host!("Host: a\r\nHost: a\r\n")),
            (
                "two hosts far apart",
                host!("Host: a\r\nB: c\r\nhOST: a\r\n"),
            ),
            ("a host and an empty one", host!("Host: a\r\nHost:\r\n")),
            (
                "two hosts of HTTP/1.0",
                "POST /body HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            ),
        ],
    },
    Group {
        rule: "RFC 9112 section 3.2: a Host that is none is 400; it is a name or an address with \
               perhaps a port (RFC 9110 section 7.2)",
        answers: &[Refused(400)],
        rows: &[
            ("a list of hosts", host!("Host: a, b\r\n")),
            ("a host of two words", host!("Host: a b\r\n")),
            ("a user", host!("Host: u@a\r\n")),
            ("a path", host!("Host: a/b\r\n")),
            ("a target", host!("Host: http://a\r\n")),
            ("a query", host!("Host: a?b\r\n")),
            ("a fragment", host!("Host: a#b\r\n")),
            ("markup", host!("Host: <a>\r\n")),
            ("quotes", host!("Host: \"a\"\r\n")),
            ("a backslash", host!("Host: a\\b\r\n")),
            ("a caret", host!("Host: a^b\r\n")),
            ("a host that is not ASCII", host!("Host: \u{e9}\r\n")),
            ("a bad escape", host!("Host: %zz\r\n")),
            ("half an escape", host!("Host: a%4\r\n")),
            ("a port that is none", host!("Host: a:x\r\n")),
            ("a port with plus", host!("Host: a:+80\r\n")),
            ("two ports", host!("Host: a:80:80\r\n")),
            ("a port alone", host!("Host: :80\r\n")),
            ("an open bracket", host!("Host: [::1\r\n")),
            ("a closed bracket", host!("Host: ::1]\r\n")),
            ("empty brackets", host!("Host: []\r\n")),
            ("words behind brackets", host!("Host: [::1]a\r\n")),
            ("an address without brackets", host!("Host: ::1\r\n")),
            ("a blank before the colon of a host", host!("Host : a\r\n")),
            ("a tab before the colon of a host", host!("Host\t: a\r\n")),
            ("folded", host!("Host: a\r\n b\r\n")),
            ("folded under another", host!("B: c\r\n Host: a\r\n")),
            ("NUL in a host", host!("Host: a\0b\r\n")),
            ("a blank before the name of a host", host!(" Host: a\r\n")),
        ],
    },
    Group {
        rule: "RFC 9110 section 7.2: a Host is a name or an address with or without a port, or \
               empty where the target has no authority",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("an empty host", host!("Host:\r\n")),
            ("a host with a port", host!("Host: a:80\r\n")),
            ("a host with an empty port", host!("Host: a:\r\n")),
            ("a host with a large port", host!("Host: a:99999\r\n")),
            ("an address", host!("Host: 127.0.0.1\r\n")),
            ("an address in brackets", host!("Host: [::1]:80\r\n")),
            ("an escaped name", host!("Host: %61\r\n")),
            ("a name with an underscore", host!("host:\ta_b\t\r\n")),
        ],
    },
    Group {
        rule: "RFC 9112 section 3.2.2: a server takes a target of absolute form, and its host in \
               place of what Host says",
        answers: &[Served(inside!()), Marker],
        rows: &[
            ("the same host", to!("http://a/body")),
            ("another host", to!("http://b/body")),
            ("another host with a port", to!("http://b:8080/body")),
            ("an address for a host", to!("http://[::1]/body")),
            ("a scheme in capitals", to!("HTTP://b/body")),
        ],
    },
    Group {
        rule: "RFC 9110 section 4.2: a target without a host is invalid, and one with a user is to \
               be taken for an error",
        answers: &[Refused(400)],
        rows: &[
            ("no host in a target", to!("http:///body")),
            ("a port for a host in a target", to!("http://:80/body")),
            ("a user in a target", to!("http://u@b/body")),
            ("an empty user in a target", to!("http://@b/body")),
            ("a host in a target that is none", to!("http://b^c/body")),
            ("a backslash in a target's host", to!("http://b\\c/body")),
            ("markup in a target's host", to!("http://<b>/body")),
            ("a port that is none in a target", to!("http://b:x/body")),
            ("an open bracket in a target", to!("http://[::1/body")),
        ],
    },
    Group {
        rule: "RFC 9110 section 7.4: a target of another scheme is for another server, and \
               authority-form is for CONNECT (RFC 9112 section 3.2.3)",
        answers: &[Refused(400)],
        rows: &[
            ("the scheme of TLS", to!("https://b/body")),
            ("another scheme", to!("ftp://b/body")),
            ("a host and a port", to!("b:80")),
            ("an address and a port", to!("[::1]:80")),
        ],
    },
    Group {
        rule: "RFC 9110 section 9.3.6: CONNECT is not for an origin server, whatever its target; a \
               success would make a tunnel of the connection, and 501 leaves it as it was",
        answers: &[Unsupported, Marker],
        rows: &[
            ("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
            (
                "CONNECT with a body",
                ask!("CONNECT a:443 HTTP/1.1", "Content-Length: 37", inside!()),
            ),
            (
                "CONNECT to a path",
                ask!("CONNECT /path HTTP/1.1", "Content-Length: 37", inside!()),
            ),
            (
                "CONNECT to a target",
                ask!("CONNECT http://a/path HTTP/1.1", "A: b", ""),
            ),
            (
                "CONNECT without a port",
                "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n",
            ),
        ],
    },
];
