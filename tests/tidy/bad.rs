//! Samples that each rule must catch, and good ones that it must leave alone.

use crate::names;
use crate::rules::*;
use crate::source::Source;

fn caught(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) -> bool {
    !rule(&Source::new(path, text)).is_empty()
}

#[test]
fn forbidden_imports_are_caught() {
    for (path, text) in [
        ("src/http/x.rs", "use std::fs;"),
        ("src/http/x.rs", "use std::{collections, fs::File};"),
        ("src/http/x.rs", "use std::net::TcpStream;"),
        ("src/http/x.rs", "use std::io::Read;"),
        ("src/http/x.rs", "use mio::Token;"),
        ("src/http/x.rs", "let now = std::time::Instant::now();"),
        ("src/http/x.rs", "let now = Instant::now();"),
        ("src/http/x.rs", "use crate::{sys, handler};"),
        ("src/http/x.rs", "use super::super::sys;"),
        ("src/sys/x.rs", "use crate::http::Status;"),
        ("src/reactor/x.rs", "let now = SystemTime::now();"),
        ("src/reactor/x.rs", "use crate::http;"),
        ("src/handler.rs", "use crate::sys::open;"),
        ("src/server/x.rs", "use crate::files::Root;"),
        ("src/files/x.rs", "use mio;"),
        ("src/cgi/x.rs", "use crate::server::Server;"),
    ] {
        assert!(caught(imports, path, text), "{path}: {text}");
    }
}

#[test]
fn allowed_imports_are_not() {
    for (path, text) in [
        ("src/http/x.rs", "use std::net::SocketAddr;"),
        ("src/http/x.rs", "use std::io::Write;"),
        ("src/http/x.rs", "use std::time::Instant;"),
        ("src/http/x.rs", "// use std::fs;"),
        (
            "src/http/x.rs",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n}",
        ),
        ("src/http/x.rs", "use crate::http::status;"),
        ("src/http/x.rs", "let x = \"std::fs\";"),
        ("src/http/x.rs", "use super::miop::X;"),
        ("src/sys/x.rs", "use crate::sys::file;"),
        ("src/sys/x.rs", "use super::file;"),
        ("src/reactor/clock.rs", "let now = Instant::now();"),
        ("src/server/x.rs", "use crate::http::Status; use mio::Poll;"),
        ("src/files/x.rs", "use crate::sys::open; use mime_guess::x;"),
    ] {
        assert!(!caught(imports, path, text), "{path}: {text}");
    }
}

#[test]
fn names_of_two_things_are_caught() {
    let said = |texts: [(&str, &str); 2]| {
        names::repeated(&texts.map(|(path, text)| Source::new(path, text)))
    };
    for text in [
        "struct Thing {",
        "pub enum Thing {",
        "pub(crate) type Thing = u8;",
        "pub(super) struct Thing(u8);",
        "pub unsafe trait Thing {}",
        "union Thing {",
        "enum Thing<T> {",
    ] {
        let texts = [("src/http/a.rs", "struct Thing;"), ("src/cgi/b.rs", text)];
        let want = "Thing is several things: src/cgi/b.rs, src/http/a.rs";
        assert_eq!(said(texts), [want], "{text}");
    }
    for (path, text) in [
        ("src/http/a.rs", "#[cfg(not(unix))]\nstruct Thing;"),
        ("src/cgi/b.rs", "    type Thing = u8;"),
        ("src/cgi/b.rs", "struct Things;"),
        ("src/cgi/b.rs", "// struct Thing;"),
        ("src/cgi/b.rs", "use crate::http::Thing;"),
        ("src/cgi/b/tests.rs", "struct Thing;"),
        ("src/testing/sim/b.rs", "struct Thing;"),
        ("src/server/conn/inspect.rs", "struct Thing;"),
    ] {
        let texts = [("src/http/a.rs", "struct Thing;"), (path, text)];
        assert_eq!(said(texts), [""; 0], "{path}: {text}");
    }
}

#[test]
fn circles_are_caught_however_they_are_spelt() {
    let circle = |texts: &[(&str, &str)]| {
        let files: Vec<Source> = texts.iter().map(|(p, t)| Source::new(p, t)).collect();
        !circles(&files).is_empty()
    };
    for texts in [
        &[
            ("src/a.rs", "use crate::b::X;"),
            ("src/b.rs", "use crate::a;"),
        ][..],
        &[
            ("src/h/a.rs", "use super::b::X;"),
            ("src/h/b.rs", "use super::a::Y;"),
        ],
        &[("src/h.rs", "use b::X;"), ("src/h/b.rs", "use super::Y;")],
        &[
            ("src/lib.rs", "pub use b::X;"),
            ("src/b.rs", "use crate::X;"),
        ],
        &[
            ("src/a.rs", "use crate::{b};"),
            ("src/b.rs", "fn x() { crate::c::y() }"),
            ("src/c.rs", "use crate::a::Z;"),
        ],
    ] {
        assert!(circle(texts), "{texts:?}");
    }
    for texts in [
        &[
            ("src/a.rs", "use crate::b::X;"),
            ("src/b.rs", "use std::a;"),
        ][..],
        &[
            ("src/a.rs", "use crate::b::X;"),
            ("src/b.rs", "// use crate::a;"),
        ],
        &[
            ("src/h.rs", "mod b;\npub use b::X;"),
            ("src/h/b.rs", "use super::c::Y;"),
            ("src/h/c.rs", ""),
        ],
        &[
            ("src/lib.rs", "pub mod b;"),
            ("src/b.rs", "fn x() { self::y() }"),
        ],
    ] {
        assert!(!circle(texts), "{texts:?}");
    }
}

#[test]
fn unsafe_is_caught_where_it_is_not_allowed_or_not_explained() {
    for (path, text, bad) in [
        ("src/http/x.rs", "unsafe { x() }", true),
        ("src/sys/x.rs", "unsafe { x() }", true),
        ("tests/x.rs", "// SAFETY: none\nunsafe { x() }", true),
        ("src/sys/x.rs", "// SAFETY: it is\nunsafe { x() }", false),
        ("src/sys/x.rs", "/// # Safety\nunsafe { x() }", true),
        ("src/sys/x.rs", "/// # Safety\nunsafe fn x() {}", false),
        ("src/http/x.rs", "// unsafe", false),
        ("src/http/x.rs", "#![deny(unsafe_code)]", false),
    ] {
        assert_eq!(caught(unsafe_code, path, text), bad, "{path}: {text}");
    }
}

#[test]
fn what_is_too_long_is_caught() {
    let function =
        |lines: usize| format!("    pub fn x() {{\n{}    }}\n", "y;\n".repeat(lines - 2));
    let long = |text: &str| caught(|file| long_functions(file, 70), "src/x.rs", text);
    assert!(!long(&function(70)));
    assert!(long(&function(71)));
    assert!(!long(&format!(
        "    fn declared();\n{}    }}\n",
        "y;\n".repeat(80)
    )));
    let line = |columns: usize| "é".repeat(columns);
    assert!(!caught(
        |file| long_lines(file, 100),
        "src/x.rs",
        &line(100)
    ));
    assert!(caught(|file| long_lines(file, 100), "src/x.rs", &line(101)));
    let lines = |count: usize| "x\n".repeat(count);
    assert!(!caught(
        |file| long_file(file, 500),
        "src/x.rs",
        &lines(500)
    ));
    assert!(caught(|file| long_file(file, 500), "src/x.rs", &lines(501)));
}

#[test]
fn words_are_caught() {
    for (text, bad) in [
        (concat!("// TO", "DO: later"), true),
        ("dbg!(x);", true),
        ("todo!()", true),
        ("unimplemented!()", true),
        ("#[allow(dead_code)]", true),
        ("let x = \"dbg!\";", false),
        ("// a todo list", false),
    ] {
        assert_eq!(caught(unfinished, "src/x.rs", text), bad, "{text}");
    }
    for (text, bad) in [
        ("if a && let Some(b) = c {", true),
        ("if a\n    && let Some(b) = c\n{", true),
        ("if let Some(b) = c\n    && b\n{", true),
        ("while let Some(b) = c && d {", true),
        ("if let Some(b) = c {\n    x && y\n}", false),
        ("if let Some(b) = c.filter(|_| d && e) {", false),
        ("if a && b {\n    let c = d;\n}", false),
        ("// if a && let b", false),
        ("\"&& let x\"", false),
    ] {
        assert_eq!(caught(too_new, "src/x.rs", text), bad, "{text}");
    }
    assert!(caught(noisy, "src/http/x.rs", "println!(\"x\");"));
    assert!(caught(noisy, "src/http/x.rs", "eprint!(\"x\");"));
    assert!(!caught(noisy, "src/program/main.rs", "println!(\"x\");"));
    assert!(!caught(noisy, "src/http/x.rs", "//! println!(\"x\");"));
    for (text, bad) in [
        ("x.parse::<u64>()", true),
        ("let n: u64 = x.parse()?;", true),
        ("u64::from_str_radix(x, 16)", true),
        ("String::from_utf8_lossy(x)", true),
        ("Target::parse(raw)", false),
        ("fn parse(raw: &[u8])", false),
    ] {
        assert_eq!(
            caught(lenient_parsing, "src/http/x.rs", text),
            bad,
            "{text}"
        );
    }
    assert!(caught(opening, "src/x.rs", "// not a head\n"));
    assert!(!caught(opening, "src/x.rs", "//! A head.\n"));
}

#[test]
fn state_that_is_not_its_owners_alone_is_caught() {
    for (path, text, bad) in [
        (
            "src/http/dialog.rs",
            "pub enum Reading {\n    Head,\n}",
            true,
        ),
        ("src/http/dialog.rs", "enum Reading {\n    Head,\n}", false),
        (
            "src/http/dialog.rs",
            "pub struct Dialog {\n    pub reading: u8,\n}",
            true,
        ),
        (
            "src/server/conn.rs",
            "pub struct Conn<T> {\n    pub(super) link: T,\n}",
            true,
        ),
        (
            "src/server/link.rs",
            "pub struct Link<T> {\n    transport: T,\n}",
            false,
        ),
        (
            "src/server/link.rs",
            "pub struct Event {\n    pub readable: bool,\n}",
            false,
        ),
        (
            "src/http/limits.rs",
            "pub struct Conn {\n    pub a: u8,\n}",
            false,
        ),
    ] {
        assert_eq!(caught(shared_state, path, text), bad, "{path}: {text}");
    }
}

#[test]
fn limits_without_a_unit_are_caught() {
    for (text, bad) in [
        ("/// Most of it, in bytes.\npub const X: usize = 1;", false),
        ("/// Most ranges, a count.\npub const X: usize = 1;", false),
        (
            "/// How long it lingers.\npub const X: Duration = Y;",
            false,
        ),
        ("/// Most of it.\npub const X_BYTES_MAX: usize = 1;", false),
        ("/// Most of it.\npub const X: usize = 1;", true),
        ("pub const X_BYTES_MAX: usize = 1;", true),
        ("    /// Most of it.\n    pub x_max: usize,", true),
        ("const PRIVATE: usize = 1;", false),
    ] {
        assert_eq!(caught(limits_without_unit, "src/x.rs", text), bad, "{text}");
    }
}

#[test]
fn options_are_found_in_prose_and_usage() {
    let found = options("[--symlinks inside|never] use `--quiet`, --a-b=C; not -- or ---x or -q");
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, ["--a-b", "--quiet", "--symlinks"]);
}
