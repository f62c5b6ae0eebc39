//! Request smuggling: every framing of the table, each on a connection of its own, and behind it a
//! marker that is answered only where it is a request.

#[path = "../framings/mod.rs"]
mod framings;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::{Raw, Reply, Server, Site};
use framings::{Answer, Row, rows};

/// A file, for those who do not read bodies, and what markers ask for.
fn files(name: &str) -> Site {
    let site = Site::new(name);
    site.file("body", "a file");
    site.file("small.txt", "marker");
    site.file("medium.bin", "never");
    site
}

/// A script that sends its body back once it has all of it; `SPOOL` is where it keeps it.
#[cfg(feature = "cgi")]
const ECHO: &str = "#!/bin/sh
body=SPOOL/$$
cat >\"$body\"
printf 'Content-Type: a/b\\nContent-Length: %d\\n\\n' $(wc -c <\"$body\")
cat \"$body\"
";

/// Who answers, and so what an answer looks like.
struct Side {
    server: Server,
    target: &'static str,
    echoes: bool,
}

impl Side {
    /// Sends a row and holds what comes against its verdict.
    fn check(&self, row: &Row, send: fn(&mut Raw, &[u8])) {
        let mut peer = self.server.connect();
        send(&mut peer, &row.stream(self.target));
        if row.answers.contains(&Answer::Unended) {
            peer.half_close();
        }
        for answer in row.answers {
            self.check_answer(&mut peer, row, *answer);
        }
        if !row.answers.contains(&Answer::Unended) {
            peer.half_close();
        }
        // Nothing more, least of all an answer to what lies in a body.
        peer.expect_close();
    }

    fn check_answer(&self, peer: &mut Raw, row: &Row, answer: Answer) {
        let method = if answer == Answer::Marker {
            "GET"
        } else {
            row.method()
        };
        let mut reply = peer.read_response_to(method);
        if reply.status == 100 && row.bytes.to_ascii_lowercase().contains("100-continue") {
            reply = peer.read_response_to(method);
        }
        let (status, text) = match answer {
            Answer::Served(body) if self.echoes => (200, Some(body)),
            Answer::BadBody | Answer::Unended if self.echoes => (400, None),
            // Who does not read a body answers before it has ended.
            Answer::Served(_) | Answer::BadBody | Answer::Unended => match method {
                "GET" | "HEAD" => (200, Some("a file")),
                "OPTIONS" => (204, Some("")),
                _ => (501, None),
            },
            Answer::Unsupported => (501, None),
            Answer::Refused(status) => (status, None),
            Answer::Marker => (200, Some("marker")),
        };
        let text = if method == "HEAD" { Some("") } else { text };
        let right = reply.status == status && text.is_none_or(|text| reply.text() == text);
        assert!(right, "{answer:?} wanted: {reply:?}");
        let refused = matches!(answer, Answer::Refused(_)) || status == 400;
        assert!(!refused || says_close(&reply), "no close: {reply:?}");
    }

    /// Checks rows one after the other, all of them; then says which were bad.
    fn check_all(&self, rows: impl Iterator<Item = Row>, send: fn(&mut Raw, &[u8])) {
        let mut bad = Vec::new();
        for row in rows {
            let checked = AssertUnwindSafe(|| self.check(&row, send));
            if catch_unwind(checked).is_err() {
                bad.push(format!("{} ({})\n  {:?}", row.name, row.rule, row.bytes));
            }
        }
        assert!(bad.is_empty(), "{} rows:\n{}", bad.len(), bad.join("\n"));
    }
}

fn says_close(reply: &Reply) -> bool {
    reply.header("Connection") == Some("close")
}

fn whole(peer: &mut Raw, bytes: &[u8]) {
    peer.send(bytes);
}

/// Each byte in a segment of its own, as long as the server listens. (To wait until it has read
/// each would take minutes; how bytes are cut for certain is the simulator's to choose.)
fn byte_by_byte(peer: &mut Raw, bytes: &[u8]) {
    for byte in bytes {
        if peer.try_send([*byte]).is_err() {
            return;
        }
        std::thread::yield_now();
    }
}

fn static_side(name: &str) -> (Site, Side) {
    let site = files(name);
    let side = Side {
        server: site.serve(&[]),
        target: "/body",
        echoes: false,
    };
    (site, side)
}

#[cfg(feature = "cgi")]
fn script_side(name: &str) -> (Site, Side) {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    let site = files(name);
    // Scripts may run as another user.
    let spool = site.outside("spool");
    fs::create_dir(&spool).unwrap();
    fs::set_permissions(&spool, fs::Permissions::from_mode(0o777)).unwrap();
    let spool = spool.display().to_string();
    site.script("cgi-bin/body", &ECHO.replace("SPOOL", &spool));
    let side = Side {
        server: site.serve(&["--cgi"]),
        target: "/cgi-bin/body",
        echoes: true,
    };
    (site, side)
}

/// Whether nothing of the verdict depends on when a byte comes: not whether 100 is said, nor what
/// a peer hears that sends on after it has said close.
fn is_timeless(row: &Row) -> bool {
    let waits = row.bytes.to_ascii_lowercase().contains("100-continue");
    let closes = matches!(row.answers.last(), Some(Answer::Served(_)));
    !waits && !closes
}

#[test]
fn the_table_is_what_it_says() {
    let rows = rows();
    assert!(rows.len() >= 180, "{} framings", rows.len());
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "a name stands for one row");
    let bytes: BTreeSet<&str> = rows.iter().map(|row| row.bytes).collect();
    assert_eq!(bytes.len(), rows.len(), "no row stands there twice");
    for row in &rows {
        let rule = row.rule.strip_prefix("RFC ").unwrap_or_default();
        assert!(rule[..4].bytes().all(|byte| byte.is_ascii_digit()));
        assert!(rule[4..].starts_with(" section "), "{rule}");
    }
}

#[test]
fn no_marker_inside_a_body_is_answered_where_nobody_reads_bodies() {
    let (_site, side) = static_side("smuggling");
    side.check_all(rows().into_iter(), whole);
}

#[test]
#[cfg(feature = "cgi")]
fn no_marker_inside_a_body_is_answered_by_a_script() {
    let (_site, side) = script_side("smuggling-cgi");
    side.check_all(rows().into_iter(), whole);
}

#[test]
fn it_is_the_same_byte_by_byte() {
    let (_site, side) = static_side("smuggling-bytes");
    let sample = rows().into_iter().filter(is_timeless).step_by(5);
    side.check_all(sample, byte_by_byte);
    #[cfg(feature = "cgi")]
    {
        let (_site, side) = script_side("smuggling-cgi-bytes");
        let sample = rows().into_iter().filter(is_timeless).skip(2).step_by(7);
        side.check_all(sample, byte_by_byte);
    }
}
