//! Tests of `program::cli::unknown`.

use super::*;

#[test]
fn words_with_one_dash_and_longer_names_are_told_apart() {
    for (name, end) in [
        ("-cgi", "did you mean --cgi?"),
        ("-man", "did you mean --man?"),
        ("-log", "sprat --log-file access.log"),
        ("-c-1", "-H Cache-Control no-cache"),
        ("-c", "lists the options"),
        ("-m", "sprat 8000"),
        ("--cgi-directory", "did you mean --cgi-directories?"),
        ("--cgi-bin", "did you mean --cgi?"),
    ] {
        let said = hint(OsStr::new(name), None).unwrap();
        assert!(said.ends_with(end), "{name}: {said}");
    }
}

#[test]
fn what_resembles_nothing_gets_no_hint() {
    for name in ["--frobnicate", "--bogus", "-x", "---", "--", "-\u{e9}"] {
        assert_eq!(hint(OsStr::new(name), None), None, "{name}");
    }
}

#[test]
fn every_option_is_found_with_two_letters_swapped() {
    for flag in flags() {
        let mut name = flag.long.as_bytes().to_vec();
        let at = name.len() - 2;
        name.swap(at - 1, at);
        let typed = String::from_utf8(name).unwrap();
        if flags().any(|other| other.long == typed) || meaning(&typed).is_some() {
            continue;
        }
        let want = format!("did you mean {}?", flag.long);
        assert_eq!(hint(OsStr::new(&typed), None), Some(want), "{typed}");
    }
}
