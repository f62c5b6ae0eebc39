//! Tests of `http::headers`.

use super::super::head::Head;
use super::super::limits::Limits;

fn with<R>(fields: &str, check: impl FnOnce(super::Headers<'_>) -> R) -> R {
    let buf = format!("GET / HTTP/1.1\r\n{fields}\r\n").into_bytes();
    let head = Head::parse(&buf, &Limits::default()).unwrap();
    check(head.headers(&buf))
}

#[test]
fn fields_are_found_in_any_case_and_kept_in_order() {
    let fields = "Host: a\r\nACCEPT: one\r\nempty:\r\naccept:  two \t\r\n";
    with(fields, |headers| {
        let all: Vec<_> = headers.iter().collect();
        let want: [(&str, &[u8]); 4] = [
            ("Host", b"a"),
            ("ACCEPT", b"one"),
            ("empty", b""),
            ("accept", b"two"),
        ];
        assert_eq!(all, want);
        assert_eq!(headers.get("aCCept"), Some(&b"one"[..]));
        assert_eq!(headers.get("EMPTY"), Some(&b""[..]));
        assert_eq!(
            headers.get_all("Accept").collect::<Vec<_>>(),
            [b"one", b"two"]
        );
        for absent in ["", "Accep", "Accepts", "Accept:", "one"] {
            assert_eq!(headers.get(absent), None, "{absent}");
        }
    });
}

#[test]
fn lists_are_split_at_commas_outside_quoted_strings() {
    // (fields, elements of the list "l")
    for (fields, want) in [
        ("l: a\r\n", &["a"][..]),
        ("l: a,b\r\n", &["a", "b"]),
        ("l: a , b\t,\tc\r\nL: d\r\n", &["a", "b", "c", "d"]),
        ("l: \"a,b\", c\r\n", &["\"a,b\"", "c"]),
        (r#"l: "a\",b", c"#, &[r#""a\",b""#, "c"]),
        (r#"l: "a\\",b"#, &[r#""a\\""#, "b"]),
        (r"l: a\,b", &["a\\", "b"]), // a backslash escapes in quoted strings only
        // Not lists by the letter, and what is made of them:
        ("", &[]),
        ("l:\r\n", &[]),
        ("l: ,, ,\r\n", &[]),
        ("l: ,a,,b,\r\n", &["a", "b"]),
        ("l: \"a, b\r\n", &["\"a, b"]),
        ("l: \"a\\\r\n", &["\"a\\"]),
        ("l: a\" , \"b\r\n", &["a\" , \"b"]),
    ] {
        let fields = format!("{}\r\n", fields.trim_end());
        let fields = if fields.len() == 2 { "" } else { &fields };
        with(fields, |headers| {
            let got: Vec<_> = headers
                .list("l")
                .map(|e| e.escape_ascii().to_string())
                .collect();
            let want: Vec<_> = want
                .iter()
                .map(|e| e.as_bytes().escape_ascii().to_string())
                .collect();
            assert_eq!(got, want, "{fields:?}");
        });
    }
}

#[test]
fn tokens_are_compared_whole_and_in_any_case() {
    with("Connection: Foo, CLOSE\r\nconnection: te\r\n", |headers| {
        for token in ["close", "Close", "foo", "TE"] {
            assert!(headers.has_token("connection", token), "{token}");
        }
        for token in ["clos", "closed", "foo, close", "", ","] {
            assert!(!headers.has_token("connection", token), "{token}");
        }
    });
}
