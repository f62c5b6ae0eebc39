//! Tests of `http::page`.

use super::*;

#[test]
fn page_is_that_of_python_3_14_with_a_line_for_phones() {
    let page = error_page(
        Status::NOT_FOUND,
        "File not found",
        Status::NOT_FOUND.explain(),
    );
    let want = r#"<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style type="text/css">
            :root {
                color-scheme: light dark;
            }
        </style>
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: 404</p>
        <p>Message: File not found.</p>
        <p>Error code explanation: 404 - Nothing matches the given URI.</p>
    </body>
</html>
"#;
    assert_eq!(page, want);
}

#[test]
fn nothing_in_a_message_or_an_explanation_is_markup() {
    let page = error_page(Status::NOT_IMPLEMENTED, "<b>('&')", "</p><script>");
    assert!(page.contains("<p>Message: &lt;b&gt;('&amp;').</p>\n"));
    assert!(page.contains(" 501 - &lt;/p&gt;&lt;script&gt;.</p>\n"));
}

#[test]
fn an_empty_explanation_leaves_its_full_stop_as_in_python() {
    let page = error_page(Status::INSUFFICIENT_STORAGE, "full", "");
    assert!(page.contains("<p>Error code explanation: 507 - .</p>\n"));
}

#[test]
fn html_is_escaped_without_quotes() {
    for (text, want) in [
        ("", ""),
        ("plain", "plain"),
        ("ä→", "ä→"),
        ("\"'", "\"'"),
        ("&", "&amp;"),
        ("&amp;", "&amp;amp;"),
        ("<>", "&lt;&gt;"),
        ("a<b>c&d", "a&lt;b&gt;c&amp;d"),
        ("é<é", "é&lt;é"),
    ] {
        let mut out = String::from("=");
        escape_html(text, &mut out);
        assert_eq!(out, format!("={want}"));
    }
}

#[test]
fn the_page_that_is_made_once_is_the_one_that_is_made_anew() {
    let explain = Status::NOT_FOUND.explain();
    for (status, message, explain) in [
        (Status::NOT_FOUND, MISSING_FILE, explain),
        (Status::NOT_FOUND, MISSING_FILE, "other"),
        (Status::NOT_FOUND, "other", explain),
        (Status::FORBIDDEN, MISSING_FILE, explain),
    ] {
        let want = error_page(status, message, explain);
        for _ in 0..2 {
            let bytes = error_page_bytes(status, message, explain);
            assert_eq!(&*bytes, want.as_bytes());
        }
    }
}
