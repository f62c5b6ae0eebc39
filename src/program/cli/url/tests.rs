//! Tables of URLs.

use super::*;

#[test]
fn a_url_says_who_is_asked_and_for_what() {
    let tcp = |host: &str, port| CheckPlace::Tcp(host.into(), port);
    let unix = |path: &str| CheckPlace::Unix(path.into());
    for (text, place, host, target) in [
        ("http://a:8000/x", tcp("a", 8000), "a:8000", "/x"),
        ("http://a", tcp("a", 80), "a", "/"),
        (
            "http://127.0.0.1:1",
            tcp("127.0.0.1", 1),
            "127.0.0.1:1",
            "/",
        ),
        ("http://[::1]:8000/", tcp("::1", 8000), "[::1]:8000", "/"),
        ("http://a?b=http://c:/", tcp("a", 80), "a", "/?b=http://c:/"),
        ("http://a:1/x?y", tcp("a", 1), "a:1", "/x?y"),
        ("unix:/run/s:/x", unix("/run/s"), "localhost", "/x"),
        ("unix:/run/s", unix("/run/s"), "localhost", "/"),
        ("unix:s:1:/x:/y", unix("s:1"), "localhost", "/x:/y"),
        ("unix:a b:/", unix("a b"), "localhost", "/"),
    ] {
        let want = CheckUrl {
            text: text.into(),
            place,
            host: host.into(),
            target: target.into(),
        };
        assert_eq!(check_url(text), Ok(want), "{text}");
    }
}

#[test]
fn what_is_none_is_told_with_one() {
    for (text, hint) in [
        ("", "--check http://localhost:8000/"),
        ("8000", "--check http://localhost:8000/"),
        ("localhost:81", "--check http://localhost:81/"),
        ("/healthz", "--check http://localhost:8000/"),
        ("https://a/", NO_TLS),
        ("ftp://a/", "--check http://localhost:8000/"),
        ("http://", "--check http://localhost:8000/"),
        ("http://*:80/", "--check http://localhost:8000/"),
        ("http://:80/", "--check http://localhost:8000/"),
        ("http://a:x/", "--check http://localhost:8000/"),
        ("http://a:65536/", "--check http://localhost:8000/"),
        ("http://u@a/", "--check http://localhost:8000/"),
        ("http://a/ b", "--check http://localhost:8000/"),
        ("http://a/\r\nx", "--check http://localhost:8000/"),
        ("http://a/\u{e9}", "--check http://localhost:8000/"),
        ("http://a/#b", "--check http://localhost:8000/"),
        ("unix:", "--check http://localhost:8000/"),
        ("unix::/x", "--check http://localhost:8000/"),
    ] {
        let neither = "is neither http://HOST:PORT/PATH nor unix:PATH:/PATH";
        let want = format!("{text:?} {neither} ({hint})");
        assert_eq!(check_url(text), Err(want));
    }
}
