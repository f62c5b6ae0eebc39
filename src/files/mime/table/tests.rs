//! Tests of `files::mime::table`.

use super::*;

#[test]
fn a_line_is_a_type_and_its_extensions() {
    let text = b"# a comment\n\
        text/x-foo\tfoo  .FO\r\n\
        \n\
        image/none\n\
        text/x-bar bar # baz\n\
        application/x;v=1 x c++ a.b #y\n\
        text/x-last last";
    let want = [
        ("foo", "text/x-foo"),
        ("FO", "text/x-foo"),
        ("bar", "text/x-bar"),
        ("x", "application/x;v=1"),
        ("c++", "application/x;v=1"),
        ("last", "text/x-last"),
    ];
    let want: Vec<(String, String)> = want
        .map(|(extension, media_type)| (extension.into(), media_type.into()))
        .into();
    assert_eq!(parse(text), Ok(want));
    assert_eq!(parse(b""), Ok(Vec::new()));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, line, what) in [
        (&b"text"[..], 1, "\"text\" is not a media type"),
        (b"\n\ntext/ a", 3, "\"text/\" is not a media type"),
        (b"/x a", 1, "\"/x\" is not a media type"),
        (b"types {\n", 1, "\"types\" is not a media type"),
        (b"a/b;\xc3\xa9 c", 1, "\"a/b;\u{e9}\" is not a media type"),
        (b"a/b a\na/b html;", 2, "\"html;\" is not an extension"),
        (b"a/b .", 1, "\".\" is not an extension"),
        (b"a/b ../x", 1, "\"../x\" is not an extension"),
        (b"a/b b\n\xff", 2, "not UTF-8"),
        (b"a/b b\x00", 1, "\"b\\0\" is not an extension"),
    ] {
        assert_eq!(parse(text), Err((line, what.into())));
    }
}

/// Debian's, Apache's and others.
#[test]
fn a_table_of_the_system_can_be_read() {
    let Ok(text) = std::fs::read("/etc/mime.types") else {
        println!("skipped: no /etc/mime.types");
        return;
    };
    let types = parse(&text).unwrap();
    assert!(types.iter().any(|(extension, _)| extension == "html"));
}
