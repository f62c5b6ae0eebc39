//! Tests of what is said about the mistakes that people make: each gets one line, which names what
//! to type instead.

use std::fs;

use super::tests::os;
use super::*;

/// Arguments, how the message starts, and what it tells to type.
const MISTAKES: &[(&[&str], &str, &str)] = &[
    // The port.
    (
        &["-p", "8000"],
        "argument -p/--protocol: \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["-p8000"],
        "argument -p/--protocol: \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["-p=8000"],
        "argument -p/--protocol: \"8000\"",
        ": sprat 8000)",
    ),
    (
        &["--protocol", ":8000"],
        "argument -p/--protocol: ",
        ": sprat 8000)",
    ),
    (
        &["-p", "1.1"],
        "argument -p/--protocol: \"1.1\"",
        "(-p HTTP/1.1)",
    ),
    (
        &["--port", "8000"],
        "unknown option \"--port\"",
        ": sprat 8000)",
    ),
    (
        &["--port=9000"],
        "unknown option \"--port=9000\"",
        ": sprat 9000)",
    ),
    (
        &["--port", "-q"],
        "unknown option \"--port\"",
        ": sprat 8000)",
    ),
    (&["-P", "81"], "unknown option \"-P\"", ": sprat 81)"),
    (&["-P81"], "unknown option \"-P81\"", ": sprat 81)"),
    (&["-port", "81"], "unknown option \"-port\"", ": sprat 81)"),
    (
        &[":8000"],
        "argument PORT or DIRECTORY: \":8000\"",
        "(type sprat 8000)",
    ),
    (
        &["+80"],
        "argument PORT or DIRECTORY: \"+80\"",
        "(type sprat 80)",
    ),
    (
        &["8000,"],
        "argument PORT or DIRECTORY: \"8000,\"",
        "(type sprat 8000)",
    ),
    (
        &["port=81"],
        "argument PORT or DIRECTORY: \"port=81\"",
        "(type sprat 81)",
    ),
    (
        &[""],
        "argument PORT or DIRECTORY: \"\"",
        "type sprat 8000)",
    ),
    (
        &["70000"],
        "argument PORT: \"70000\"",
        "is not a port, 0 to 65535",
    ),
    (
        &["80", "81"],
        "unexpected argument \"81\"",
        ": sprat 80 & sprat 81)",
    ),
    (
        &["-q8000"],
        "argument -q/--quiet: takes no value, but got \"8000\"",
        ": sprat 8000)",
    ),
    // The address.
    (&["-b", "any"], "argument -b/--bind", "leave -b out: sprat)"),
    (
        &["--host", "::1"],
        "unknown option \"--host\"",
        ": sprat -b ::1)",
    ),
    (&["--host=0"], "unknown option \"--host=0\"", ": sprat 0)"),
    (
        &["--host", "h:80"],
        "unknown option \"--host\"",
        ": sprat -b h 80)",
    ),
    (
        &["--listen", "[::]:80"],
        "unknown option \"--listen\"",
        ": sprat -b [::] 80)",
    ),
    (
        &["--port", "h:80"],
        "unknown option \"--port\"",
        ": sprat -b h 80)",
    ),
    (
        &["-b", ":8000"],
        "argument -b/--bind: \":8000\" is not",
        ": sprat 8000)",
    ),
    (
        &["-b", "8000"],
        "argument -b/--bind: \"8000\" is not",
        ": sprat 8000)",
    ),
    (
        &["-b", "127.0.0.1:80"],
        "argument -b/--bind: ",
        ": sprat -b 127.0.0.1 80)",
    ),
    (
        &["-b", "[::1]:80"],
        "argument -b/--bind: ",
        ": sprat -b [::1] 80)",
    ),
    (
        &["-b", "http://h:80/"],
        "argument -b/--bind: ",
        ": sprat -b h 80)",
    ),
    (
        &["-b", "h:http"],
        "argument -b/--bind: ",
        "(the port is an argument of its own)",
    ),
    (
        &["-b", "*"],
        "argument -b/--bind: \"*\" is not",
        "leave -b out: sprat)",
    ),
    (
        &["--bind="],
        "argument -b/--bind: \"\" is not",
        "leave -b out: sprat)",
    ),
    (
        &["-b", "::1,h"],
        "argument -b/--bind: \"::1,h\" is not",
        "-b ::1 -b h)",
    ),
    (
        &["-b", "10.0.0.0/8"],
        "argument -b/--bind: ",
        ": -b localhost)",
    ),
    (
        &["0.0.0.0:80"],
        "argument PORT or DIRECTORY: ",
        "(type sprat -b 0.0.0.0 80)",
    ),
    (
        &["localhost:80"],
        "argument PORT or DIRECTORY: ",
        "(type sprat -b localhost 80)",
    ),
    (&["*:80"], "argument PORT or DIRECTORY: ", "(type sprat 80)"),
    (
        &["http://localhost:80"],
        "argument PORT or ",
        "(type sprat -b localhost 80)",
    ),
    (
        &["http://[::1]:80/a?b"],
        "argument PORT or ",
        "(type sprat -b [::1] 80)",
    ),
    (
        &["localhost"],
        "argument PORT or DIRECTORY: ",
        ": sprat -b localhost)",
    ),
    (
        &["127.0.0.1"],
        "argument PORT or DIRECTORY: ",
        ": sprat -b 127.0.0.1)",
    ),
    (
        &["80", "::1"],
        "unexpected argument \"::1\"",
        ": sprat -b ::1 80)",
    ),
    (
        &["-6"],
        "argument PORT or DIRECTORY: \"-6\"",
        "(type sprat -b ::)",
    ),
    // The directory.
    (
        &["--root", "/srv"],
        "unknown option \"--root\"",
        ": sprat -d /srv)",
    ),
    (
        &["--root"],
        "unknown option \"--root\"",
        ": sprat -d DIRECTORY)",
    ),
    (
        &["--root=a b"],
        "unknown option \"--root=a b\"",
        ": sprat -d 'a b')",
    ),
    (
        &["-directory", "."],
        "unknown option \"-directory\"",
        "(did you mean --directory?)",
    ),
    (
        &["--directroy", "."],
        "unknown option \"--directroy\"",
        "(did you mean --directory?)",
    ),
    (&["-D."], "unknown option \"-D.\"", ": sprat -d .)"),
    (
        &["80", "."],
        "unexpected argument \".\"",
        ": sprat 80 -d .)",
    ),
    (
        &[".", "80"],
        "unexpected argument \"80\"",
        ": sprat 80 -d .)",
    ),
    (
        &["src", "tests"],
        "unexpected argument \"tests\"",
        "(one directory for each server,",
    ),
    (
        &["-d", "src", "."],
        "unexpected argument \".\"",
        ": sprat -d .)",
    ),
    (
        &[".", "-d", "src"],
        "unexpected argument \".\"",
        ": sprat -d .)",
    ),
    (
        &["Cargo.toml"],
        "argument PORT or DIRECTORY: \"Cargo.toml\" is a file",
        ": sprat -d Cargo.toml",
    ),
    (
        &["scr"],
        "argument PORT or DIRECTORY: \"scr\"",
        "(did you mean -d src?)",
    ),
    (
        &["./scr"],
        "argument PORT or DIRECTORY: \"./scr\"",
        "(did you mean -d ./src?)",
    ),
    (
        &["~/public"],
        "argument PORT or DIRECTORY: ",
        ": -d ~/public)",
    ),
    (
        &["file:///srv"],
        "argument PORT or DIRECTORY: ",
        ": -d /srv)",
    ),
    // A field.
    (
        &["-H", "X-A: b"],
        "argument -H/--header: expected 2 arguments",
        ": -H X-A b)",
    ),
    (
        &["-H", "X-A: b c", "80"],
        "argument -H/--header: \"X-A: b c\"",
        ": -H X-A 'b c')",
    ),
    (
        &["-H", "X-A:", "b"],
        "argument -H/--header: \"X-A:\"",
        ": -H X-A b)",
    ),
    (
        &["-HX-A:*"],
        "argument -H/--header: expected 2",
        ": -H X-A '*')",
    ),
    (
        &["--header=X-A=b"],
        "argument -H/--header: expected 2",
        ": -H X-A b)",
    ),
    (
        &["--cors"],
        "unknown option \"--cors\"",
        "-H Access-Control-Allow-Origin '*')",
    ),
    // Help and the like.
    (
        &["--help-me"],
        "unknown option \"--help-me\"",
        "(did you mean --help?)",
    ),
    (
        &["-help"],
        "unknown option \"-help\"",
        "(did you mean --help?)",
    ),
    (&["-?"], "unknown option \"-?\"", "(did you mean --help?)"),
    (
        &["help"],
        "argument PORT or DIRECTORY: \"help\"",
        "(did you mean --help?)",
    ),
    (&["-v"], "unknown option \"-v\"", ": sprat -V)"),
    (
        &["--verbose"],
        "unknown option \"--verbose\"",
        ": sprat -V)",
    ),
    (&["-Q"], "unknown option \"-Q\"", "(did you mean --quiet?)"),
    (
        &["--QUIET"],
        "unknown option \"--QUIET\"",
        "(did you mean --quiet?)",
    ),
    (
        &["--no_listing"],
        "unknown option \"--no_listing\"",
        "(did you mean --no-listing?)",
    ),
    (
        &["--connections", "9"],
        "unknown option ",
        "(did you mean --max-connections?)",
    ),
    // Units.
    (
        &["--idle-timeout", "5m"],
        "argument --idle-timeout: \"5m\"",
        "(in seconds: 300)",
    ),
    (
        &["--max-connections", "1k"],
        "argument --max-connections: ",
        "(in digits: 1000)",
    ),
    (
        &["--mime", "x:a/b"],
        "argument --mime: \"x:a/b\"",
        "(--mime x=a/b)",
    ),
];

#[test]
fn mistakes_are_told_with_what_to_type_instead() {
    for (args, start, end) in MISTAKES {
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
