//! Conditional requests in the order of RFC 9110 section 13.2.2, and honest validators.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, UNIX_EPOCH};

use crate::support::server::wait_for;
use crate::support::site::{MODIFIED, MODIFIED_DATE, set_modified};
use crate::support::{Framing, Server, Site};

const EARLIER: &str = "Mon, 13 Nov 2023 22:13:20 GMT";
const LATER: &str = "Wed, 15 Nov 2023 22:13:20 GMT";

/// A site whose `/a.txt` holds `0123456789`, and its strong entity tag.
fn serve(name: &str) -> (Site, Server, String) {
    let site = Site::new(name);
    site.file("a.txt", "0123456789");
    let server = site.serve(&[]);
    let tag = server.get("/a.txt").field("ETag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    (site, server, tag)
}

#[test]
fn conditions_are_judged_in_the_order_of_the_rfc() {
    let (_site, server, tag) = serve("order");
    let rows = [
        ("If-Match: TAG", 200),
        ("If-Match: *", 200),
        ("If-Match: \"x\", TAG", 200),
        ("If-Match: \"x\"", 412),
        ("If-Match: W/TAG", 412),
        ("If-Match: \"x\"|If-Unmodified-Since: LATER", 412),
        ("If-Match: TAG|If-Unmodified-Since: EARLIER", 200),
        ("If-Unmodified-Since: SAME", 200),
        ("If-Unmodified-Since: LATER", 200),
        ("If-Unmodified-Since: EARLIER", 412),
        ("If-Unmodified-Since: yesterday", 200),
        ("If-None-Match: TAG", 304),
        ("If-None-Match: W/TAG", 304),
        ("If-None-Match: *", 304),
        ("If-None-Match: \"x\" , TAG", 304),
        ("If-None-Match: \"x,y\",TAG", 304),
        ("If-None-Match: \"x\"|If-None-Match: TAG", 304),
        ("If-None-Match: \"x\"", 200),
        ("If-None-Match: \"x\"|If-Modified-Since: LATER", 200),
        ("If-None-Match: TAG|If-Modified-Since: EARLIER", 304),
        ("If-Modified-Since: SAME", 304),
        ("If-Modified-Since: LATER", 304),
        ("If-Modified-Since: EARLIER", 200),
        ("If-Match: \"x\"|If-None-Match: TAG", 412),
        ("If-Unmodified-Since: EARLIER|If-Modified-Since: LATER", 412),
        ("If-Match: TAG|If-None-Match: TAG", 304),
    ];
    for (row, status) in rows {
        let fields: String = row
            .replace("TAG", &tag)
            .replace("SAME", MODIFIED_DATE)
            .replace("EARLIER", EARLIER)
            .replace("LATER", LATER)
            .split('|')
            .map(|field| format!("{field}\r\n"))
            .collect();
        for method in ["GET", "HEAD"] {
            let reply = server.request(method, "/a.txt", &fields);
            assert_eq!(reply.status, status, "{method} {row}");
        }
    }
}

#[test]
fn dates_come_in_three_forms_and_bad_ones_are_ignored() {
    let (_site, server, _) = serve("dates");
    for (date, status) in [
        ("Tue, 14 Nov 2023 22:13:20 GMT", 304),
        ("Tuesday, 14-Nov-23 22:13:20 GMT", 304),
        ("Tue Nov 14 22:13:20 2023", 304),
        ("Tue, 14 Nov 2023 22:13:19 GMT", 200),
        ("Tuesday, 14-Nov-23 22:13:19 GMT", 200),
        ("Tue Nov 14 22:13:19 2023", 200),
        ("Tue, 14 Nov 2023 22:13:20 +0100", 200),
        ("Tue, 14 Nov 2023 25:13:20 GMT", 200),
        ("2023-11-14T22:13:20Z", 200),
        ("1700000000", 200),
        ("", 200),
        ("tomorrow", 200),
    ] {
        let reply = server.get_with("/a.txt", &format!("If-Modified-Since: {date}\r\n"));
        assert_eq!(reply.status, status, "{date}");
    }
}

#[test]
fn not_modified_has_the_fields_a_cache_needs_and_no_body() {
    let (_site, server, tag) = serve("304");
    let reply = server.get_with("/a.txt", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((reply.status, reply.reason.as_str()), (304, "Not Modified"));
    assert_eq!(reply.field("ETag"), tag);
    assert!(reply.header("Date").is_some());
    assert_eq!(reply.header("Content-Type"), None);
    assert_eq!(reply.framing, Framing::None);
}

#[test]
fn precondition_failed_is_a_page() {
    let (_site, server, _) = serve("412");
    let reply = server.get_with("/a.txt", "If-Match: \"x\"\r\n");
    assert_eq!(reply.status, 412);
    assert_eq!(reply.reason, "Precondition Failed");
    assert!(reply.text().contains("Error code: 412"));
}

#[test]
fn conditions_mean_nothing_where_there_is_no_file() {
    let (_site, server, _) = serve("no-file");
    for field in ["If-Match: *", "If-None-Match: *", "If-Modified-Since: x"] {
        let reply = server.get_with("/nope", &format!("{field}\r\n"));
        assert_eq!(reply.status, 404, "{field}");
    }
}

/// Asks for `/a.txt` until its tag is strong, and returns that.
fn strong_tag(server: &Server) -> String {
    wait_for("a strong tag", || {
        let tag = server.get("/a.txt").field("ETag").to_owned();
        tag.starts_with('"').then_some(tag)
    })
}

/// Puts a file of the same bytes and times, but of another inode, in the place of `/a.txt`.
fn replace(site: &Site, at: Duration) {
    let path = site.path("a.txt");
    let bytes = fs::read(&path).unwrap();
    fs::write(site.path("new"), bytes).unwrap();
    set_modified(&site.path("new"), at);
    // The old file lives on under another name, so its inode is not used again.
    let _ = fs::remove_file(site.path("old"));
    fs::hard_link(&path, site.path("old")).unwrap();
    fs::rename(site.path("new"), &path).unwrap();
}

#[test]
fn validators_tell_size_and_nanoseconds_apart_and_no_inode() {
    let (site, server, tag) = serve("validators");
    let path = site.path("a.txt");
    let mut seen = vec![tag.clone()];
    let mut expect_new = |what: &str| {
        let tag = strong_tag(&server);
        assert!(!seen.contains(&tag), "{what}: {tag} again");
        seen.push(tag);
    };
    site.file("a.txt", "01234567890");
    expect_new("another size");
    set_modified(&path, Duration::new(MODIFIED, 1));
    expect_new("another nanosecond");
    let before = strong_tag(&server);
    replace(&site, Duration::new(MODIFIED, 1));
    assert_eq!(strong_tag(&server), before, "as on another replica");
}

#[test]
fn strict_tags_tell_inodes_apart_and_show_none() {
    let site = Site::new("strict");
    let path = site.file("a.txt", "0123456789");
    let server = site.serve(&["--etag", "strict"]);
    let tag = strong_tag(&server);
    let inode = fs::metadata(&path).unwrap().ino();
    assert!(!tag.contains(&format!("{inode:x}")), "{tag}");
    replace(&site, Duration::from_secs(MODIFIED));
    let other = strong_tag(&server);
    assert_ne!(other, tag);
    // Written in place, and its mtime set back.
    fs::write(&path, "9876543210").unwrap();
    set_modified(&path, Duration::from_secs(MODIFIED));
    assert_ne!(strong_tag(&server), other);
}

#[test]
fn a_frozen_mtime_gives_way_to_ctime() {
    let site = Site::new("frozen");
    let path = site.file("a.txt", "0123456789");
    let server = site.serve(&[]);
    for seconds in [
        0,
        1,
        315_532_800,
        318_211_200,
        456_789_000,
        499_162_500,
        1_153_704_088,
    ] {
        let frozen = Duration::from_secs(seconds);
        set_modified(&path, frozen);
        let tag = strong_tag(&server);
        fs::write(&path, "9876543210").unwrap();
        set_modified(&path, frozen);
        assert_ne!(strong_tag(&server), tag, "{seconds}");
        assert_eq!(server.get("/a.txt").header("Last-Modified"), None);
    }
}

#[test]
fn a_file_from_the_future_has_a_date_that_stays_and_a_strong_tag() {
    let site = Site::new("future");
    let path = site.file("a.txt", "0123456789");
    set_modified(&path, Duration::from_secs(4_000_000_000));
    let server = site.serve(&[]);
    let tag = strong_tag(&server);
    let reply = server.get("/a.txt");
    let changed = fs::metadata(&path).unwrap().ctime() as u64;
    let changed = UNIX_EPOCH + Duration::from_secs(changed);
    assert_eq!(
        Some(reply.field("Last-Modified")),
        sprat::http_date(changed).as_deref()
    );
    assert_eq!(reply.field("ETag"), tag);
    for field in ["Date", "Last-Modified"] {
        let date = reply.field(field);
        let again = server.get_with("/a.txt", &format!("If-Modified-Since: {date}\r\n"));
        assert_eq!(again.status, 304, "{field}");
    }
}

#[test]
fn the_validator_is_weak_while_the_file_may_still_change_unseen() {
    let site = Site::new("racy");
    let server = site.serve(&[]);
    // It is so for 20 ms only, in which this test may not have its turn.
    let tag = wait_for("a weak tag", || {
        site.fresh_file("a.txt", "fresh");
        let tag = server.get("/a.txt").field("ETag").to_owned();
        tag.starts_with("W/").then_some(tag)
    });
    // A weak tag is good for If-None-Match, and never for a range.
    let again = server.get_with("/a.txt", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(again.status, 304);
    let fields = format!("Range: bytes=0-0\r\nIf-Range: {tag}\r\n");
    assert_eq!(server.get_with("/a.txt", &fields).status, 200);
    let strong = strong_tag(&server);
    assert_eq!(strong, tag.trim_start_matches("W/"));
    let fields = format!("Range: bytes=0-0\r\nIf-Range: {strong}\r\n");
    assert_eq!(server.get_with("/a.txt", &fields).status, 206);
}

#[test]
fn there_is_no_last_modified_at_the_epoch() {
    let site = Site::new("epoch");
    for (name, seconds) in [("zero", 0), ("one", 1)] {
        let path = site.file(name, "nix");
        set_modified(&path, Duration::from_secs(seconds));
    }
    let server = site.serve(&[]);
    for name in ["/zero", "/one"] {
        let reply = server.get(name);
        assert_eq!(reply.header("Last-Modified"), None, "{name}");
        let later = format!("If-Modified-Since: {LATER}\r\n");
        assert_eq!(server.get_with(name, &later).status, 200, "{name}");
    }
}

#[test]
fn cache_control_is_never_invented() {
    let (_site, server, _) = serve("cache-control");
    for target in ["/a.txt", "/", "/nope"] {
        let reply = server.get(target);
        assert_eq!(reply.header("Cache-Control"), None, "{target}");
        assert_eq!(reply.header("Expires"), None, "{target}");
    }
}
