//! Tests of `http::multipart`: each form is read in every way that it may arrive.

use super::*;
use crate::http::limits::{FORM_FIELDS_MAX, FORM_HEAD_BYTES_MAX};
use crate::testing::doors::framing::Random;
use crate::testing::doors::multipart::{Part, read_form};

const TYPE: &[u8] = b"multipart/form-data; boundary=b";

fn outcome(body: &[u8]) -> Result<Vec<(String, Vec<u8>)>, FormFault> {
    let (parts, end) = read_form(TYPE, body);
    let pair = |part: Part| (part.name, part.data);
    end.map(|()| parts.into_iter().map(pair).collect())
}

/// A form of one part `a` with these bytes between its head and the last delimiter.
fn around(data: &[u8]) -> Vec<u8> {
    [&part("a", data), &b"--b--\r\n"[..]].concat()
}

/// A part with its delimiter before, and its line end behind.
fn part(name: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n");
    [head.as_bytes(), data, b"\r\n"].concat()
}

#[test]
fn data_is_what_stands_between_delimiters_whatever_it_looks_like() {
    for data in [
        &b""[..],
        b"x",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\r\r\n",
        b"\r\n-",
        b"\r\n--",
        b"\r\n--\r\n--",
        b"\r\n--c",
        b"\n--b",
        b"\n--b--\n",
        b"\r--b",
        b"x--b",
        b"x--b--\r\n",
        b"-",
        b"--",
        b"--c\r\n",
        b"\r\n--B",
        b"\0\xff",
        &[b'\r'; 100],
        &[b'-'; 100],
    ] {
        let want = Ok(vec![("a".into(), data.to_vec())]);
        assert_eq!(outcome(&around(data)), want, "{}", data.escape_ascii());
    }
}

#[test]
fn parts_come_in_order_and_names_may_come_twice() {
    let body = [part("a", b"1"), part("b", b""), part("a", b"2")].concat();
    let body = [&body[..], b"--b--"].concat();
    let want = [("a", "1"), ("b", ""), ("a", "2")];
    let want = want.map(|(name, data)| (name.to_owned(), data.as_bytes().to_vec()));
    assert_eq!(outcome(&body), Ok(want.to_vec()));
    assert_eq!(outcome(b"--b--"), Ok(Vec::new()), "a form without fields");
}

#[test]
fn what_stands_before_and_behind_a_form_means_nothing() {
    let form = around(b"x");
    let want = Ok(vec![("a".into(), b"x".to_vec())]);
    for before in [
        "",
        "\r\n",
        "hello\r\n",
        "--\r\n",
        "--c\r\n\r\n",
        "--b",
        "x--b\r\n",
    ] {
        let line = if before.is_empty() { "" } else { "\r\n" };
        let body = [format!("{before}{line}").as_bytes(), &form].concat();
        // But for a line that begins with the boundary.
        match before {
            "--b" => assert!(outcome(&body).is_err()),
            _ => assert_eq!(outcome(&body), want, "{before:?}"),
        }
    }
    let form = form.strip_suffix(b"\r\n").unwrap();
    for after in [
        "",
        "\r\n",
        " \t",
        " \r\n",
        "\r\nhello",
        "\r\n\r\n--b\r\n",
        "\r\n--b--x",
    ] {
        let body = [form, after.as_bytes()].concat();
        assert_eq!(outcome(&body), want, "{after:?}");
    }
}

#[test]
fn spaces_may_follow_a_delimiter() {
    let body = b"--b \t \r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--\t";
    assert_eq!(outcome(body), Ok(vec![("a".into(), b"x".to_vec())]));
}

/// RFC 2046 section 5.1.1: a part without a body ends at its head.
#[test]
fn the_line_end_of_a_head_may_be_that_of_the_delimiter() {
    let body = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--";
    assert_eq!(outcome(body), Ok(vec![("a".into(), Vec::new())]));
}

#[test]
fn a_form_that_others_might_read_in_another_way_is_refused() {
    use FormFault::*;
    let head = "--b\r\nContent-Disposition: form-data; name=a\r\n";
    for (body, want) in [
        // No end, wherever it breaks off.
        (String::new(), Truncated),
        ("hello".into(), Truncated),
        ("--b".into(), Truncated),
        ("--b-".into(), Truncated),
        ("--b\r\n".into(), Truncated),
        (head.into(), Truncated),
        (format!("{head}\r\n"), Truncated),
        (format!("{head}\r\nx\r\n"), Truncated),
        (format!("{head}\r\nx\r\n--b"), Truncated),
        (format!("{head}\r\nx\r\n--b\r\n"), Truncated),
        (format!("{head}\r\nx--b--"), Truncated),
        (format!("{head}\r\nx\n--b--"), Truncated),
        (format!("{head}\r\nx\r\n--b--\r"), Truncated),
        // The boundary, and then something else.
        ("--bc--".into(), BadDelimiter),
        ("--b\n".into(), BadDelimiter),
        ("--b\r\r\n".into(), BadDelimiter),
        ("--b \x0b\r\n".into(), BadDelimiter),
        (format!("{head}\r\nx\r\n--bc\r\n--b--"), BadDelimiter),
        (format!("{head}\r\nx\r\n--b-\r\n--b--"), BadDelimiter),
        (format!("{head}\r\nx\r\n--b--c"), BadDelimiter),
        (format!("{head}\r\nx\r\n--b--\n"), BadDelimiter),
        // A head that is none.
        (
            "--b\r\nContent-Disposition: form-data; name=a\n\nx\r\n--b--".into(),
            BadHead,
        ),
        ("--b\r\n--b--\r\n\r\n".into(), BadHead),
        ("--b\r\nno colon\r\n\r\n".into(), BadHead),
        ("--b\r\n: x\r\n\r\n".into(), BadHead),
        (format!("{head} folded: x\r\n\r\n"), BadHead),
        (format!("{head}X : y\r\n\r\n"), BadHead),
        (
            format!("{head}Content-Type: a/b\r\ncontent-type: a/b\r\n\r\n"),
            BadHead,
        ),
        (format!("{head}X: \0\r\n\r\n"), BadHead),
        (format!("{head}X: a\rb\r\n\r\n"), BadHead),
        // Nothing that says what it is.
        ("--b\r\n\r\nx\r\n--b--".into(), NoName),
        ("--b\r\nContent-Type: text/plain\r\n\r\n".into(), NoName),
        (
            format!("{head}Content-Disposition: form-data; name=b\r\n\r\n"),
            NoName,
        ),
        (
            format!("{head}Content-Transfer-Encoding: base64\r\n\r\n"),
            Encoded,
        ),
    ] {
        assert_eq!(outcome(body.as_bytes()).err(), Some(want), "{body:?}");
    }
}

#[test]
fn names_are_those_that_browsers_send() {
    for (parameters, name, sent) in [
        ("name=a", "a", None),
        ("name=\"a b\"", "a b", None),
        ("name=\"\"", "", None),
        ("NAME=a ;", "a", None),
        (" ; ;name=a;;x=y", "a", None),
        ("name=\"a;b\"; filename=\"\"", "a;b", Some("")),
        ("filename=\"x.txt\"; name=a", "a", Some("x.txt")),
        // Quoted pairs, and backslashes that are none.
        (r#"name="a\"b\\c""#, r#"a"b\c"#, None),
        (
            r#"name=a; filename="C:\new\x.txt""#,
            "a",
            Some(r"C:\new\x.txt"),
        ),
        // What browsers escape, and what they do not.
        (
            "name=\"%22%0D%0A\"; filename=\"%0d%0a\"",
            "\"\r\n",
            Some("\r\n"),
        ),
        (
            "name=\"100%25\"; filename=\"a%2fb\"",
            "100%25",
            Some("a%2fb"),
        ),
        ("name=\"%2\"; filename=\"%\"", "%2", Some("%")),
        (
            "name=\"J\u{fc}rgen\"; filename=\"\u{20ac}\"",
            "J\u{fc}rgen",
            Some("\u{20ac}"),
        ),
        // RFC 5987.
        (
            "name=a; filename*=UTF-8''%e2%82%ac.txt",
            "a",
            Some("\u{20ac}.txt"),
        ),
        ("name=a; filename*=utf-8'en'x; filename=y", "a", Some("x")),
        ("name=a; filename=y; filename*=UTF-8''x%27", "a", Some("x'")),
    ] {
        let body = format!("--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\n\r\n--b--");
        let (parts, end) = read_form(TYPE, body.as_bytes());
        assert_eq!(end, Ok(()), "{parameters}");
        let found = (&*parts[0].name, parts[0].sent_file_name.as_deref());
        assert_eq!(found, (name, sent), "{parameters}");
    }
    let latin = b"--b\r\nContent-Disposition: form-data; name=\"J\xfcrgen\"\r\n\r\n\r\n--b--";
    assert_eq!(read_form(TYPE, latin).0[0].name, "J\u{fffd}rgen");
}

#[test]
fn names_that_can_be_read_in_two_ways_are_refused() {
    use FormFault::*;
    for (disposition, want) in [
        ("form-data", NoName),
        ("form-data; filename=x", NoName),
        ("attachment; name=a", NoName),
        ("form-data name=a", NoName),
        ("", NoName),
        ("form-data; name=a; name=a", BadHead),
        ("form-data; name=a; NAME=b", BadHead),
        ("form-data; name=a; name*=UTF-8''b", BadHead),
        ("form-data; name=a; filename=x; filename=y", BadHead),
        ("form-data; name", BadHead),
        ("form-data; name=", BadHead),
        ("form-data; =a", BadHead),
        ("form-data; name =a", BadHead),
        ("form-data; name=\"a", BadHead),
        ("form-data; name=\"a\\\"", BadHead),
        ("form-data; name=\"a\"b", BadHead),
        ("form-data; name=a; filename*=x", BadHead),
        ("form-data; name=a; filename*=latin1''x", BadHead),
        ("form-data; name=a; filename*=UTF-8''%ff", BadHead),
        ("form-data; name=a; filename*=\"UTF-8''a b\"", BadHead),
    ] {
        let body = format!("--b\r\nContent-Disposition: {disposition}\r\n\r\n\r\n--b--");
        assert_eq!(outcome(body.as_bytes()).err(), Some(want), "{disposition}");
    }
}

#[test]
fn a_file_name_is_the_name_of_a_file_and_no_path() {
    let long = "x".repeat(256);
    for (sent, want) in [
        ("x.txt", Some("x.txt")),
        ("a b", Some("a b")),
        ("\u{20ac}", Some("\u{20ac}")),
        ("/etc/passwd", Some("passwd")),
        ("../../x", Some("x")),
        (r"C:\dir\x.txt", Some("x.txt")),
        (r"a/b\c", Some("c")),
        (&long[1..], Some(&long[1..])),
        ("", None),
        (".", None),
        ("..", None),
        ("../..", None),
        ("dir/", None),
        (".htaccess", None),
        ("%0D%0Ax", None),
        ("a%22b", Some("a\"b")),
        (&long, None),
    ] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=a; filename=\"{sent}\"\r\n\r\n\r\n--b--"
        );
        let (parts, _) = read_form(TYPE, body.as_bytes());
        assert_eq!(parts[0].file_name.as_deref(), want, "{sent}");
    }
    let nul =
        b"--b\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''a%00\r\n\r\n\r\n--b--";
    let (parts, _) = read_form(TYPE, nul);
    assert_eq!(parts[0].sent_file_name.as_deref(), Some("a\0"));
    assert_eq!(parts[0].file_name, None);
}

#[test]
fn the_type_of_a_part_is_what_was_sent() {
    let body = b"--b\r\nCONTENT-disposition: Form-Data; name=a\r\ncontent-type:  text/x ; y=z \r\n\
        Content-Transfer-Encoding: 8BIT\r\n\r\n\r\n--b--";
    let (parts, end) = read_form(TYPE, body);
    assert_eq!(end, Ok(()));
    assert_eq!(parts[0].content_type.as_deref(), Some(&b"text/x ; y=z"[..]));
}

#[test]
fn limits_hold_to_the_byte_and_to_the_part() {
    let of_head = |bytes: usize| {
        let first = "Content-Disposition: form-data; name=a\r\nX: ";
        let rest = "x".repeat(bytes - first.len() - 4);
        format!("--b\r\n{first}{rest}\r\n\r\n\r\n--b--")
    };
    let outcome_of = |text: String| outcome(text.as_bytes()).map(|parts| parts.len());
    assert_eq!(outcome_of(of_head(FORM_HEAD_BYTES_MAX)), Ok(1));
    let past = outcome_of(of_head(FORM_HEAD_BYTES_MAX + 1));
    assert_eq!(past, Err(FormFault::HeadTooLarge));
    let of_fields = |fields: usize| {
        let fields = "X: y\r\n".repeat(fields - 1);
        format!("--b\r\n{fields}Content-Disposition: form-data; name=a\r\n\r\n\r\n--b--")
    };
    assert_eq!(outcome_of(of_fields(FORM_FIELDS_MAX)), Ok(1));
    let past = outcome_of(of_fields(FORM_FIELDS_MAX + 1));
    assert_eq!(past, Err(FormFault::FieldsTooMany));
    let of_parts = |parts: usize| [part("a", b"").repeat(parts), b"--b--".to_vec()].concat();
    let count = |body: Vec<u8>| outcome(&body).map(|parts| parts.len());
    assert_eq!(count(of_parts(FORM_PARTS_MAX)), Ok(FORM_PARTS_MAX));
    assert_eq!(
        count(of_parts(FORM_PARTS_MAX + 1)),
        Err(FormFault::PartsTooMany)
    );
}

#[test]
fn a_boundary_is_one_to_seventy_bytes_of_those_that_can_be_in_it() {
    let long = "x".repeat(70);
    for (content_type, want) in [
        ("multipart/form-data; boundary=b", Some("b")),
        ("multipart/form-data; boundary=b; boundary*=UTF-8''c", None),
        ("Multipart/Form-Data;BOUNDARY=\"a b\"", Some("a b")),
        (
            "multipart/form-data; charset=utf-8; boundary=--x",
            Some("--x"),
        ),
        (
            "multipart/form-data ; boundary=x ; x=\";boundary=y\"",
            Some("x"),
        ),
        (
            "multipart/form-data; boundary=----=_Part_1",
            Some("----=_Part_1"),
        ),
        (
            "multipart/form-data; boundary=\"'()+_,-./:=?\"",
            Some("'()+_,-./:=?"),
        ),
        (
            &format!("multipart/form-data; boundary={long}"),
            Some(&long),
        ),
        (&format!("multipart/form-data; boundary={long}x"), None),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=\"\"", None),
        ("multipart/form-data; boundary=\"b \"", None),
        ("multipart/form-data; boundary=\"b", None),
        ("multipart/form-data; boundary=b; boundary=c", None),
        ("multipart/form-data; boundary=b\"", None),
        ("multipart/form-data; boundary=\u{fc}", None),
        ("multipart/form-data; boundary=a@b", None),
    ] {
        let found = boundary(content_type.as_bytes());
        let want = want.map(|want| want.as_bytes().to_vec());
        assert_eq!(found, want.ok_or(FormFault::BadBoundary), "{content_type}");
    }
    for other in [
        "",
        "text/plain",
        "multipart/mixed; boundary=b",
        "multipart/form-datax; boundary=b",
    ] {
        assert_eq!(
            boundary(other.as_bytes()),
            Err(FormFault::NoForm),
            "{other}"
        );
    }
    // And it is compared to its last byte.
    let body = format!("--{long}\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--{long}--");
    let content_type = format!("multipart/form-data; boundary={long}");
    let (parts, end) = read_form(content_type.as_bytes(), body.as_bytes());
    assert_eq!((&*parts[0].data, end), (&b"x"[..], Ok(())));
}

/// What is put together from the pieces of the grammar is taken apart into the same parts.
#[test]
fn forms_that_are_made_are_read_back() {
    let mut random = Random(7);
    for _ in 0..300 {
        let mut body = Vec::new();
        let mut want = Vec::new();
        for _ in 0..random.below(4) {
            let pieces: [&[u8]; 8] = [
                b"\r", b"\n", b"\r\n", b"-", b"--", b"\r\n--", b"c", b"\r\n--c",
            ];
            let data: Vec<u8> = (0..random.below(12))
                .flat_map(|_| random.pick(&pieces).to_vec())
                .collect();
            body.extend_from_slice(&part("a", &data));
            want.push(("a".to_owned(), data));
        }
        body.extend_from_slice(b"--b--\r\n");
        assert_eq!(outcome(&body), Ok(want), "{}", body.escape_ascii());
    }
}

#[test]
fn each_fault_says_what_is_wrong() {
    use FormFault::*;
    for (fault, status) in [
        (NoForm, 415),
        (BadBoundary, 400),
        (BadDelimiter, 400),
        (BadHead, 400),
        (HeadTooLarge, 413),
        (FieldsTooMany, 413),
        (NoName, 400),
        (Encoded, 415),
        (PartsTooMany, 413),
        (Truncated, 400),
    ] {
        assert_eq!(fault.status().code(), status);
        assert!(fault.explain().ends_with('.'));
    }
}
