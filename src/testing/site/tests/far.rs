//! What does not fit into 32 bits: files past 4 GiB, and times past 2038. Whole answers, so that
//! every number is on its whole way.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::FileServer;
use crate::testing::{Answer, Site};

const GIB: u64 = 1 << 30;

/// Bytes of the file, which takes no room on the disk.
const LEN: u64 = 5 * GIB;

/// Its seconds do not fit into 32 bits, with a sign or without.
const FAR: u64 = 6_255_026_048;
const FAR_DATE: &str = "Sat, 19 Mar 2168 03:14:08 GMT";

/// Answers as at this time, in seconds.
fn asking(dir: &TempDir, time: u64) -> impl FnMut(&str, &str) -> Answer {
    let mut site = Site::new(FileServer::new(dir.path()).unwrap());
    site.set_wall(UNIX_EPOCH + Duration::from_secs(time));
    move |line, fields| site.ask(format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
}

#[test]
fn a_file_past_4_gib_has_all_of_its_length_and_its_offsets() {
    let dir = TempDir::new().unwrap();
    let file = File::create(dir.path().join("a")).unwrap();
    file.set_len(LEN).unwrap();
    file.write_all_at(b"high", LEN - 4).unwrap();
    // Where 32 bits would look for it.
    file.write_all_at(b"low!", GIB - 4).unwrap();
    // Long ago, so that its tag is strong.
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        .unwrap();
    let mut ask = asking(&dir, 1_900_000_000);
    let head = ask("HEAD /a", "");
    assert_eq!(head.header("content-length"), Some("5368709120"));
    let tag = head.header("etag").unwrap().to_owned();
    for range in ["5368709116-", "-4", "5368709116-9999999999999999999"] {
        for condition in [String::new(), format!("If-Range: {tag}\r\n")] {
            let part = ask("GET /a", &format!("{condition}Range: bytes={range}\r\n"));
            assert_eq!(
                (part.status, part.text().as_str()),
                (206, "high"),
                "{range}"
            );
            let place = "bytes 5368709116-5368709119/5368709120";
            assert_eq!(part.header("content-range"), Some(place));
        }
    }
    let two = ask(
        "GET /a",
        "Range: bytes=1073741820-1073741823,5368709116-\r\n",
    );
    let low = two.text().find("low!");
    assert!(
        low.is_some() && low < two.text().find("high"),
        "{}",
        two.text()
    );
    let past = ask("GET /a", "Range: bytes=5368709120-\r\n");
    assert_eq!(
        (past.status, past.header("content-range")),
        (416, Some("bytes */5368709120"))
    );
    let list = ask("GET /", "Accept: application/json\r\n");
    assert!(
        list.text().contains("\"size\":5368709120,"),
        "{}",
        list.text()
    );
}

#[test]
fn a_time_past_2038_and_2106_is_shown_and_compared() {
    let dir = TempDir::new().unwrap();
    let file = File::create(dir.path().join("a")).unwrap();
    file.write_all_at(b"text", 0).unwrap();
    // Not by std, whose times are those of the C library, which may have 32 bits.
    let far = rustix::fs::Timespec {
        tv_sec: FAR as i64,
        tv_nsec: 0,
    };
    let times = rustix::fs::Timestamps {
        last_access: far,
        last_modification: far,
    };
    rustix::fs::futimens(&file, &times).unwrap();
    if rustix::fs::fstat(&file).unwrap().st_mtime as i64 != FAR as i64 {
        // A file system whose own times have 32 bits: ext3, XFS without `bigtime`.
        return;
    }
    let mut ask = asking(&dir, FAR + 3600);
    let whole = ask("GET /a", "");
    assert_eq!(whole.header("last-modified"), Some(FAR_DATE));
    assert_eq!(whole.header("date"), Some("Sat, 19 Mar 2168 04:14:08 GMT"));
    for (fields, want) in [
        (format!("If-Modified-Since: {FAR_DATE}\r\n"), 304),
        (
            "If-Modified-Since: Sat, 19 Mar 2168 03:14:07 GMT\r\n".into(),
            200,
        ),
        (format!("If-Unmodified-Since: {FAR_DATE}\r\n"), 200),
        (
            "If-Unmodified-Since: Sat, 19 Mar 2168 03:14:07 GMT\r\n".into(),
            412,
        ),
        (format!("If-Range: {FAR_DATE}\r\nRange: bytes=0-0\r\n"), 206),
    ] {
        assert_eq!(ask("GET /a", &fields).status, want, "{fields}");
    }
    let list = ask("GET /", "Accept: application/json\r\n");
    assert!(
        list.text().contains("\"mtime\":6255026048"),
        "{}",
        list.text()
    );
    let page = ask("GET /", "");
    assert!(page.text().contains("2168-03-19"), "{}", page.text());
}
