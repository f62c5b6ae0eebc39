//! Files: fields, conditions and ranges.

use super::*;
use crate::http::validators::{DATES_END, http_date};

#[test]
fn file_is_sent_with_the_fields_of_python_and_its_validators() {
    let dir = site();
    let files = serving(&dir);
    for method in ["GET", "HEAD"] {
        let response = ask(&files, &format!("{method} /a.txt?query"), "");
        assert_eq!(response.status(), Status::OK);
        let want = ["Content-type", "Last-Modified", "ETag", "Accept-Ranges"];
        assert_eq!(names(&response), want);
        assert_eq!(
            field(&response, "content-type"),
            Some("text/plain; charset=utf-8")
        );
        let date = Some("Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(field(&response, "last-modified"), date);
        assert!(field(&response, "etag").unwrap().starts_with('"'));
        assert_eq!(field(&response, "accept-ranges"), Some("bytes"));
        assert_eq!(body(&response), "file 0..12");
    }
    assert_eq!(body(&get(&files, "/empty")), "");
}

#[test]
fn python_protocol_has_no_charset() {
    let dir = site();
    let files = serving(&dir);
    let text = b"GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n";
    with_request(text, Version::Http10, |request| {
        let response = respond(&files, request);
        assert_eq!(field(&response, "content-type"), Some("text/plain"));
    });
}

#[test]
fn conditions_are_answered_304_and_412() {
    let dir = site();
    let files = serving(&dir);
    let whole = get(&files, "/a.txt");
    let etag = field(&whole, "etag").unwrap();
    for (fields, want) in [
        (format!("If-None-Match: {etag}"), 304),
        ("If-None-Match: *".into(), 304),
        (
            "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT".into(),
            304,
        ),
        (format!("If-Match: {etag}"), 200),
        ("If-None-Match: \"x\"".into(), 200),
        (
            "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT".into(),
            200,
        ),
        ("If-Modified-Since: yesterday".into(), 200),
        ("If-Match: \"x\"".into(), 412),
        (
            "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:19 GMT".into(),
            412,
        ),
    ] {
        for method in ["GET", "HEAD"] {
            let fields = format!("{fields}\r\nRange: bytes=0-1\r\n");
            let response = ask(&files, &format!("{method} /a.txt"), &fields);
            let ranged = want == 200 && method == "GET";
            let want = if ranged { 206 } else { want };
            assert_eq!(response.status().code(), want, "{method} {fields}");
            if want == 304 {
                assert_eq!(names(&response), ["Last-Modified", "ETag"]);
                assert_eq!(field(&response, "etag"), Some(etag));
                assert_eq!(body(&response), "");
            }
        }
    }
}

#[test]
fn ranges_are_sent() {
    let dir = site();
    let files = serving(&dir);
    let whole = get(&files, "/a.txt");
    let etag = field(&whole, "etag").unwrap().to_owned();
    for (fields, status, range, want) in [
        (
            "Range: bytes=2-4\r\n",
            206,
            Some("bytes 2-4/12"),
            "file 2..5",
        ),
        (
            "Range: bytes=-3\r\n",
            206,
            Some("bytes 9-11/12"),
            "file 9..12",
        ),
        (
            "Range: bytes=5-99\r\n",
            206,
            Some("bytes 5-11/12"),
            "file 5..12",
        ),
        ("Range: bytes=0-0,4-4\r\n", 206, None, "parts [0..1, 4..5]"),
        ("Range: bytes=12-\r\n", 416, Some("bytes */12"), ""),
        ("Range: bytes=4-2\r\n", 200, None, "file 0..12"),
        ("Range: lines=1-2\r\n", 200, None, "file 0..12"),
        (
            "Range: bytes=0-0\r\nRange: bytes=2-2\r\n",
            200,
            None,
            "file 0..12",
        ),
        (
            "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n",
            200,
            None,
            "file 0..12",
        ),
        (
            &format!("Range: bytes=0-0\r\nIf-Range: {etag}\r\n"),
            206,
            Some("bytes 0-0/12"),
            "file 0..1",
        ),
    ] {
        let response = ask(&files, "GET /a.txt", fields);
        assert_eq!(response.status().code(), status, "{fields}");
        assert_eq!(field(&response, "content-range"), range, "{fields}");
        assert_eq!(body(&response), want, "{fields}");
        if want.starts_with("parts") {
            let content_type = field(&response, "content-type").unwrap();
            assert!(content_type.starts_with("multipart/byteranges"));
        }
        let head = ask(&files, "HEAD /a.txt", fields);
        assert_eq!(head.status(), Status::OK, "{fields}");
    }
}

#[test]
fn extra_fields_are_on_files_and_listings_only() {
    let dir = site();
    let files = FileServer::builder(dir.path())
        .header("X-Test", "1")
        .header("Cache-Control", "no-cache")
        .open()
        .unwrap();
    for response in [
        get(&files, "/a.txt"),
        get(&files, "/dir/"),
        ask(&files, "GET /a.txt", "Range: bytes=0-0\r\n"),
        ask(&files, "GET /a.txt", "If-None-Match: *\r\n"),
    ] {
        assert_eq!(field(&response, "x-test"), Some("1"));
        assert_eq!(field(&response, "cache-control"), Some("no-cache"));
    }
    for response in [
        get(&files, "/nope"),
        get(&files, "/dir"),
        ask(&files, "GET /a.txt", "If-Match: \"x\"\r\n"),
        ask(&files, "GET /a.txt", "Range: bytes=99-\r\n"),
        ask(&files, "OPTIONS /a.txt", ""),
    ] {
        assert_eq!(field(&response, "x-test"), None);
    }
}

#[test]
fn dates_that_cannot_be_written_are_left_out() {
    let dir = site();
    let files = serving(&dir);
    for (time, want) in [
        (UNIX_EPOCH - Duration::from_secs(5), None),
        (UNIX_EPOCH, None),
        // The ctime, too, is ahead of this test's clock.
        (now() + Duration::from_secs(60), None),
        (UNIX_EPOCH + Duration::from_secs(300_000_000_000), None),
    ] {
        let file = File::options().write(true).open(dir.path().join("a.txt"));
        if file.unwrap().set_modified(time).is_err() {
            continue; // The file system cannot write it either.
        }
        let response = get(&files, "/a.txt");
        assert_eq!(response.status(), Status::OK);
        assert_eq!(field(&response, "last-modified"), want);
    }
    assert_eq!(http_date(UNIX_EPOCH + DATES_END), None);
    assert!(http_date(UNIX_EPOCH + DATES_END - Duration::from_secs(1)).is_some());
}

#[test]
fn find_says_what_a_path_names_and_the_caller_may_change_it() {
    let dir = site();
    let files = serving(&dir);
    let text = b"GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n";
    with_request(text, Version::Http11, |request| {
        let Found::File(mut file) = files.find(request) else {
            panic!("it is a file");
        };
        assert_eq!(
            (file.len, file.modified),
            (12, now() - Duration::from_secs(3600))
        );
        file.content_type = "text/x-mine".into();
        let response = files.send(request, file);
        assert_eq!(field(&response, "content-type"), Some("text/x-mine"));
    });
}

#[test]
fn a_file_ahead_of_the_clock_in_all_is_strong_after_two_seconds_as_it_is() {
    let dir = site();
    let files = serving(&dir);
    // Its ctime is that of this machine, years ahead of the test's clock.
    let set = |ahead| {
        let file = File::options().write(true).open(dir.path().join("a.txt"));
        let ahead = now() + Duration::from_secs(ahead);
        file.unwrap().set_modified(ahead).unwrap();
    };
    let mut is_strong = |millis: u64| {
        let text = b"GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n";
        let received = now() + Duration::from_millis(millis);
        with_request_at(received, text, Version::Http11, |request| {
            let response = respond(&files, request);
            assert_eq!(field(&response, "last-modified"), None);
            field(&response, "etag").unwrap().starts_with('"')
        })
    };
    set(60);
    assert_eq!(
        [0, 1_999, 2_000, 2_001].map(&mut is_strong),
        [false, false, true, true]
    );
    set(61);
    assert_eq!(
        [2_002, 4_001, 4_002].map(&mut is_strong),
        [false, false, true]
    );
}
