//! Tests of `files::listing::accept`.

use super::*;

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
        let want = if json { Format::Json } else { Format::Html };
        let ranges = accept.iter().map(|range| range.as_bytes());
        assert_eq!(choose_of(ranges), want, "{accept:?}");
    }
}
