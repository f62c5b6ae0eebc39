//! Tests of the command line: vectors of arguments to a configuration or to one line of error.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use super::*;

pub fn os(args: &[&str]) -> Vec<OsString> {
    args.iter().map(OsString::from).collect()
}

pub fn serve(args: Vec<OsString>) -> Config {
    match parse(args) {
        Ok(Action::Serve(config)) => *config,
        other => panic!("{other:?}"),
    }
}

#[test]
fn limits_are_printed_for_all_the_options_there_are() {
    match parse(os(&["--lim", "--max-connections", "7", "9000"])) {
        Ok(Action::Limits(config)) => {
            assert_eq!((config.limits.connections_max, config.port), (7, 9000));
        }
        other => panic!("{other:?}"),
    }
    assert!(parse(os(&["--limits", "--max-connections", "x"])).is_err());
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.into(), value.into())
}

type Change = fn(&mut Config);

/// Arguments, and how the configuration they make differs from the default.
const GOOD: &[(&[&str], Change)] = &[
    (&[], |_| ()),
    (&["9000"], |c| c.port = 9000),
    (&["0"], |c| c.port = 0),
    (&["65535"], |c| c.port = 65535),
    (&["0080"], |c| c.port = 80),
    (&["--", "80"], |c| c.port = 80),
    (&["-b", "127.0.0.1"], |c| c.bind = ip("127.0.0.1")),
    (&["-b127.0.0.1"], |c| c.bind = ip("127.0.0.1")),
    (&["-b=127.0.0.1"], |c| c.bind = ip("127.0.0.1")),
    (&["--bind", "::1"], |c| c.bind = ip("::1")),
    (&["--bind=::1"], |c| c.bind = ip("::1")),
    (&["--bi", "[::1]"], |c| c.bind = ip("::1")),
    (&["--b=0.0.0.0"], |c| c.bind = ip("0.0.0.0")),
    (&["-b", "Localhost"], |c| c.bind = vec![Bind::Localhost]),
    (&["-b", "box.lan"], |c| {
        c.bind = vec![Bind::Name("box.lan".into())]
    }),
    (&["-b", "fe80::1%eth0"], |c| {
        c.bind = vec![Bind::Name("fe80::1%eth0".into())]
    }),
    (&["-b", "::1", "-b", "localhost", "-b::"], |c| {
        c.bind = [ip("::1"), vec![Bind::Localhost], ip("::")].concat();
    }),
    (&["-b", "127.1"], |c| c.bind = ip("127.0.0.1")),
    (&["-b", "::ffff:127.0.0.1"], |c| c.bind = ip("127.0.0.1")),
    (&["src"], |c| c.directory = "src".into()),
    (&["./src/", "-q"], |c| {
        c.directory = "./src/".into();
        c.quiet = true;
    }),
    (&["-b", "::1", "--", "."], |c| c.bind = ip("::1")),
    (&["-d", "/srv"], |c| c.directory = "/srv".into()),
    (&["-d."], |_| ()),
    (&["--dir", "a b"], |c| c.directory = "a b".into()),
    (&["--directory=--bind"], |c| c.directory = "--bind".into()),
    (&["--directory==x"], |c| c.directory = "=x".into()),
    (&["-d", "-"], |c| c.directory = "-".into()),
    (&["-d", "-1"], |c| c.directory = "-1".into()),
    (&["-d", "-a b"], |c| c.directory = "-a b".into()),
    (&["-d", "--", "-x"], |c| c.directory = "-x".into()),
    // Quotes that the shell has left are part of the value.
    (&["--directory=\"x\""], |c| c.directory = "\"x\"".into()),
    (&["-d'x"], |c| c.directory = "'x".into()),
    (&["-d", "-", "8001"], |c| {
        c.directory = "-".into();
        c.port = 8001;
    }),
    (&["-d", "\"x\""], |c| c.directory = "\"x\"".into()),
    (&["8001", "-d", "/srv"], |c| {
        c.port = 8001;
        c.directory = "/srv".into();
    }),
    (&["-d", "/srv", "--", "8001"], |c| {
        c.port = 8001;
        c.directory = "/srv".into();
    }),
    (&["-p", "HTTP/1.0"], |c| c.protocol = Version::Http10),
    (&["--prot=HTTP/1.1"], |_| ()),
    (&["-H", "X-A", "1", "-H", "X-B", "2", "8001"], |c| {
        c.headers = vec![field("X-A", "1"), field("X-B", "2")];
        c.port = 8001;
    }),
    (&["--header", "X-A", "", "--header", "X-A", "-5"], |c| {
        c.headers = vec![field("X-A", ""), field("X-A", "-5")];
    }),
    (&["-H", "X-A", "a, b=c; \"d\"", "-q"], |c| {
        c.headers = vec![field("X-A", "a, b=c; \"d\"")];
        c.quiet = true;
    }),
    (&["-H", "X-A", "  é\t"], |c| {
        c.headers = vec![field("X-A", "é")]
    }),
    (&["-q"], |c| c.quiet = true),
    (&["-qq"], |c| c.quiet = true),
    (&["--quiet", "--quiet"], |c| c.quiet = true),
    (&["-qb::1"], |c| {
        c.quiet = true;
        c.bind = ip("::1");
    }),
    (&["-qd", "/srv"], |c| {
        c.quiet = true;
        c.directory = "/srv".into();
    }),
    (&["--symlinks", "follow"], |c| c.symlinks = Symlinks::Follow),
    (&["--sym=never"], |c| c.symlinks = Symlinks::Never),
    (&["--max-head", "8192"], |c| c.limits.head_bytes_max = 8192),
    (&["--max-target=65535"], |c| {
        c.limits.target_bytes_max = 65_535;
    }),
    (&["--precompressed"], |c| c.precompressed = true),
    (&["--markdown"], |c| c.markdown = true),
    (&["--etag", "strict"], |c| c.etags = Etags::Strict),
    (&["--etag", "content"], |c| c.etags = Etags::Content),
    (&["--etag", "none"], |c| c.etags = Etags::None),
    (&["--etag-content-max", "7"], |c| {
        c.etag_content_bytes_max = 7
    }),
    (&["--etag=mtime"], |c| c.etags = Etags::Mtime),
    (&["--no-listing"], |c| c.listing = Some(ListingStyle::Off)),
    (&["--listing", "rich"], |c| {
        c.listing = Some(ListingStyle::Rich);
    }),
    (&["--no-listing", "--list=plain"], |c| {
        c.listing = Some(ListingStyle::Plain);
    }),
    (&["--listing", "plain", "--listing=off"], |c| {
        c.listing = Some(ListingStyle::Off);
    }),
    (&["--no-file-cache"], |c| c.file_cache = false),
    (&["--no-l"], |c| c.listing = Some(ListingStyle::Off)),
    (&["--no-f"], |c| c.file_cache = false),
    (&["--index", "a.html,b c.htm"], |c| {
        c.index_pages = vec!["a.html".into(), "b c.htm".into()];
    }),
    (&["--mime", ".FOO=text/x-foo", "--mime=b=a/b"], |c| {
        let types = MimeMap::default().extension("foo", "text/x-foo");
        c.mime = types.extension("b", "a/b");
    }),
    (&["--content-type", "text/plain; charset=x"], |c| {
        c.content_type = "text/plain; charset=x".into();
    }),
    (&["--charset", "none"], |c| c.charset = Charset::Given(None)),
    (&["--charset", "iso-8859-1"], |c| {
        c.charset = Charset::Given(Some("iso-8859-1".into()));
    }),
    (&["--header-timeout", "0.5"], |c| {
        c.limits.head_time = Duration::from_millis(500);
    }),
    (&["--idle-timeout", "0"], |c| {
        c.limits.idle_time = Duration::ZERO
    }),
    (&["--stall-timeout=90"], |c| {
        c.limits.stall_time = Duration::from_secs(90);
    }),
    (&["--user", "www:7", "--chroot"], |c| {
        (c.user, c.chroot) = (Some("www:7".into()), true);
    }),
    (&["--min-rate", "0"], |c| c.limits.body_rate_min = 0),
    (&["--min-rate", "2000"], |c| {
        (c.limits.body_rate_min, c.limits.response_rate_min) = (2000, 2000);
    }),
    (&["--max-connections", "7"], |c| {
        c.limits.connections_max = 7
    }),
];

fn ip(text: &str) -> Vec<Bind> {
    vec![Bind::Address(text.parse().unwrap())]
}

#[test]
fn good_arguments_configure() {
    for (args, change) in GOOD {
        let mut want = Config::default();
        change(&mut want);
        want.has_port = want.port != Config::default().port;
        let got = serve(os(args));
        assert_eq!(format!("{got:?}"), format!("{want:?}"), "{args:?}");
    }
}

#[test]
fn whether_a_port_was_given_is_known() {
    for (args, has_port) in [
        (&["8000"][..], true),
        (&["0", "-q"], true),
        (&["-q"], false),
        (&["."], false),
        (&["-b", "::1"], false),
    ] {
        assert_eq!(serve(os(args)).has_port, has_port, "{args:?}");
    }
}

#[test]
#[cfg(feature = "cgi")]
fn options_for_scripts_configure_them() {
    let rows: &[(&[&str], Change)] = &[
        (&[], |_| ()),
        (&["--cgi-dir", "/a, b/c/"], |c| {
            c.cgi.directories = vec!["/a".into(), "b/c/".into()];
        }),
        (&["--cgi-timeout", "0.5"], |c| {
            c.cgi.timeout = Duration::from_millis(500);
        }),
        (&["--cgi-max=1"], |c| c.cgi.scripts_max = 1),
        (
            &["--cgi-env", "A", "--cgi-env", "B=c=d", "--cgi-env=E="],
            |c| {
                c.cgi.variables = vec![
                    ("A".into(), None),
                    ("B".into(), Some("c=d".into())),
                    ("E".into(), Some("".into())),
                ];
            },
        ),
        (&["--cgi-pass-authorization"], |c| {
            c.cgi.pass_authorization = true
        }),
        (&["--cgi-user", "www"], |c| c.cgi.user = Some("www".into())),
        (&["--max-body", "0"], |c| c.cgi.body_bytes_max = 0),
        (&["--spool-max", "7"], |c| c.cgi.spool_bytes_max = 7),
    ];
    for (args, change) in rows {
        let mut want = Config::default();
        change(&mut want);
        want.cgi.on = true;
        let args = [&["--cgi"], *args].concat();
        assert_eq!(
            format!("{:?}", serve(os(&args))),
            format!("{want:?}"),
            "{args:?}"
        );
    }
}

#[test]
#[cfg(feature = "cgi")]
fn directories_of_scripts_mean_that_there_are_some() {
    assert!(!serve(os(&[])).cgi.on);
    assert!(serve(os(&["--cgi-dir", "/a"])).cgi.on);
}

#[test]
#[cfg(feature = "cgi")]
fn bad_options_for_scripts_are_told() {
    for (args, want) in [
        (
            ["--cgi-max", "0"],
            r#"--cgi-max: "0" is not a count of 1 or more"#,
        ),
        (
            ["--cgi-max", "+1"],
            r#"--cgi-max: "+1" is not a count of 1 or more"#,
        ),
        (
            ["--cgi-env", "=x"],
            r#"--cgi-env: "=x" is not NAME or NAME=VALUE"#,
        ),
        (
            ["--cgi-env", ""],
            r#"--cgi-env: "" is not NAME or NAME=VALUE"#,
        ),
        (
            ["--cgi-directories", "/a,,/b"],
            r#"--cgi-directories: "" is not a URL path"#,
        ),
        (
            ["--cgi-timeout", "-1"],
            r#"--cgi-timeout: "-1" is not a time in seconds (0 = no limit)"#,
        ),
        (
            ["--max-body", "1k"],
            r#"--max-body: "1k" is not a number of bytes (in bytes: 1024)"#,
        ),
        (["--cgi=x", "1"], r#"--cgi: takes no value, but got "x""#),
    ] {
        let error = parse(os(&args)).expect_err(want).to_string();
        assert_eq!(error, format!("argument {want}"));
    }
}

const BAD: &[(&[&str], &str)] = &[
    (
        &["70000"],
        r#"argument PORT: "70000" is not a port, 0 to 65535"#,
    ),
    (
        &["65536"],
        r#"argument PORT: "65536" is not a port, 0 to 65535"#,
    ),
    (
        &["99999999999999999999"],
        r#"argument PORT: "99999999999999999999" is not a port, 0 to 65535"#,
    ),
    (
        &["--bogus"],
        r#"unknown option "--bogus" (sprat --help lists them)"#,
    ),
    (&["-x"], r#"unknown option "-x" (sprat --help lists them)"#),
    (
        &["---"],
        r#"unknown option "---" (sprat --help lists them)"#,
    ),
    (
        &["--i", "x"],
        r#"ambiguous option: "--i" could match --index, --isolate, --idle-timeout"#,
    ),
    (
        &["-b", "--he"],
        concat!(
            r#"ambiguous option: "--he" could match --help, --header, --header-for, "#,
            "--health, --header-timeout"
        ),
    ),
    (
        &["-b"],
        "argument -b/--bind: expected one argument (-b ADDRESS)",
    ),
    (
        &["-b", "-q"],
        "argument -b/--bind: expected one argument (-b ADDRESS)",
    ),
    (
        &["-b", "-zzz"],
        "argument -b/--bind: expected one argument (-b ADDRESS)",
    ),
    (
        &["--bind", "--"],
        "argument -b/--bind: expected one argument (-b ADDRESS)",
    ),
    (
        &["-b", "999.1.1.1"],
        r#"argument -b/--bind: "999.1.1.1" is not an address (for this machine: -b localhost)"#,
    ),
    (
        &["-b", "[127.0.0.1]"],
        r#"argument -b/--bind: "[127.0.0.1]" is not an IPv6 address"#,
    ),
    (
        &["-b", "a b"],
        r#"argument -b/--bind: "a b" is not a host name"#,
    ),
    (
        &["-d", ""],
        "argument -d/--directory: is empty (this directory is -d .)",
    ),
    (
        &["-p", "HTTP/9"],
        r#"argument -p/--protocol: "HTTP/9" is neither HTTP/1.0 nor HTTP/1.1"#,
    ),
    (
        &["-p", "http/1.1"],
        r#"argument -p/--protocol: "http/1.1" is neither HTTP/1.0 nor HTTP/1.1 (-p HTTP/1.1)"#,
    ),
    (
        &["-H", "X-A"],
        "argument -H/--header: expected 2 arguments (-H NAME VALUE)",
    ),
    (
        &["-H", "X-A", "-q"],
        "argument -H/--header: expected 2 arguments (-H NAME VALUE)",
    ),
    (
        &["--header=X-A", "1"],
        "argument -H/--header: expected 2 arguments (-H NAME VALUE)",
    ),
    (
        &["-HX-A", "1"],
        "argument -H/--header: expected 2 arguments (-H NAME VALUE)",
    ),
    (
        &["-H", "X A", "1"],
        r#"argument -H/--header: "X A" is not a field name"#,
    ),
    (
        &["-H", "X-A:", "1"],
        concat!(
            r#"argument -H/--header: "X-A:" is not a field name "#,
            "(name and value are two arguments: -H X-A 1)"
        ),
    ),
    (
        &["-H", "", "1"],
        r#"argument -H/--header: "" is not a field name"#,
    ),
    (
        &["-H", "X-A", "1\r\nX-B: 2"],
        r#"argument -H/--header: "1\r\nX-B: 2" has control characters"#,
    ),
    (
        &["--quiet=b"],
        r#"argument -q/--quiet: takes no value, but got "b""#,
    ),
    (
        &["-q=b"],
        r#"argument -q/--quiet: takes no value, but got "=b""#,
    ),
    (
        &["-q-b"],
        r#"argument -q/--quiet: takes no value, but got "-b""#,
    ),
    (
        &["--max-head", "65536"],
        r#"argument --max-head: "65536" is not a number of bytes from 1 to 65535"#,
    ),
    (
        &["--max-target", "0"],
        r#"argument --max-target: "0" is not a number of bytes from 1 to 65535"#,
    ),
    (
        &["--etag", "inode"],
        r#"argument --etag: "inode" is none of mtime, strict, content, none"#,
    ),
    (
        &["--symlinks", "all"],
        r#"argument --symlinks: "all" is none of follow, inside, never"#,
    ),
    (
        &["--index", "a,,b"],
        r#"argument --index: "" is not a file name"#,
    ),
    (
        &["--index", "../a"],
        r#"argument --index: "../a" is not a file name"#,
    ),
    (
        &["--mime", "text/plain"],
        r#"argument --mime: "text/plain" is not EXT=TYPE"#,
    ),
    (
        &["--mime", "=a/b"],
        r#"argument --mime: "" is not an extension"#,
    ),
    (
        &["--mime", "x=text"],
        r#"argument --mime: "text" is not a media type"#,
    ),
    (
        &["--content-type", "text/pl\nain"],
        r#"argument --content-type: "text/pl\nain" is not a media type"#,
    ),
    (
        &["--charset", "a b"],
        r#"argument --charset: "a b" is not a charset"#,
    ),
    (
        &["--idle-timeout", "-1"],
        r#"argument --idle-timeout: "-1" is not a time in seconds (0 = no limit)"#,
    ),
    (
        &["--idle-timeout", "1e3"],
        r#"argument --idle-timeout: "1e3" is not a time in seconds"#,
    ),
    (
        &["--idle-timeout", "."],
        r#"argument --idle-timeout: "." is not a time in seconds"#,
    ),
    (
        &["--idle-timeout", "1.2.3"],
        r#"argument --idle-timeout: "1.2.3" is not a time in seconds"#,
    ),
    (
        &["--idle-timeout", "0.1234567891"],
        r#"argument --idle-timeout: "0.1234567891" is not a time in seconds"#,
    ),
    (
        &["--stall-timeout", "99999999999"],
        r#"argument --stall-timeout: "99999999999" is over 31536000 seconds"#,
    ),
    (
        &["--max-connections", "1.5"],
        r#"argument --max-connections: "1.5" is not a count"#,
    ),
];

#[test]
fn bad_arguments_are_told_in_one_line() {
    for (args, want) in BAD {
        let error = parse(os(args)).expect_err(want);
        assert_eq!(&error.to_string(), want, "{args:?}");
        assert!(!want.contains('\n'));
    }
}

#[test]
fn a_directory_may_have_any_bytes() {
    for args in [
        vec![b"-d".to_vec(), b"\xff\xfe".to_vec()],
        vec![b"-d\xff\xfe".to_vec()],
        vec![b"--directory=\xff\xfe".to_vec()],
    ] {
        let args = args.into_iter().map(OsString::from_vec).collect();
        assert_eq!(serve(args).directory.as_os_str().as_bytes(), b"\xff\xfe");
    }
}

#[test]
fn other_bytes_than_utf8_are_told_where_text_is_wanted() {
    for (args, want) in [
        (
            vec![b"-b".to_vec(), b"\xff".to_vec()],
            r#"argument -b/--bind: "\xFF" is not UTF-8"#,
        ),
        (
            vec![b"\xff".to_vec()],
            concat!(
                r#"argument PORT or DIRECTORY: "\xFF" is neither a port, 0 to 65535, nor a "#,
                "directory (sprat 8000, or sprat public)"
            ),
        ),
        (
            vec![b"--\xff".to_vec()],
            r#"unknown option "--\xFF" (sprat --help lists them)"#,
        ),
        (
            vec![b"-\xff".to_vec()],
            r#"unknown option "-\xFF" (sprat --help lists them)"#,
        ),
    ] {
        let args = args.into_iter().map(OsString::from_vec).collect();
        assert_eq!(parse(args).unwrap_err().to_string(), want);
    }
}

#[test]
fn the_first_text_asked_for_is_shown_whatever_follows() {
    for (args, want) in [
        (&["-h"][..], Show::Help),
        (&["--help", "--bogus"], Show::Help),
        (&["-qh", "-b"], Show::Help),
        (&["7000", "-V", "70000"], Show::Version),
        (&["--version", "-h"], Show::Version),
        (&["--man"], Show::Man),
    ] {
        match parse(os(args)) {
            Ok(Action::Show(got)) => assert_eq!(got, want, "{args:?}"),
            other => panic!("{args:?}: {other:?}"),
        }
    }
    assert!(parse(os(&["--bogus", "-h"])).is_err());
    assert!(parse(os(&["70000", "-V"])).is_err());
    assert!(parse(os(&["-d", "--", "-h"])).is_ok());
}
