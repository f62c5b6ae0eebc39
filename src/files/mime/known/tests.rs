//! Each line of the table is found, and what is none is not.

use super::*;

#[test]
fn every_line_is_found_and_nothing_else() {
    let mut before = "";
    for line in KNOWN.lines() {
        let (extension, of_extension) = line.split_once(' ').unwrap();
        assert!(before < extension, "{before:?} {extension:?}");
        assert_eq!(extension, extension.to_ascii_lowercase());
        assert_eq!(media_type(extension), Some(of_extension), "{extension}");
        for other in [
            &extension[1..],
            &format!("{extension}~"),
            &format!("{extension} "),
        ] {
            let is_known = KNOWN
                .lines()
                .any(|line| line.split(' ').next() == Some(other));
            assert_eq!(media_type(other).is_some(), is_known, "{other:?}");
        }
        before = extension;
    }
    assert!(KNOWN.lines().count() > 1000);
}

#[test]
fn ends_of_the_table_and_strangers() {
    for (extension, want) in [
        ("123", Some("application/vnd.lotus-1-2-3")),
        ("html", Some("text/html")),
        ("jpg", Some("image/jpeg")),
        ("zmm", Some("application/vnd.handheld-entertainment+xml")),
        ("", None),
        ("0", None),
        ("\n", None),
        ("zzzz", None),
        ("HTML", None),
        ("html text/html", None),
        ("h\u{e4}ml", None),
    ] {
        assert_eq!(media_type(extension), want, "{extension:?}");
    }
}
