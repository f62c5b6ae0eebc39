//! Tests of `http::accept`.

use super::*;

fn ranked(accept: &[&str], media_type: &str) -> Ranked {
    let ranges = accept.iter().map(|range| range.as_bytes());
    Ranked::of_list(ranges, media_type)
}

#[test]
fn json_is_for_those_who_name_it() {
    for (accept, json) in [
        (&["application/json"][..], true),
        (&["APPLICATION/Json;Q=0.001"], true),
        (&["application/json", "text/plain", "*/*"], true),
        (&["application/json;charset=utf-8;q=0.4", "*/*"], true),
        (&["text/html", "application/json"], true),
        (&["text/html;q=0.9", "application/json ; q=0.9"], true),
        (&["application/json;q=1.000", "text/html"], true),
        (&["application/json; q = 0.5"], true),
        (&["application/json;q=0", "application/json"], true),
        (&[], false),
        (&["*/*"], false),
        (&["application/*"], false),
        (&["text/html"], false),
        (&["text/html", "application/json;q=0.9"], false),
        (&["application/json;q=0"], false),
        (&["application/json;q=0.000"], false),
        (&["application/json;q=2"], false),
        (&["application/json;q=1.001"], false),
        (&["application/json;q=0.0001"], false),
        (&["application/json;q=+1"], false),
        (&["application/json;q="], false),
        (&["application/json;q=.5"], false),
        (&["application/jsonp", "xapplication/json"], false),
        (&["application/ld+json"], false),
        (&[";", "", "/"], false),
    ] {
        let got = ranked(accept, "application/json").is_named_first();
        assert_eq!(got, json, "{accept:?}");
    }
}

#[test]
fn markdown_is_for_those_who_rank_it_no_lower_than_html() {
    for (accept, markdown) in [
        (&["text/markdown"][..], true),
        (&["text/markdown", "text/html"], true),
        (&["Text/MarkDown;q=0.8", "text/html;q=0.8"], true),
        (&["text/markdown", "*/*"], true),
        (&["text/markdown;q=0.5", "*/*;q=0.5"], true),
        (&["text/markdown;q=0.5", "text/*;q=0.4", "*/*"], true),
        (
            &["text/markdown;variant=GFM;q=0.9", "text/html;q=0.1"],
            true,
        ),
        (
            &["text/markdown;q=0.3", "text/html;q=0.2", "text/*", "*/*"],
            true,
        ),
        (&["text/markdown;q=0.001"], true),
        (
            &["text/markdown", "text/plain;q=0.9", "application/xml"],
            true,
        ),
        (&[], false),
        (&["*/*"], false),
        (&["text/*"], false),
        (&["text/html"], false),
        (&["text/markdown;q=0"], false),
        (&["text/markdown;q=x"], false),
        (&["text/markdown;q=0.8", "text/html"], false),
        (&["text/markdown;q=0.8", "*/*"], false),
        (&["text/markdown;q=0.8", "text/*;q=0.9"], false),
        (
            &["text/markdown;q=0.3", "text/html;q=0.4", "*/*;q=0.1"],
            false,
        ),
        (&["text/x-markdown", "text/markdownx"], false),
    ] {
        let got = ranked(accept, "text/markdown").is_preferred();
        assert_eq!(got, markdown, "{accept:?}");
    }
}

#[test]
fn a_weight_has_three_decimals_at_most() {
    for (element, weight) in [
        ("a", Some(1000)),
        ("a;q=0", Some(0)),
        ("a;q=1", Some(1000)),
        ("a;q=0.5", Some(500)),
        ("a;q=0.123", Some(123)),
        ("a;q=0.", Some(0)),
        ("a;q=1.", Some(1000)),
        ("a;q=1.000", Some(1000)),
        ("a;Q=0.01", Some(10)),
        ("a ; q = 0.25", Some(250)),
        ("a;x=1;q=0.3;q=0.9", Some(300)),
        ("a;q", Some(1000)),
        ("a;;q=0.5;", Some(500)),
        ("a;q=", None),
        ("a;q=1.001", None),
        ("a;q=0.1234", None),
        ("a;q=2", None),
        ("a;q=-1", None),
        ("a;q=\"1\"", None),
        ("a;q=0,5", None),
        ("a;q=00.5", None),
        ("a;q=1e0", None),
    ] {
        assert_eq!(
            weighted(element.as_bytes()),
            (&b"a"[..], weight),
            "{element}"
        );
    }
}
