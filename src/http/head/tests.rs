//! Heads, good and bad, however they arrive.

use super::super::grammar::is_value_byte;
use super::*;
use crate::testing::doors::framing::{
    Outcome, Parts, Random, agrees_with_httparse, feed_every_way, read_head,
};

fn read(input: &[u8]) -> Outcome<Parts> {
    feed_every_way(input, |pieces| read_head(pieces, &Limits::default()))
}

fn fault_of(input: &[u8], limits: &Limits) -> Fault {
    match feed_every_way(input, |pieces| read_head(pieces, limits)) {
        Outcome::Failed(fault) => fault,
        other => panic!("{}: {other:?}", input.escape_ascii()),
    }
}

#[test]
fn a_head_ends_after_its_first_blank_line() {
    for (input, want) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], Some(18)),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", Some(27)),
        (b"GET / HTTP/1.1\n\n", Some(16)), // typed into nc
        (b"GET / HTTP/1.1\r\n\n", Some(17)),
        (b"GET / HTTP/1.1\n\r\n", Some(17)),
        (b"\r\n\n\r\nGET / HTTP/1.1\r\n\r\n", Some(23)),
        (b"\n\nA\n\nB\n\n", Some(5)),
        (b"\r\rA\n\n", Some(5)), // refused, but not here
        (b"", None),
        (b"\r", None),
        (b"\r\n\r\n\r\n\r", None), // empty lines only
        (b"\n\n\n\n", None),
        (b"GET / HTTP/1.1\r\n", None),
        (b"GET / HTTP/1.1\r\n\r", None),
        (b"GET / HTTP/1.1\r\r\r", None),
        (b"GET / HTTP/1.1\n\r\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", None),
    ] {
        assert_eq!(find_end(input, &mut 0), want, "{}", input.escape_ascii());
        let mut searched = 0;
        let dribbled = (0..=input.len()).find_map(|len| find_end(&input[..len], &mut searched));
        assert_eq!(dribbled, want, "dribbled {}", input.escape_ascii());
    }
}

#[test]
fn the_end_is_found_at_every_distance() {
    for len in 0..200 {
        for blank in [&b"\n\n"[..], b"\r\n\r\n", b"\n\r\n"] {
            let head = [&vec![b'x'; len + 1], blank].concat();
            assert_eq!(find_end(&head, &mut 0), Some(head.len()));
            let longer = [&head, &b"xxxx\n\n"[..], &[b'x'; 64]].concat();
            assert_eq!(find_end(&longer, &mut 0), Some(head.len()));
        }
    }
}

#[test]
fn a_dribbled_head_is_searched_once() {
    // Never more than a line end and what may follow it is looked at again.
    for unit in [&b"\n"[..], b"\r\n", b"x", b"x\r\n", b"x\n", b"\nx\r"] {
        let input = unit.repeat(40);
        let mut searched = 0;
        for len in 1..=input.len() {
            if find_end(&input[..len], &mut searched).is_some() {
                break;
            }
            assert!(searched + 2 >= len, "{} after {len}", unit.escape_ascii());
        }
    }
}

#[test]
fn find_end_agrees_with_httparse() {
    let pieces: [&[u8]; 14] = [
        b"GET",
        b" ",
        b"/",
        b" HTTP/1.1",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"a: b",
        b":",
        b"\t",
        b"\0",
        b"GET / HTTP/1.1\r\n",
        b"x-long-name-of-a-field: and its value too\n",
    ];
    let mut random = Random(1);
    for _ in 0..3_000 {
        let mut input = Vec::new();
        for _ in 0..random.below(12) {
            input.extend_from_slice(random.pick(&pieces));
        }
        agrees_with_httparse(&input);
        read(&input);
    }
}

#[test]
fn parts_of_a_head_are_found() {
    let input = b"\r\nPUT /a?b#c HTTP/1.1\r\nHost: x\r\nA:\tb \t c \t\r\nEmpty:\r\nE2:  \r\n\r\n";
    let Outcome::Complete { value, consumed } = read(input) else {
        panic!("not complete");
    };
    assert_eq!(consumed, input.len());
    assert_eq!(value.line, b"PUT /a?b#c HTTP/1.1");
    assert_eq!(value.method, "PUT");
    assert_eq!(value.target, b"/a?b#c");
    assert_eq!(value.version, "HTTP/1.1");
    let fields: [(String, Vec<u8>); 4] = [
        ("Host".into(), b"x".into()),
        ("A".into(), b"b \t c".into()),
        ("Empty".into(), b"".into()),
        ("E2".into(), b"".into()),
    ];
    assert_eq!(value.fields, fields);
}

#[test]
fn request_lines_are_three_words() {
    // (line, target and version)
    for (line, target, version) in [
        (&b"GET / HTTP/1.1"[..], &b"/"[..], "HTTP/1.1"),
        (b"GET / HTTP/1.0", b"/", "HTTP/1.0"),
        (b"get * HTTP/1.2", b"*", "HTTP/1.1"),
        (b"M-SEARCH a.txt HTTP/1.9", b"a.txt", "HTTP/1.1"),
        (b"GET http://h/a HTTP/1.1", b"http://h/a", "HTTP/1.1"),
        (b"GET /\xc3\xa9 HTTP/1.1", b"/\xc3\xa9", "HTTP/1.1"), // UTF-8
        (b"GET /\xe9\xff HTTP/1.0", b"/\xe9\xff", "HTTP/1.0"), // not UTF-8
        (
            b"GET /a#b\"<>\\^`{|} HTTP/1.1",
            b"/a#b\"<>\\^`{|}",
            "HTTP/1.1",
        ),
    ] {
        for end in ["\r\n\r\n", "\n\n", "\r\nA: b\r\n\r\n"] {
            let Outcome::Complete { value, .. } = read(&[line, end.as_bytes()].concat()) else {
                panic!("{}", line.escape_ascii());
            };
            assert_eq!(
                (&*value.line, &*value.target, value.version),
                (line, target, version)
            );
        }
    }
}

#[test]
fn other_request_lines_are_refused() {
    for (line, fault) in [
        (&b"GET"[..], Fault::BadRequestLine),
        (b"GET /", Fault::BadRequestLine), // HTTP/0.9
        (b"GET / a HTTP/1.0", Fault::BadRequestLine),
        (b"GET  / HTTP/1.1", Fault::BadRequestLine),
        (b"GET /  HTTP/1.1", Fault::BadRequestLine),
        (b"GET / HTTP/1.1 ", Fault::BadRequestLine),
        (b" GET / HTTP/1.1", Fault::BadRequestLine),
        (b"GET\t/ HTTP/1.1", Fault::BadRequestLine),
        (b"GET /\tHTTP/1.1", Fault::BadRequestLine),
        (b"GET /\0 HTTP/1.1", Fault::BadRequestLine),
        (b"GET /\x7f HTTP/1.1", Fault::BadRequestLine),
        (b"GET / HTTP/1.1\r\r", Fault::BadRequestLine),
        (b"GET /a\rb HTTP/1.1", Fault::BadRequestLine),
        (b"G@T / HTTP/1.1", Fault::BadRequestLine),
        (b"G\xc3\xa9T / HTTP/1.1", Fault::BadRequestLine),
        (b"\"GET / HTTP/1.1", Fault::BadRequestLine),
        (b"\x16\x03\x01\x02", Fault::BadRequestLine),
        (b"\rGET / HTTP/1.1", Fault::BadRequestLine),
        (b"GET / FOO/1.0", Fault::BadVersion),
        (b"GET / http/1.1", Fault::BadVersion),
        (b"GET / HTTP/1", Fault::BadVersion),
        (b"GET / HTTP/1.", Fault::BadVersion),
        (b"GET / HTTP/1.x", Fault::BadVersion),
        (b"GET / HTTP/1.10", Fault::BadVersion),
        (b"GET / HTTP/+1.1", Fault::BadVersion),
        (b"GET / HTTP/0.9", Fault::BadVersion),
        (b"GET / HTTP/11", Fault::BadVersion),
        (b"GET / HTTP/2.x", Fault::BadVersion),
        (b"GET / HTTP/2.0", Fault::VersionUnsupported),
        (b"GET / HTTP/9.9", Fault::VersionUnsupported),
        (b"PRI * HTTP/2.0", Fault::VersionUnsupported), // a peer that speaks only HTTP/2
    ] {
        for end in ["\r\n\r\n", "\n\n", "\r\nA: b\r\n\r\n", "\r\nbad\r\n\r\n"] {
            let input = [line, end.as_bytes()].concat();
            assert_eq!(
                fault_of(&input, &Limits::default()),
                fault,
                "{}",
                input.escape_ascii()
            );
        }
    }
}

#[test]
fn bad_fields_are_refused() {
    // HTTP/1.7 is not for httparse's quick way.
    for line in [
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.7\r\n",
        "GET / HTTP/1.0\n",
    ] {
        for field in [
            &b"name"[..],
            b"Host : a",
            b"Host\t: a",
            b" Host: a",
            b"\tHost: a",
            b": a",
            b":",
            b"na me: a",
            b"na\xc3\xa9me: a",
            b"na\0me: a",
            b"n(me: a",
            b"A: b\r\n folded",
            b"A: b\r\n\tfolded",
            b"A: b\r\n ",
            b"A: b\0",
            b"A: \0",
            b"A: b\rc",
            b"A: b\r\rc",
            b"A:\rc",
            b"\rA: b",
            b"A: b\x7f",
            b"A: \x01",
            b"A: b\x0bc",
        ] {
            let input = [line.as_bytes(), b"Good: 1\r\n", field, b"\r\n\r\n"].concat();
            let fault = fault_of(&input, &Limits::default());
            assert_eq!(fault, Fault::BadField, "{}", input.escape_ascii());
        }
    }
}

#[test]
fn names_and_values_hold_their_bytes_and_no_others() {
    // httparse looks at 8, 16 or 32 bytes together: each byte is tried at many distances.
    for byte in 0..=255 {
        for before in [0, 1, 7, 15, 31, 40] {
            let long = vec![b'x'; before];
            let ends_line = matches!(byte, b'\n' | b'\r');
            let value = [b"GET / HTTP/1.1\r\nA: y", &long[..], &[byte], b"z\r\n\r\n"].concat();
            let got = Head::parse(&value, &Limits::default()).is_ok();
            assert_eq!(got, is_value_byte(byte), "value {byte} after {before}");
            let name = [b"GET / HTTP/1.1\r\ny", &long[..], &[byte], b"z: b\r\n\r\n"].concat();
            let got = Head::parse(&name, &Limits::default()).is_ok();
            assert_eq!(
                got,
                is_token_byte(byte) || byte == b':',
                "name {byte} after {before}"
            );
            let target = [b"GET /", &long[..], &[byte], b"z HTTP/1.1\r\n\r\n"].concat();
            let got = Head::parse(&target, &Limits::default()).is_ok();
            assert_eq!(
                got,
                byte > b' ' && byte != 0x7f && !ends_line,
                "target {byte}"
            );
        }
    }
}

#[test]
fn both_ways_to_parse_say_the_same() {
    let limits = Limits::default();
    for fields in ["", "A: b\r\n", "Host: a\nEmpty:\r\nB:  c \t\n"] {
        let head = format!("\r\nGET /x HTTP/1.1\r\n{fields}\r\n").into_bytes();
        let quick = Head::parse(&head, &limits).unwrap();
        let close = Head::parse_closely(&head, &limits).unwrap();
        assert_eq!(quick.request_line(&head), close.request_line(&head));
        assert_eq!(quick.target(&head), close.target(&head));
        assert_eq!(quick.method(&head), close.method(&head));
        assert_eq!(quick.version(), close.version());
        let fields = |parsed: &Head| -> Vec<(Vec<u8>, Vec<u8>)> {
            parsed
                .headers(&head)
                .raw()
                .map(|(name, value)| (name.into(), value.into()))
                .collect()
        };
        assert_eq!(fields(&quick), fields(&close));
    }
}

#[test]
fn fields_are_kept_up_to_their_limit() {
    for count in [0, 1, FIELDS_INLINE, FIELDS_INLINE + 1, FIELDS_MAX] {
        let fields: String = (0..count).map(|at| format!("n{at}: v{at}\r\n")).collect();
        for version in ["1.1", "1.2"] {
            let input = format!("GET / HTTP/{version}\r\n{fields}\r\n").into_bytes();
            let head = Head::parse(&input, &Limits::default()).ok().unwrap();
            let found: String = head
                .headers(&input)
                .iter()
                .map(|(name, value)| format!("{name}: {}\r\n", value.escape_ascii()))
                .collect();
            assert_eq!(found, fields);
        }
    }
    let fields = "a: b\r\n".repeat(FIELDS_MAX + 1);
    for version in ["1.1", "1.2"] {
        let input = format!("GET / HTTP/{version}\r\n{fields}\r\n").into_bytes();
        assert_eq!(fault_of(&input, &Limits::default()), Fault::FieldsTooMany);
    }
}

#[test]
fn targets_and_heads_have_their_limits() {
    let limits = Limits {
        target_bytes_max: 20,
        head_bytes_max: 200,
        ..Limits::default()
    };
    let head = |target: usize, field: usize| {
        let (target, field) = ("x".repeat(target), "y".repeat(field));
        format!("GET {target} HTTP/1.1\r\na: {field}\r\n\r\n").into_bytes()
    };
    let rest = head(20, 0).len();
    for (target, field, want) in [
        (20, 0, None),
        (20, 200 - rest, None),
        (21, 0, Some(Fault::TargetTooLong)),
        (100, 0, Some(Fault::TargetTooLong)),
        (300, 0, Some(Fault::TargetTooLong)),
        (21, 300, Some(Fault::HeadTooLarge)), // whichever is known first
        (20, 201 - rest, Some(Fault::HeadTooLarge)),
        (20, 300, Some(Fault::HeadTooLarge)),
    ] {
        let input = head(target, field);
        let got = feed_every_way(&input, |pieces| read_head(pieces, &limits));
        match want {
            None => assert!(matches!(got, Outcome::Complete { .. }), "{target} {field}"),
            Some(fault) => assert_eq!(got, Outcome::Failed(fault), "{target} {field}"),
        }
    }
}

#[test]
fn a_hopeless_head_is_refused_before_it_ends() {
    let limits = Limits {
        target_bytes_max: 100,
        head_bytes_max: 1_000,
        ..Limits::default()
    };
    let line = 100 + REQUEST_LINE_EXTRA_BYTES_MAX;
    for (input, want) in [
        (b"\x16".to_vec(), Some(Fault::BadRequestLine)), // TLS
        (b"\r\n\n\x80".to_vec(), Some(Fault::BadRequestLine)),
        (b"\r\r".to_vec(), Some(Fault::BadRequestLine)),
        (b" ".to_vec(), Some(Fault::BadRequestLine)),
        (vec![b'x'; line + 1], Some(Fault::TargetTooLong)),
        (
            [b"\r\n", &vec![b'x'; line + 1][..]].concat(),
            Some(Fault::TargetTooLong),
        ),
        (
            [b"x\n", &vec![b'x'; 999][..]].concat(),
            Some(Fault::HeadTooLarge),
        ),
        (vec![b'\n'; 1_001], Some(Fault::HeadTooLarge)),
        (b"".to_vec(), None),
        (b"\r".to_vec(), None),
        (b"\r\n\r".to_vec(), None),
        (b"G".to_vec(), None),
        (vec![b'x'; line], None),
        ([&vec![b'x'; line][..], b"\n"].concat(), None),
        ([b"x\n", &vec![b'x'; 998][..]].concat(), None),
        (vec![b'\n'; 1_000], None),
    ] {
        assert_eq!(
            refuse_early(&input, &limits),
            want,
            "{}",
            input.escape_ascii()
        );
    }
}

#[test]
fn a_limit_past_the_ceiling_is_the_ceiling() {
    let limits = Limits {
        head_bytes_max: usize::MAX,
        ..Limits::default()
    };
    let limits = limits.within_bounds();
    let field = "x".repeat(HEAD_BYTES_CEILING - b"GET / HTTP/1.1\r\na: \r\n\r\n".len());
    let input = format!("GET / HTTP/1.1\r\na: {field}\r\n\r\n").into_bytes();
    let head = Head::parse(&input, &limits).ok().unwrap();
    assert_eq!(head.headers(&input).get("a"), Some(field.as_bytes()));
    let input = format!("GET / HTTP/1.1\r\na: {field}x\r\n\r\n").into_bytes();
    assert_eq!(
        Head::parse(&input, &limits).err(),
        Some(Fault::HeadTooLarge)
    );
}

#[test]
fn what_is_no_complete_head_is_refused_without_a_panic() {
    for input in [
        "",
        "\r\n",
        "GET",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r",
    ] {
        assert!(
            Head::parse(input.as_bytes(), &Limits::default()).is_err(),
            "{input:?}"
        );
    }
}

#[test]
fn the_first_line_is_told_even_of_garbage() {
    for (input, want) in [
        (
            &b"GET / HTTP/1.1\r\nHost: a\r\n"[..],
            &b"GET / HTTP/1.1"[..],
        ),
        (b"\r\n\nGET /\nx", b"GET /"),
        (b"GET", b"GET"),
        (b"GET\r", b"GET\r"),
        (b"\r\n\r\n", b""),
        (b"", b""),
        (b"\x16\x03\n", b"\x16\x03"),
    ] {
        assert_eq!(first_line(input), want);
    }
}
