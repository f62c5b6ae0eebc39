//! Tests of `files::asset`.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::handler::handler;
use crate::testing::{Answer, Site};

fn ask(asset: &Asset, fields: &str) -> Answer {
    let asset = asset.clone();
    let mut site = Site::new(handler(move |req: &Request<'_>, _| asset.send(req)));
    site.ask(format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
}

#[test]
fn the_tag_is_a_strong_one_of_the_content_and_each_coding_has_its_own() {
    for (bytes, tag) in [
        ("", "\"cae66941d9efbd404e4d88758ea67670\""),
        ("hello\n", "\"ea41b4de6c03f13a95758b28dd75693e\""),
    ] {
        let answer = ask(&Asset::new(bytes, "text/plain"), "");
        assert_eq!(answer.header("ETag"), Some(tag));
    }
    let page = Asset::named("page.html", "<p>a page").encoded(Coding::Gzip, "<p>a page");
    let [plain, coded] = ["", "Accept-Encoding: gzip\r\n"].map(|fields| ask(&page, fields));
    let tags = [&plain, &coded].map(|answer| answer.header("ETag").unwrap().to_owned());
    assert_eq!(tags[1], tags[0][..33].to_owned() + "-gzip\"");
    assert_eq!(coded.header("Content-Encoding"), Some("gzip"));
    for answer in [&plain, &coded] {
        assert_eq!(answer.header("Vary"), Some("Accept-Encoding"));
        assert_eq!(
            answer.header("Content-Type"),
            Some("text/html; charset=utf-8")
        );
    }
}

#[test]
fn the_type_is_the_one_given_or_that_of_the_name() {
    let bytes = SharedBytes::from;
    for (asset, content_type, encoding) in [
        (
            Asset::new("{}", "application/ld+json"),
            "application/ld+json",
            None,
        ),
        (Asset::named("img/a.PNG", "x"), "image/png", None),
        (
            Asset::named("a.css", "p {}"),
            "text/css; charset=utf-8",
            None,
        ),
        (
            Asset::named("a.txt", bytes(vec![b'a', 0xE9, b'b'])),
            "text/plain",
            None,
        ),
        (Asset::named("a.svgz", "x"), "image/svg+xml", Some("gzip")),
        (Asset::named("a.js.gz", "x"), "application/gzip", None),
        (
            Asset::named("nothing", "x"),
            "application/octet-stream",
            None,
        ),
    ] {
        let answer = ask(&asset, "");
        assert_eq!(answer.header("Content-Type"), Some(content_type));
        assert_eq!(answer.header("Content-Encoding"), encoding);
        assert_eq!(answer.header("Last-Modified"), None);
    }
}

#[test]
fn a_date_that_is_yet_to_come_is_neither_told_nor_compared() {
    let date = UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    let asset = Asset::new("x", "text/plain").modified(date);
    let mut site = Site::new(handler(move |req: &Request<'_>, _| asset.send(req)));
    let since = "If-Modified-Since: Wed, 18 May 2033 03:33:20 GMT\r\n";
    let head = format!("GET / HTTP/1.1\r\nHost: h\r\n{since}\r\n");
    for (wall, status, told) in [
        (date - Duration::from_secs(1), 200, None),
        (date, 304, Some("Wed, 18 May 2033 03:33:20 GMT")),
        (date - Duration::from_secs(9), 200, None),
    ] {
        site.set_wall(wall);
        let answer = site.ask(&head);
        assert_eq!(
            (answer.status, answer.header("Last-Modified")),
            (status, told)
        );
    }
}

#[test]
fn a_form_of_no_bytes_is_none() {
    let asset = Asset::new("x", "text/plain").encoded(Coding::Brotli, "");
    let answer = ask(&asset, "Accept-Encoding: br\r\n");
    assert_eq!((answer.text(), answer.header("Vary")), ("x".into(), None));
}

#[test]
fn an_answer_copies_nothing_however_large_it_is() {
    const LEN: usize = 100_000_000;
    const READ: usize = 1000;
    let bytes: Arc<[u8]> = vec![7; LEN].into();
    let asset = Asset::new(bytes.clone(), "video/mp4");
    let owners = Arc::strong_count(&bytes);
    let mut site = Site::new(handler(move |req: &Request<'_>, _| asset.send(req)));
    let peers: Vec<_> = (0..20)
        .map(|number| {
            let peer = site.connect();
            peer.read_at_most(READ);
            let range = [
                "",
                "Range: bytes=1-\r\n",
                "Range: bytes=0-9999999,-9999999\r\n",
            ];
            let fields = range[number % range.len()];
            peer.send(format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n"));
            site.settle();
            peer
        })
        .collect();
    // Each response in progress has a share in the same bytes.
    assert_eq!(Arc::strong_count(&bytes), owners + peers.len());
    for peer in &peers {
        assert_eq!(peer.received().len(), READ);
        peer.cut();
    }
    site.settle();
    assert_eq!(Arc::strong_count(&bytes), owners);
}
