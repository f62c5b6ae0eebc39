//! Tests of the log: text by tables, sinks on real pipes, files and closed descriptors.

pub mod over;

use std::fs::File;
use std::io::{self, Read};
use std::time::SystemTime;

use mio::unix::pipe::{Receiver, Sender};

use super::*;
use crate::Status;

const STAMP: &str = "22/Nov/2026 21:26:08";

fn access(peer: Option<&str>, request_line: &[u8], code: u16) -> String {
    let mut out = Vec::new();
    let entry = Log::Access {
        peer: peer.map(|peer| peer.parse().unwrap()),
        request_line,
        status: Status::new(code).unwrap(),
        body_bytes: Some(7),
    };
    append_line(&mut out, STAMP, &entry);
    String::from_utf8(out).unwrap()
}

fn error(message: &str) -> String {
    let mut out = Vec::new();
    let peer = Some("127.0.0.1:9".parse().unwrap());
    append_line(&mut out, STAMP, &Log::Error { peer, message });
    String::from_utf8(out).unwrap()
}

#[test]
fn access_lines_are_pythons() {
    for (peer, request_line, code, want) in [
        (
            Some("127.0.0.1:5000"),
            &b"GET /a.txt HTTP/1.0"[..],
            200,
            r#"127.0.0.1 - - [22/Nov/2026 21:26:08] "GET /a.txt HTTP/1.0" 200 -"#,
        ),
        (
            Some("[::ffff:192.0.2.7]:1"),
            b"HEAD / HTTP/1.1",
            404,
            r#"192.0.2.7 - - [22/Nov/2026 21:26:08] "HEAD / HTTP/1.1" 404 -"#,
        ),
        (
            Some("[2001:db8::1]:1"),
            b"",
            414,
            r#"2001:db8::1 - - [22/Nov/2026 21:26:08] "" 414 -"#,
        ),
        (
            None,
            b"GET / HTTP/1.1",
            200,
            r#"- - - [22/Nov/2026 21:26:08] "GET / HTTP/1.1" 200 -"#,
        ),
    ] {
        assert_eq!(access(peer, request_line, code), format!("{want}\n"));
    }
}

#[test]
fn no_byte_of_a_request_line_reaches_a_terminal_as_control() {
    for (bytes, want) in [
        (&b"GET /\x1b[31m"[..], r"GET /\x1b[31m"),
        (b"\0\x01\x1f", r"\x00\x01\x1f"),
        (b"a\nb\rc\td", r"a\x0ab\x0dc\x09d"),
        (b"\x7f", r"\x7f"),
        (b"\x80\x9f", r"\x80\x9f"),
        (b"\x9b31m", r"\x9b31m"),
        (b"\\", r"\\"),
        (b"\\x1b", r"\\x1b"),
        (b"\"", "\""),
        ("/é.txt".as_bytes(), "/Ã©.txt"),
        (b"\xa0\xff", "\u{a0}ÿ"),
        (b" ~", " ~"),
    ] {
        let want = format!("127.0.0.1 - - [{STAMP}] \"{want}\" 400 -\n");
        assert_eq!(access(Some("127.0.0.1:1"), bytes, 400), want);
    }
    for byte in 0..=255u8 {
        let line = access(None, &[byte], 400);
        assert!(!line.trim_end_matches('\n').chars().any(char::is_control));
    }
}

#[test]
fn messages_are_escaped_as_text() {
    for (message, want) in [
        (
            "code 404, message File not found [not found]",
            "code 404, message File not found [not found]",
        ),
        (
            "Unsupported method ('\u{1b}')",
            r"Unsupported method ('\x1b')",
        ),
        ("two\nlines", r"two\x0alines"),
        ("\u{85}\u{7f}", r"\x85\x7f"),
        ("é 魚", "é 魚"),
        (r"C:\", r"C:\\"),
    ] {
        assert_eq!(error(message), format!("127.0.0.1 - - [{STAMP}] {want}\n"));
    }
}

/// A pipe whose ends wait, as those of a shell do.
fn blocking_pipe() -> (Receiver, Sender) {
    let (sender, receiver) = mio::unix::pipe::new().unwrap();
    sender.set_nonblocking(false).unwrap();
    receiver.set_nonblocking(false).unwrap();
    (receiver, sender)
}

/// Fills a pipe until a write would wait; returns how many bytes that took.
fn fill(writer: &Sender) -> usize {
    let mut filled = 0;
    while let Ok(n) = crate::sys::output::write_without_waiting(writer.as_fd(), &[b'#'; 512]) {
        filled += n;
    }
    filled
}

fn read_exactly(reader: &mut Receiver, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    reader.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_full_pipe_never_waits_and_the_loss_is_counted_in_its_place() {
    let (mut reader, writer) = blocking_pipe();
    let filled = fill(&writer);
    let mut sink = LineSink::new(writer);
    let line = [&[b'a'; 1023][..], b"\n"].concat();
    let kept = PENDING_BYTES_MAX / line.len();
    for _ in 0..kept + 3 {
        sink.line(&line);
        sink.flush();
    }
    assert_eq!((sink.pending(), sink.dropped()), (PENDING_BYTES_MAX, 3));
    sink.line(b"short, but later than the gap\n");
    assert_eq!(sink.dropped(), 4);

    assert!(
        read_exactly(&mut reader, filled)
            .iter()
            .all(|&byte| byte == b'#')
    );
    sink.flush();
    sink.line(b"after\n");
    let mut got = Vec::new();
    while sink.pending() > 0 {
        // What is pending leaves as the reader makes room.
        sink.flush();
        let mut piece = [0; 4096];
        let n = reader.read(&mut piece).unwrap();
        got.extend_from_slice(&piece[..n]);
    }
    drop(sink);
    reader.read_to_end(&mut got).unwrap();
    let want = [
        &line.repeat(kept)[..],
        b"sprat: 4 log lines dropped\nafter\n",
    ]
    .concat();
    assert!(
        got == want,
        "{}",
        String::from_utf8_lossy(&got[got.len() - 80..])
    );
}

#[test]
fn a_sink_takes_new_lines_after_the_loss_is_reported() {
    let (mut reader, writer) = blocking_pipe();
    let filled = fill(&writer);
    let mut sink = LineSink::new(writer);
    sink.line(&[b'\n'; PENDING_BYTES_MAX]);
    sink.line(b"lost\n");
    read_exactly(&mut reader, filled);
    sink.flush();
    read_exactly(&mut reader, PENDING_BYTES_MAX);
    sink.flush();
    sink.line(b"new\n");
    sink.flush();
    drop(sink);
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "sprat: 1 log lines dropped\nnew\n");
}

#[test]
fn lines_leave_in_one_write_at_the_flush() {
    let (mut reader, writer) = blocking_pipe();
    let mut sink = LineSink::new(writer);
    sink.line(b"one\n");
    sink.line(b"two\n");
    assert_eq!(sink.pending(), 8);
    sink.flush();
    let mut piece = [0; 64];
    assert_eq!(reader.read(&mut piece).unwrap(), 8);
    assert_eq!((sink.pending(), sink.dropped()), (0, 0));
}

#[test]
fn a_line_longer_than_a_pipe_piece_arrives_whole() {
    let (mut reader, writer) = blocking_pipe();
    let mut sink = LineSink::new(writer);
    let line = [&[b'a'; 20_000][..], b"\n"].concat();
    sink.line(&line);
    sink.flush();
    assert_eq!(sink.pending(), 0);
    drop(sink);
    let mut got = Vec::new();
    reader.read_to_end(&mut got).unwrap();
    assert_eq!(got.len(), line.len());
}

#[test]
fn a_reader_that_is_gone_swallows_everything() {
    let (reader, writer) = blocking_pipe();
    drop(reader);
    let mut sink = LineSink::new(writer);
    for _ in 0..3 {
        sink.line(&[b'\n'; PENDING_BYTES_MAX]);
        sink.flush();
    }
    // Of which the second and third were one line each, behind a gap that nobody was told of.
    let lost = PENDING_BYTES_MAX as u64 + 2;
    assert_eq!((sink.pending(), sink.dropped()), (0, lost));
}

#[test]
fn a_descriptor_that_cannot_be_written_swallows_everything() {
    let mut sink = LineSink::new(File::open("/dev/null").unwrap());
    sink.line(b"line\n");
    sink.flush();
    assert_eq!((sink.pending(), sink.dropped()), (0, 1));
}

#[test]
fn a_file_gets_every_line() {
    let mut file = tempfile::tempfile().unwrap();
    let mut sink = LineSink::new(file.try_clone().unwrap());
    let line = [&[b'a'; 999][..], b"\n"].concat();
    for _ in 0..300 {
        sink.line(&line);
    }
    sink.flush();
    io::Seek::rewind(&mut file).unwrap();
    let mut got = Vec::new();
    file.read_to_end(&mut got).unwrap();
    assert!(got == line.repeat(300));
}

#[test]
fn a_server_log_writes_stamped_lines_at_the_end_of_the_turn() {
    let (mut reader, writer) = blocking_pipe();
    let mut log = ServerLog::new(writer);
    for message in ["one", "two"] {
        let peer = None;
        log.entry(&Log::Error { peer, message });
    }
    log.flush();
    assert_eq!(log.dropped(), 0);
    drop(log);
    let mut got = String::new();
    reader.read_to_string(&mut got).unwrap();
    let lines: Vec<&str> = got.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("- - - [") && lines[0].ends_with("] one"),
        "{got}"
    );
    assert!(lines[1].ends_with("] two"), "{got}");
}

#[test]
fn a_line_has_its_own_time_though_earlier_ones_still_wait() {
    let (_reader, writer) = blocking_pipe();
    fill(&writer);
    let mut log = ServerLog::new(writer);
    for _ in 0..2 {
        let (peer, message) = (None, "one");
        log.stamp.set(SystemTime::UNIX_EPOCH);
        let old = log.stamp.text().to_owned();
        log.entry(&Log::Error { peer, message });
        assert_ne!(log.stamp.text(), old);
        log.flush();
        assert!(log.sink.pending() > 0);
    }
}

#[test]
fn readme_has_the_limits() {
    for (what, bytes) in [
        ("log lines waiting for their reader", PENDING_BYTES_MAX),
        ("a request line in the log", LINE_TEXT_BYTES_MAX),
        (
            "Referer, User-Agent, Host in the log, each",
            FIELD_TEXT_BYTES_MAX,
        ),
    ] {
        let row = format!("\n| {what} | {} KiB |", bytes / 1024);
        assert!(include_str!("../../README.md").contains(&row), "{row}");
    }
}

#[test]
fn a_text_that_is_too_long_is_cut_and_not_lost() {
    let line = |request_line: &[u8]| {
        let mut out = Vec::new();
        let entry = Log::Access {
            peer: None,
            request_line,
            status: Status::NOT_FOUND,
            body_bytes: None,
        };
        append_line(&mut out, "-", &entry);
        String::from_utf8(out).unwrap()
    };
    for (byte, count, want) in [
        (b'x', LINE_TEXT_BYTES_MAX, LINE_TEXT_BYTES_MAX),
        (b'x', LINE_TEXT_BYTES_MAX + 1, LINE_TEXT_BYTES_MAX + 3),
        (0, LINE_TEXT_BYTES_MAX / 4, LINE_TEXT_BYTES_MAX),
        (0, LINE_TEXT_BYTES_MAX, LINE_TEXT_BYTES_MAX + 3),
    ] {
        let text = line(&vec![byte; count]);
        let (_, rest) = text.split_once('"').unwrap();
        let (shown, end) = rest.split_once('"').unwrap();
        assert_eq!((shown.len(), end), (want, " 404 -\n"), "{byte} {count}");
        assert_eq!(shown.ends_with("..."), want > LINE_TEXT_BYTES_MAX);
        assert!(text.len() <= PENDING_BYTES_MAX);
    }
}
