//! Tests of what is said about the mistakes that people make: each gets one line, which names what
//! to type instead.

mod running;
mod table;

use std::fs;

use super::tests::os;
use super::*;

#[test]
fn mistakes_are_told_with_what_to_type_instead() {
    for (args, start, end) in table::MISTAKES.iter().chain(running::RUNNING) {
        let said = parse(os(args)).expect_err(start).to_string();
        assert!(said.starts_with(start), "{args:?}: {said}");
        assert!(
            said.ends_with(end) || said.contains(end),
            "{args:?}: {said}"
        );
        assert!(!said.contains('\n'), "{said:?}");
    }
}

#[test]
fn the_first_wrong_argument_is_the_one_that_is_told() {
    for (args, start) in [
        (&["70000", "--bogus"][..], "argument PORT: \"70000\""),
        (&["--bogus", "70000"], "unknown option \"--bogus\""),
        (&["-p", "8000", "-b", ":1"], "argument -p/--protocol"),
        (&["-b", ":1", "-p", "8000"], "argument -b/--bind"),
        (
            &["--idle-timeout", "x", "-H", "X"],
            "argument --idle-timeout",
        ),
        (
            &["-H", "a b", "c", "--idle-timeout", "x"],
            "argument -H/--header",
        ),
        (&["8000", ".", "--bogus"], "unexpected argument \".\""),
        (
            &["-d", "nosuchdir", "--bogus"],
            "argument -d/--directory: cannot serve \"nosuchdir\"",
        ),
        (
            &["-d", "nosuchdir", "-d", ".", "--bogus"],
            "unknown option \"--bogus\"",
        ),
        (
            &["--bogus", "-d", "nosuchdir"],
            "unknown option \"--bogus\"",
        ),
    ] {
        let said = parse(os(args)).expect_err(start).to_string();
        assert!(said.starts_with(start), "{args:?}: {said}");
    }
}

#[test]
fn what_cannot_be_shown_in_a_line_is_named_by_its_kind() {
    for (args, end) in [
        (["--root", "a\nb"], ": sprat -d DIRECTORY)"),
        (["--port", "\u{1b}[31m"], ": sprat 8000)"),
        (["--host", "a\tb"], ": sprat -b ADDRESS)"),
    ] {
        let said = parse(os(&args)).expect_err(end).to_string();
        assert!(said.ends_with(end), "{said}");
    }
    for arg in [
        "a\nb",
        "\u{1b}[31m",
        ":\n80",
        "localhost\n:80",
        "http://a\r\n/",
    ] {
        for args in [
            vec![arg],
            vec!["-b", arg],
            vec!["-p", arg],
            vec!["--mime", arg],
        ] {
            let said = parse(os(&args)).expect_err(arg).to_string();
            assert!(!said.contains(char::is_control), "{args:?}: {said:?}");
        }
    }
}

#[test]
#[cfg(feature = "cgi")]
fn a_directory_of_scripts_after_cgi_is_not_served() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| {
        let path = place.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (scripts, own, public) = (path("cgi-bin"), path("a/Run"), path("public"));
    for args in [
        &["--cgi", &scripts][..],
        &[&scripts, "--cgi"],
        &["--cgi-directories", "/x,/a/run/", &own],
    ] {
        let said = parse(os(args)).unwrap_err().to_string();
        assert!(said.contains("(--cgi takes no value;"), "{args:?}: {said}");
    }
    for args in [
        &["--cgi", &public][..],
        &[&scripts],
        &["--cgi", "-d", &scripts],
        &["--cgi-directories", "/", &own],
    ] {
        assert!(parse(os(args)).is_ok(), "{args:?}");
    }
}

#[test]
fn directories_that_are_not_there_get_a_hint() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("public")).unwrap();
    fs::write(place.path().join("pubic"), "").unwrap();
    let missing = |path: &Path| {
        let error = fs::metadata(path).unwrap_err();
        cannot_serve(path, &error).to_string()
    };
    let said = missing(&place.path().join("publik"));
    let want = format!(
        "(did you mean -d {}?)",
        place.path().join("public").display()
    );
    assert!(said.ends_with(&want), "{said}");
    let said = missing(Path::new("8000"));
    assert!(said.ends_with(": sprat 8000)"), "{said}");
    let said = missing(Path::new("no/such"));
    assert!(said.ends_with(": sprat -d .)"), "{said}");
    // Nothing is beside it.
    let said = missing(Path::new("/no/such"));
    assert!(said.ends_with("No such file or directory"), "{said}");
}
