//! Tests of `http::form`.

use super::*;

#[test]
fn pairs_are_split_before_they_are_decoded() {
    // (form, pairs)
    for (form, want) in [
        ("", &[][..]),
        ("&&", &[]),
        ("a=b", &[("a", "b")]),
        ("a=b&c=d&a=e", &[("a", "b"), ("c", "d"), ("a", "e")]),
        ("a", &[("a", "")]),
        ("=", &[("", "")]),
        ("=b", &[("", "b")]),
        ("a=b=c", &[("a", "b=c")]),
        ("a+b=c+d", &[("a b", "c d")]),
        ("a=%2B%26%3D%20", &[("a", "+&= ")]),
        ("J%C3%BCrgen=%e2%82%ac", &[("J\u{fc}rgen", "\u{20ac}")]),
        ("a=%FF", &[("a", "\u{fffd}")]),
        (
            "a=100%&b=%4&c=%zz",
            &[("a", "100%"), ("b", "%4"), ("c", "%zz")],
        ),
        ("a=b;c=d", &[("a", "b;c=d")]),
        ("a=%00%0D%0A", &[("a", "\0\r\n")]),
    ] {
        let got: Vec<_> = pairs(form.as_bytes()).collect();
        let got: Vec<_> = got.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(got, want, "{form:?}");
    }
}
