//! What a request target means, row by row.

use super::*;

fn path_of(raw: &[u8]) -> Result<Vec<u8>, Fault> {
    UrlPath::decode(raw).map(|path| path.as_bytes().to_vec())
}

#[test]
fn targets_have_a_form_a_path_and_a_query() {
    use Form::{Absolute, Asterisk, Foreign, Origin};
    for (raw, form, path, query) in [
        ("/", Origin, "/", None),
        ("/a.txt", Origin, "/a.txt", None),
        ("/a?b", Origin, "/a", Some("b")),
        ("/a?", Origin, "/a", Some("")),
        ("/a?b?c=%20/../", Origin, "/a", Some("b?c=%20/../")),
        ("/a#b", Origin, "/a", None),
        ("/a#b?c", Origin, "/a", None),
        ("/a?b#c", Origin, "/a", Some("b")),
        ("/a?#c", Origin, "/a", Some("")),
        ("/a%3Fb%23c", Origin, "/a?b#c", None),
        ("a.txt", Origin, "/a.txt", None),
        ("a.txt?q", Origin, "/a.txt", Some("q")),
        ("?q", Origin, "/", Some("q")),
        ("#f", Origin, "/", None),
        ("*", Asterisk, "/", None),
        ("*?q", Origin, "/*", Some("q")),
        ("**", Origin, "/**", None),
        ("/*", Origin, "/*", None),
        ("http://host/a.txt", Absolute, "/a.txt", None),
        ("http://host", Absolute, "/", None),
        ("http://host:8000/", Absolute, "/", None),
        ("http://host?q", Absolute, "/", Some("q")),
        ("http://host#f/x", Absolute, "/", None),
        ("http://host//evil.com/..", Absolute, "/", None),
        (
            "http://host/a?u=http://b/c",
            Absolute,
            "/a",
            Some("u=http://b/c"),
        ),
        ("HTTP://[::1]:1/a/", Absolute, "/a/", None),
        ("hTTp://host/%61", Absolute, "/a", None),
        ("http:/host/a", Origin, "/http:/host/a", None),
        ("http:", Origin, "/http:", None),
        ("https://host/a", Foreign, "/https:/host/a", None),
        ("ftp://host/a", Foreign, "/ftp:/host/a", None),
        ("a+b-1.2://host", Foreign, "/a+b-1.2:/host", None),
        ("1a://host", Origin, "/1a:/host", None),
        ("://host", Origin, "/:/host", None),
        ("/http://host/a", Origin, "/http:/host/a", None),
        ("host:443", Foreign, "/host:443", None),
        ("[::1]:443", Foreign, "/[::1]:443", None),
        ("[::1]", Origin, "/[::1]", None),
        ("host:", Origin, "/host:", None),
        (":443", Origin, "/:443", None),
        ("host:443/", Origin, "/host:443/", None),
        ("/host:443", Origin, "/host:443", None),
        ("443", Origin, "/443", None),
    ] {
        let target = Target::parse(raw.as_bytes()).unwrap();
        let got_query = target.query(raw.as_bytes());
        assert_eq!(
            (target.form, target.path.as_str(), got_query),
            (form, path, query.map(str::as_bytes)),
            "{raw}"
        );
    }
}

#[test]
fn only_options_asks_for_the_whole_server() {
    let form = |method| Target::parse_for(method, b"*", Vec::new()).map(|target| target.form);
    assert_eq!(form(Method::Options), Ok(Form::Asterisk));
    for method in [Method::Get, Method::Connect, Method::Other("options")] {
        assert_eq!(form(method), Err(Fault::BadTarget));
        assert!(Target::parse_for(method, b"/", Vec::new()).is_ok());
    }
}

#[test]
fn only_connect_names_another_place() {
    for raw in [
        &b"https://host/"[..],
        b"host:443",
        b"[::1]:80",
        b"ftp://host/a",
    ] {
        for method in [Method::Get, Method::Head, Method::Options, Method::Post] {
            let fault = Target::parse_for(method, raw, Vec::new()).map(|target| target.path);
            assert_eq!(fault, Err(Fault::BadTarget), "{}", raw.escape_ascii());
        }
        assert!(Target::parse_for(Method::Connect, raw, Vec::new()).is_ok());
    }
}

#[test]
fn a_query_is_made_one_that_a_uri_can_hold() {
    for byte in 0..=255u8 {
        let mut out = String::new();
        encode_query(&[b'a', byte, b'b'], &mut out);
        let plain = [b'a', byte, b'b'] == out.as_bytes();
        let legal = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
        assert_eq!(plain, legal, "{out}");
        let back: Vec<u8> = percent_encoding::percent_decode_str(&out).collect();
        assert_eq!(back, [b'a', byte, b'b']);
    }
    for (query, want) in [
        ("%41%e4%", "%41%e4%25"),
        ("%%41", "%25%41"),
        ("%4", "%254"),
        ("%g1", "%25g1"),
        ("\u{e4}#", "%C3%A4%23"),
    ] {
        let mut out = String::new();
        encode_query(query.as_bytes(), &mut out);
        assert_eq!(out, want);
    }
}

#[test]
fn targets_that_name_nothing_are_refused() {
    for raw in [
        &b""[..],
        b"http://",
        b"http:///a.txt",
        b"http://?q",
        b"http://user@host/",
        b"http://user:password@host",
        b"http://:80/",
        b"http://a:x/",
        b"http://a^b/",
        b"http://a\\b/",
        b"http://[::1/",
        b"http://[]/",
        b"http://#",
        b"\0",
        b"/a\0b",
        b"/a%00",
        b"/%00",
        b"http://host/%00.html",
    ] {
        let fault = Target::parse(raw).map(|target| target.path).unwrap_err();
        assert_eq!(fault, Fault::BadTarget, "{}", raw.escape_ascii());
    }
    // Only the path is decoded.
    assert!(Target::parse(b"/a?%00").is_ok());
}

#[test]
fn paths_resolve_as_in_python_and_clamp_at_the_root() {
    for (raw, want) in [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("///x", "/x"),
        ("/a//b", "/a/b"),
        ("/a//", "/a/"),
        ("//evil.com/x", "/evil.com/x"),
        ("//evil.com/..", "/"),
        ("//evil.com/../", "/"),
        ("/..//evil.com", "/evil.com"),
        ("/.//evil.com/", "/evil.com/"),
        ("/%2Fevil.com", "/evil.com"),
        ("/%2e%2e//evil.com", "/evil.com"),
        ("/\\evil.com", "/\\evil.com"),
        ("/./", "/"),
        ("/.", "/"),
        ("/..", "/"),
        ("/../..", "/"),
        ("/../../etc/passwd", "/etc/passwd"),
        ("/%2e%2e/%2E./etc/passwd", "/etc/passwd"),
        ("/..%2f..%2Fetc", "/etc"),
        ("/a/../../../b", "/b"),
        ("../a", "/a"),
        ("a/../../b", "/b"),
        ("/a/./b/../c", "/a/c"),
        // Only a slash at the very end is kept: Python asks `path.endswith('/')`.
        ("/a/.", "/a"),
        ("/a/b/..", "/a"),
        ("/a/./", "/a/"),
        ("/a/b/../", "/a/"),
        ("/a%2f", "/a/"),
        ("/a/%2e", "/a"),
        // Names with dots are names.
        ("/...", "/..."),
        ("/.hidden/..x/x..", "/.hidden/..x/x.."),
        ("/a.", "/a."),
    ] {
        assert_eq!(
            path_of(raw.as_bytes()),
            Ok(want.as_bytes().to_vec()),
            "{raw}"
        );
    }
}

#[test]
fn escapes_are_decoded_once_and_bad_ones_stay() {
    for (raw, want) in [
        ("/a%20b", &b"/a b"[..]),
        ("/%41%7a", b"/Az"),
        ("/%c3%a4", b"/\xC3\xA4"),
        ("/a+b;c", b"/a+b;c"),
        ("/%0d%0a", b"/\r\n"),
        ("/%2541", b"/%41"),
        ("/%252e%252e/", b"/%2e%2e/"),
        ("/100%", b"/100%"),
        ("/%", b"/%"),
        ("/%4", b"/%4"),
        ("/%%41", b"/%A"),
        ("/%g1", b"/%g1"),
        ("/%1g", b"/%1g"),
        ("/%+1", b"/%+1"),
        ("/% 1", b"/% 1"),
        ("/%u0041", b"/%u0041"),
        ("/%-1", b"/%-1"),
        ("/%c0%ae%c0%ae/x", b"/\xC0\xAE\xC0\xAE/x"),
    ] {
        assert_eq!(path_of(raw.as_bytes()), Ok(want.to_vec()), "{raw}");
    }
}

#[test]
fn names_of_any_bytes_have_both_their_spellings() {
    for (raw, want) in [
        (&b"/bad%FF.txt"[..], &b"/bad\xFF.txt"[..]),
        (b"/bad\xFF.txt", b"/bad\xFF.txt"),
        (b"/bad%ED%B3%BF.txt", b"/bad\xFF.txt"),
        (b"/bad%ed%b3%bf.txt", b"/bad\xFF.txt"),
        (b"/%ED%B2%80", b"/\x80"),
        (b"/%ED%B2%BF", b"/\xBF"),
        (b"/%ED%B3%80", b"/\xC0"),
        // Python lists a name of the bytes ED B2 80 so.
        (b"/%ED%B3%AD%ED%B2%B2%ED%B2%80", b"/\xED\xB2\x80"),
        (b"/%ED%B3%AD%B2%80", b"/\xED\xB2\x80"),
        // These are no such spelling.
        (b"/\xED\xB2\x80", b"/\xED\xB2\x80"),
        (b"/%ED%B1%BF", b"/\xED\xB1\xBF"),
        (b"/%ED%B4%80", b"/\xED\xB4\x80"),
        (b"/%ED%B2", b"/\xED\xB2"),
        (b"/%ED%B2%", b"/\xED\xB2%"),
        (b"/%ED%B2%8", b"/\xED\xB2%8"),
        (b"/%ED%B2%7F", b"/\xED\xB2\x7F"),
        (b"/%ED%B2\x80", b"/\xED\xB2\x80"),
        (b"/%ED%9F%BF", b"/\xED\x9F\xBF"),
        (b"/\xC3\xA4", b"/\xC3\xA4"),
    ] {
        assert_eq!(path_of(raw), Ok(want.to_vec()), "{}", raw.escape_ascii());
    }
}

#[test]
fn text_is_decoded_and_only_bad_bytes_are_escaped() {
    for (raw, text, encoded) in [
        (&b"/"[..], "/", "/"),
        (b"/a b/", "/a b/", "/a%20b/"),
        (b"/%c3%a4", "/\u{e4}", "/%C3%A4"),
        (b"/a_.-~", "/a_.-~", "/a_.-~"),
        (
            b"/!$&'()*+,;=:@",
            "/!$&'()*+,;=:@",
            "/%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40",
        ),
        (b"/\"<>%", "/\"<>%", "/%22%3C%3E%25"),
        (b"/%0d%0aX:", "/\r\nX:", "/%0D%0AX%3A"),
        (b"/bad%FF \xC3\xA4", "/bad%FF \u{e4}", "/bad%FF%20%C3%A4"),
        (b"/admin%20area/%FF", "/admin area/%FF", "/admin%20area/%FF"),
        (b"/100%/\xC3", "/100%/%C3", "/100%25/%C3"),
        (b"/\xF0\x9F\x98/x", "/%F0%9F%98/x", "/%F0%9F%98/x"),
        (b"/\xED\xB2\x80", "/%ED%B2%80", "/%ED%B3%AD%B2%80"),
        (b"/\xED\xED\xB3\xBF", "/%ED%ED%B3%BF", "/%ED%ED%B3%AD%B3%BF"),
    ] {
        let path = UrlPath::decode(raw).unwrap();
        let got = (path.as_str(), path.encoded());
        assert_eq!(got, (text, encoded.to_string()), "{}", raw.escape_ascii());
        assert_eq!(UrlPath::decode(encoded.as_bytes()), Ok(path));
    }
}

#[test]
fn every_two_bytes_after_ed_round_trip_through_a_segment() {
    for second in 1..=255u8 {
        for third in 1..=255u8 {
            let name = [b'x', 0xED, second, third, 0xED];
            if name.contains(&b'/') {
                continue;
            }
            let mut href = String::new();
            encode_segment(&name, &mut href);
            let path = UrlPath::decode(href.as_bytes()).unwrap();
            assert_eq!(path.file_name(), name, "{href}");
        }
    }
}

#[test]
fn segments_are_quoted_as_python_does() {
    for (segment, want) in [
        (&b"we&ird<>\"%.txt"[..], "we%26ird%3C%3E%22%25.txt"),
        (b"azAZ09_.-~", "azAZ09_.-~"),
        (b"a b+c", "a%20b%2Bc"),
        (b"100%", "100%25"),
        (b"a:b", "a%3Ab"),
        (b"\x01\x7F", "%01%7F"),
        (b"\xC3\xA4", "%C3%A4"),
        (b"bad\xFF", "bad%FF"),
        (b"", ""),
    ] {
        let mut out = String::new();
        encode_segment(segment, &mut out);
        assert_eq!(out, want);
    }
}

#[test]
fn paths_come_apart_below_the_root() {
    for (raw, relative, name, is_directory) in [
        ("/", "", "", true),
        ("/a", "a", "a", false),
        ("/a/", "a", "a", true),
        ("/a/b.txt", "a/b.txt", "b.txt", false),
        ("/a/b/c/", "a/b/c", "c", true),
    ] {
        let path = UrlPath::decode(raw.as_bytes()).unwrap();
        assert_eq!(
            (path.relative(), path.file_name(), path.is_directory()),
            (relative.as_bytes(), name.as_bytes(), is_directory),
            "{raw}"
        );
    }
}

#[test]
fn a_path_is_seen_from_below_a_prefix_of_whole_segments() {
    for (path, prefix, want) in [
        ("/a/b/c", "/a", Some("/b/c")),
        ("/a/b/c", "a/b/", Some("/c")),
        ("/a/b/", "/a/b", Some("/")),
        ("/a", "/a/", Some("/")),
        ("/a/b", "", Some("/a/b")),
        ("/a/b", "/", Some("/a/b")),
        ("/ab", "/a", None),
        ("/", "/a", None),
        ("/b/a", "/a", None),
    ] {
        let below = UrlPath::decode(path.as_bytes()).unwrap().below(prefix);
        assert_eq!(
            below.as_ref().map(UrlPath::as_str),
            want,
            "{path} below {prefix}"
        );
    }
}

#[test]
fn a_target_with_another_path_keeps_its_query() {
    let raw = b"http://a/b/c?d#e";
    let target = Target::parse(raw).unwrap();
    let below = target.with_path(target.path.below("/b").unwrap());
    assert_eq!(below.form, Form::Absolute);
    assert_eq!(below.path.as_str(), "/c");
    assert_eq!(below.query(raw), Some(&b"d"[..]));
}

#[test]
fn a_joined_name_is_one_segment_or_nothing() {
    for (directory, name, want) in [
        ("/", "index.html", Some("/index.html")),
        ("/a/", "index.html", Some("/a/index.html")),
        ("/a", "index.html", Some("/a/index.html")),
        ("/", "100%41", Some("/100%41")),
        ("/", "...", Some("/...")),
        ("/", "", None),
        ("/", ".", None),
        ("/", "..", None),
        ("/", "/", None),
        ("/", "a/b", None),
        ("/a/", "../b", None),
        ("/", "a/", None),
        ("/", "a\0", None),
    ] {
        let joined = UrlPath::decode(directory.as_bytes())
            .unwrap()
            .join(name.as_bytes());
        assert_eq!(
            joined.as_ref().map(UrlPath::as_str),
            want,
            "{directory} {name}"
        );
    }
}
