//! Tests of the look-up of scripts in a real tree, and of what can be set.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{Cgi, CgiBuilder, CgiMatch};
use crate::Symlinks;

fn tree() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let www = temp.path().join("www");
    for folder in ["cgi-bin/dir/deep", "a/b"] {
        fs::create_dir_all(www.join(folder)).unwrap();
    }
    for (file, mode) in [
        ("cgi-bin/x", 0o755),
        ("cgi-bin/dir/y", 0o711),
        ("cgi-bin/group", 0o610),
        ("cgi-bin/plain", 0o644),
        ("a/b/z", 0o755),
    ] {
        fs::write(www.join(file), "#!/bin/sh\n").unwrap();
        fs::set_permissions(www.join(file), PermissionsExt::from_mode(mode)).unwrap();
    }
    fs::write(temp.path().join("secret"), "#!/bin/sh\n").unwrap();
    symlink("../../secret", www.join("cgi-bin/out")).unwrap();
    symlink("x", www.join("cgi-bin/in")).unwrap();
    symlink("circle", www.join("cgi-bin/circle")).unwrap();
    std::os::unix::net::UnixListener::bind(www.join("cgi-bin/socket")).unwrap();
    temp
}

fn builder(temp: &tempfile::TempDir) -> CgiBuilder {
    let own = crate::sys::own::effective_user().to_string();
    Cgi::builder(temp.path().join("www")).user(own)
}

/// A match in one line.
fn show(found: CgiMatch) -> String {
    match found {
        CgiMatch::NotCgi => "-".into(),
        CgiMatch::Script(script) => {
            let part = |bytes| String::from_utf8_lossy(bytes).into_owned();
            let (name, info) = (part(script.name()), part(script.path_info()));
            let file = script.file().to_string_lossy();
            assert!(file.ends_with(&name) && file.starts_with('/'), "{file}");
            format!("{name} + {info}")
        }
        CgiMatch::Refused(failure) => format!("{} {}", failure.status.code(), failure.cause),
    }
}

#[test]
fn paths_are_scripts_or_refused_or_none_of_ours() {
    let temp = tree();
    let cgi = builder(&temp)
        .directories(["/cgi-bin", "a/b/"])
        .build()
        .unwrap();
    for (path, want) in [
        ("/cgi-bin/x", "/cgi-bin/x + "),
        ("/cgi-bin/x/", "/cgi-bin/x + /"),
        ("/cgi-bin/x/y z", "/cgi-bin/x + /y z"),
        ("/cgi-bin/dir/y/i", "/cgi-bin/dir/y + /i"),
        ("/cgi-bin/group", "/cgi-bin/group + "),
        ("/cgi-bin/in/i", "/cgi-bin/in + /i"),
        ("/a/b/z", "/a/b/z + "),
        ("/", "-"),
        ("/cgi-bin", "-"),
        ("/a/b", "-"),
        ("/a/z", "-"),
        ("/x/cgi-bin/x", "-"),
        ("/cgi-bin/", "403 directory"),
        ("/cgi-bin/dir", "403 directory"),
        ("/cgi-bin/dir/deep/", "403 directory"),
        ("/cgi-bin/plain", "403 script not executable"),
        ("/cgi-bin/socket", "403 not a regular file"),
        ("/cgi-bin/none", "404 not found"),
        ("/cgi-bin/dir/none/x", "404 not found"),
        ("/cgi-bin/circle", "404 not found"),
        (
            "/cgi-bin/out",
            "404 symlink leaves root, --symlinks follow allows it",
        ),
        ("/CGI-bin", "404 CGI directory spelt otherwise"),
        ("/cgi-bin/in.", "404 not found"),
        ("/cgi-bin./x", "404 CGI directory spelt otherwise"),
        ("/CGI-bin/x", "404 CGI directory spelt otherwise"),
    ] {
        assert_eq!(show(cgi.look_up(path.as_bytes())), want, "{path}");
    }
    let cgi = builder(&temp).symlinks(Symlinks::Never).build().unwrap();
    let want = "404 symlink, --symlinks inside allows it";
    assert_eq!(show(cgi.look_up(b"/cgi-bin/in")), want);
    let cgi = builder(&temp).directories(["/"]).build().unwrap();
    assert_eq!(show(cgi.look_up(b"/a/b/z/i")), "/a/b/z + /i");
    assert_eq!(show(cgi.look_up(b"/")), "403 directory");
}

#[test]
fn what_is_given_for_a_directory_may_be_a_script_or_a_link() {
    let temp = tree();
    symlink("a/b", temp.path().join("www/scripts")).unwrap();
    symlink(".", temp.path().join("www/here")).unwrap();
    for (directory, path, want) in [
        ("/cgi-bin/x", "/cgi-bin/x", "/cgi-bin/x + "),
        ("/cgi-bin/x", "/cgi-bin/x/i", "/cgi-bin/x + /i"),
        ("/cgi-bin/x", "/cgi-bin/y", "-"),
        (
            "/cgi-bin/plain",
            "/cgi-bin/plain",
            "403 script not executable",
        ),
        ("/none", "/none", "-"),
        ("/none", "/none/", "404 not found"),
        ("/none", "/none/x", "404 not found"),
        ("/scripts", "/scripts/z", "/scripts/z + "),
        ("/scripts", "/scripts", "-"),
        ("/scripts", "/a/b/z", "404 real place of a CGI directory"),
        ("/scripts", "/a/z", "-"),
        ("/scripts,/a/b", "/a/b/z", "/a/b/z + "),
        ("/here", "/a/b/z", "-"),
    ] {
        let cgi = builder(&temp).directories(directory.split(','));
        let got = cgi.build().unwrap().look_up(path.as_bytes());
        assert_eq!(show(got), want, "{directory}: {path}");
    }
}

#[test]
fn what_cannot_be_is_refused_at_the_start() {
    let temp = tree();
    let kind = |builder: CgiBuilder| builder.build().err().map(|error| error.kind());
    assert_eq!(kind(builder(&temp)), None);
    for (builder, want) in [
        (
            builder(&temp).directories(["/a%00"]),
            io::ErrorKind::InvalidInput,
        ),
        (builder(&temp).env("", None), io::ErrorKind::InvalidInput),
        (builder(&temp).env("A=B", None), io::ErrorKind::InvalidInput),
        (builder(&temp).env("A\0", None), io::ErrorKind::InvalidInput),
        (
            builder(&temp).env("A", Some("\0".into())),
            io::ErrorKind::InvalidInput,
        ),
        (builder(&temp).user("no such user"), io::ErrorKind::NotFound),
        (
            Cgi::builder(temp.path().join("none")),
            io::ErrorKind::NotFound,
        ),
        (
            Cgi::builder(temp.path().join("secret")),
            io::ErrorKind::NotADirectory,
        ),
    ] {
        assert_eq!(kind(builder), Some(want));
    }
}

#[test]
fn a_given_variable_replaces_an_inherited_one() {
    let temp = tree();
    let given = |value: &str| Some(OsString::from(value));
    let cgi = builder(&temp)
        .env("PATH", given("/there"))
        .env("PATH", given("/here"))
        .env("UNSET_X", given("1"))
        .env("UNSET_X", None)
        .build();
    let mut variables = cgi.unwrap().runs.variables;
    // What a field of a request would be.
    variables.give(b"UNSET_X".to_vec(), b"peer".to_vec());
    assert_eq!(variables.get(b"UNSET_X"), None);
    let list = variables.into_list();
    let mut paths = list.iter().filter(|(name, _)| name == b"PATH");
    assert_eq!(paths.next().unwrap().1, b"/here");
    assert_eq!(paths.next(), None);
}

#[test]
fn messages_quote_a_path_as_python_does() {
    let temp = tree();
    let cgi = builder(&temp).build().unwrap();
    let www = temp.path().join("www");
    fs::write(www.join("cgi-bin/it's"), "#!/bin/sh\n").unwrap();
    fs::create_dir(www.join("cgi-bin/a'\"")).unwrap();
    for (path, want) in [
        (
            &b"/cgi-bin/none"[..],
            "No such CGI script ('/cgi-bin/none')",
        ),
        (b"/cgi-bin/o'x", r#"No such CGI script ("/cgi-bin/o'x")"#),
        (b"/cgi-bin/o\"x", r#"No such CGI script ('/cgi-bin/o"x')"#),
        (b"/cgi-bin/'\"", r#"No such CGI script ('/cgi-bin/\'"')"#),
        (
            b"/cgi-bin/a\r\n\t\xff\x7f\\",
            r"No such CGI script ('/cgi-bin/a\x0d\x0a\x09\xff\x7f\\')",
        ),
        (
            b"/cgi-bin/it's",
            r#"CGI script is not executable ("/cgi-bin/it's")"#,
        ),
        (
            b"/cgi-bin/a'\"",
            r#"CGI script is not a plain file ('/cgi-bin/a\'"')"#,
        ),
    ] {
        match cgi.look_up(path) {
            CgiMatch::Refused(failure) => assert_eq!(failure.message, want),
            other => panic!("{other:?}"),
        }
    }
}
