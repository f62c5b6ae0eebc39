//! Tests of `program::sandbox`.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn what_may_be_read_is_beneath_what_is_above_and_above_links_and_what_they_lead_to() {
    let place = tempfile::tempdir().unwrap();
    let top = place.path().canonicalize().unwrap();
    for name in ["site", "a/r1/public", "other"] {
        fs::create_dir_all(top.join(name)).unwrap();
    }
    fs::write(top.join("site/page.html"), "").unwrap();
    symlink("a/r1", top.join("current")).unwrap();
    symlink("../current", top.join("other/stable")).unwrap();
    symlink("/", top.join("slash")).unwrap();
    for (root, want) in [
        ("site", &[""][..]),
        ("site/page.html", &["site"]),
        ("a/r1/public", &["a/r1"]),
        ("a/r1/../r1", &["a/r1/..", "a"]),
        // To `a/r2`, or to `current`, which may lead elsewhere.
        ("current", &["", "a"]),
        ("current/public", &["current", "a/r1", "", "a"]),
        ("other/stable", &["other", "a"]),
        // That is everywhere.
        ("slash", &[]),
        ("slash/etc", &[]),
    ] {
        let want: Vec<PathBuf> = want
            .iter()
            // Without a slash at the end.
            .map(|name| top.join(name).components().collect())
            .collect();
        assert_eq!(above(&top.join(root)), want, "{root}");
    }
    for root in ["/", "/usr", "/usr/.."] {
        assert_eq!(above(Path::new(root)), [""; 0].map(PathBuf::from), "{root}");
    }
}

#[test]
fn a_log_is_made_anew_in_its_directory_and_what_is_no_file_is_opened_alone() {
    let place = tempfile::tempdir().unwrap();
    let top = place.path().canonicalize().unwrap();
    fs::create_dir(top.join("logs")).unwrap();
    fs::write(top.join("logs/log"), "").unwrap();
    symlink("logs/log", top.join("link")).unwrap();
    for (path, want) in [
        (top.join("logs/log"), Some(top.join("logs"))),
        (top.join("link"), Some(top.join("logs"))),
        ("/dev/null".into(), Some("/dev/null".into())),
        (top.join("none"), None),
    ] {
        assert_eq!(log_place(&path), want, "{path:?}");
    }
}
