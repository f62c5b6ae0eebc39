//! All that is public, as `tests/api.txt` has it, so that a change of it is seen in review.
//! `UPDATE_API=1 cargo test --test api` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder that is the program's alone.
const PROGRAM: &str = "program";

/// The lines of code of every file of the library: no comments, no tests.
fn sources() -> Vec<(PathBuf, Vec<String>)> {
    let mut folders = vec![top().join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name == PROGRAM {
                continue;
            }
            if path.is_dir() && !["doors", "sim"].contains(&name) {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" && name != "testing.rs" {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let is_code = |line: &&str| !line.trim_start().starts_with("//");
                let lines = code.lines().filter(is_code).map(str::to_owned);
                files.push((path, lines.collect()));
            }
        }
    }
    files.sort();
    files
}

/// The names that `lib.rs` hands on, and those of its public modules.
fn names() -> BTreeSet<String> {
    let text = fs::read_to_string(top().join("src/lib.rs")).unwrap();
    let mut names = BTreeSet::new();
    let reexports = &text[text.find("pub use files::mime").unwrap()..];
    let cgi = text.find("pub use cgi::").unwrap();
    for part in [&text[cgi..], reexports] {
        for statement in part.split("pub use ").skip(1) {
            let path = statement.split(';').next().unwrap();
            let names_of = path.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let is_name = |name: &&str| name.starts_with(|c: char| c.is_ascii_uppercase());
            names.extend(names_of.filter(is_name).map(str::to_owned));
        }
    }
    names.extend(["LineSink", "LogFormat", "ServerLog"].map(str::to_owned));
    names.extend(["Answer", "Peer", "Site"].map(str::to_owned));
    names
}

/// The names that the module for threads that block hands on: some are those of others.
fn names_of_blocking() -> BTreeSet<String> {
    let text = fs::read_to_string(top().join("src/blocking.rs")).unwrap();
    let reexports = text.lines().filter(|line| line.starts_with("pub use "));
    let words = reexports.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    let is_type = |word: &&str| {
        let is_upper = word.starts_with(|c: char| c.is_ascii_uppercase());
        is_upper && word.contains(|c: char| c.is_ascii_lowercase())
    };
    words.filter(is_type).map(str::to_owned).collect()
}

/// From a line up to the brace, bracket or semicolon that ends it, on one line.
fn signature(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim());
        text.push(' ');
        if line.ends_with('{') || line.ends_with(';') || line.ends_with('}') {
            break;
        }
    }
    let text = text.trim().trim_end_matches('{').trim_end();
    text.replace("( ", "(")
        .replace(", )", ")")
        .replace(",)", ")")
}

/// The block that starts at a line: up to the brace in the same column.
fn block(lines: &[String]) -> &[String] {
    if lines[0].ends_with(';') || lines[0].ends_with('}') {
        return &lines[..1];
    }
    let end = lines.iter().position(|line| line == "}" || line == ");");
    &lines[..=end.unwrap_or(lines.len() - 1)]
}

/// The name that a header line is about: `pub struct Name<...>`, `impl Trait for Name`.
fn subject<'a>(line: &'a str, names: &BTreeSet<String>) -> Option<&'a str> {
    let line = line.split(" where ").next()?;
    let about = match line.split_once(" for ") {
        Some((_, about)) if line.starts_with("impl") => about,
        _ => line,
    };
    let about = match about
        .strip_prefix("impl<")
        .and_then(|rest| rest.split_once("> "))
    {
        Some((_, about)) => about,
        None => about,
    };
    let mut words = about.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.find(|word| names.contains(*word))
}

/// A variant with its fields, on one line.
fn variant(lines: &[String]) -> String {
    let is_end =
        |line: &String| line.ends_with("},") || !line.contains('{') && line.ends_with("),");
    let end = match lines[0].ends_with('{') {
        true => lines.iter().position(is_end).unwrap_or(0),
        false => 0,
    };
    let words = lines[..=end]
        .iter()
        .flat_map(|line| line.split_whitespace());
    let text = words.collect::<Vec<_>>().join(" ");
    text.trim_end_matches(',').replace(", }", " }")
}

fn item(out: &mut Vec<String>, lines: &[String], attributes: &str, names: &BTreeSet<String>) {
    if lines[0].starts_with("impl") && lines[0].contains(" for Box<") {
        out.push(format!("Box: {}", signature(lines)));
        return;
    }
    let Some(name) = subject(&lines[0], names) else {
        return;
    };
    let (head, block) = (signature(lines), block(lines));
    let is_impl = head.starts_with("impl");
    if is_impl && head.contains(" for ") {
        out.push(format!("{name}: {head}"));
        return;
    }
    if !is_impl {
        out.push(format!("{name}: {attributes}{head}"));
    }
    let inner = (1..block.len())
        .filter(|&at| block[at].starts_with("    ") && !block[at].starts_with("     "));
    let mut above = String::new();
    for at in inner {
        let line = block[at].trim();
        if line == "#[non_exhaustive]" || line == "#[doc(hidden)]" {
            above.push_str(line);
            above.push(' ');
            continue;
        }
        let is_member = line.starts_with("pub ") && !line.starts_with("pub(");
        let is_open = head.starts_with("pub trait") && line.starts_with("fn ");
        let is_variant = head.starts_with("pub enum") && line.starts_with(char::is_uppercase);
        if is_member && head.starts_with("pub struct") {
            out.push(format!("{name}::{}", line.trim_end_matches(',')));
        } else if is_member || is_open {
            out.push(format!("{name}::{}", signature(&block[at..])));
        } else if is_variant {
            out.push(format!("{name}::{above}{}", variant(&block[at..])));
        }
        above.clear();
    }
}

/// One line for each thing that is public.
fn listing() -> String {
    let (all, of_blocking) = (names(), names_of_blocking());
    let mut out = Vec::new();
    for (path, lines) in sources() {
        let relative = path.strip_prefix(top().join("src")).unwrap();
        let is_blocking = relative.starts_with("blocking");
        let names = if is_blocking { &of_blocking } else { &all };
        let before = out.len();
        let is_module = [
            "lib.rs",
            "log/line.rs",
            "log/stamp.rs",
            "log/sink.rs",
            "http/limits.rs",
            "cgi/limits.rs",
            "blocking/door.rs",
            "blocking/hatch.rs",
        ]
        .contains(&relative.to_str().unwrap());
        let mut attributes = String::new();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with("#[non_exhaustive") || line.starts_with("#[derive") {
                attributes.push_str(line);
                attributes.push(' ');
                continue;
            }
            let is_item = ["pub struct ", "pub enum ", "pub trait ", "impl"];
            if is_item.iter().any(|start| line.starts_with(start)) {
                item(&mut out, &lines[at..], &attributes, names);
            } else if is_module && (line.starts_with("pub fn ") || line.starts_with("pub const ")) {
                out.push(format!(
                    "{}: {}",
                    relative.display(),
                    signature(&lines[at..])
                ));
            }
            attributes.clear();
        }
        for line in out[before..].iter_mut().filter(|_| is_blocking) {
            if !line.starts_with("blocking") {
                line.insert_str(0, "blocking::");
            }
        }
    }
    out.sort();
    out.dedup();
    out.join("\n") + "\n"
}

#[test]
fn the_public_interface_is_as_it_was() {
    let path = top().join("tests/api.txt");
    let now = listing();
    if std::env::var_os("UPDATE_API").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let was = fs::read_to_string(&path).unwrap_or_default();
    let (was, now): (BTreeSet<&str>, BTreeSet<&str>) =
        (was.lines().collect(), now.lines().collect());
    let gone: Vec<_> = was.difference(&now).collect();
    let new: Vec<_> = now.difference(&was).collect();
    let help = "UPDATE_API=1 cargo test --test api writes tests/api.txt anew";
    assert!(
        gone.is_empty() && new.is_empty(),
        "gone: {gone:#?}\nnew: {new:#?}\n{help}"
    );
}

#[test]
fn the_listing_holds_what_it_should() {
    let listing = listing();
    for want in [
        "Cx::pub fn now(&self) -> Instant",
        "Exchange::fn wants_body(&self) -> bool",
        "Body::Streamed(Option<u64>)",
        "Body::File { file: SharedFile, range: Range<u64> }",
        "BodyLen::Chunked",
        "Limits::pub idle_time: Duration",
        "Server::pub fn run(&mut self) -> io::Result<()>",
        "blocking::Server::pub fn recv(&self) -> io::Result<Request>",
        "log/line.rs: pub fn append_escaped(out: &mut Vec<u8>, text: &str)",
        "lib.rs: pub fn raise_descriptor_limit() -> std::io::Result<()>",
        "Status::pub const OK: Status = Status(200);",
    ] {
        let found = listing.lines().any(|line| line == want);
        assert!(found, "{want} is missing from\n{listing}");
    }
    assert!(!listing.contains("pub(crate)"), "{listing}");
    // A field of a variant, and whether more may come.
    let access = listing
        .lines()
        .find(|line| line.starts_with("Log::#[non_exhaustive] Access {"));
    assert!(
        access.is_some_and(|line| line.contains(" status: Status, ")),
        "{access:?}"
    );
    for name in names() {
        let is_listed = listing
            .lines()
            .any(|line| line.starts_with(&format!("{name}: ")));
        assert!(is_listed, "{name} is public and not listed");
    }
}

#[test]
fn no_type_of_another_crate_is_in_a_signature() {
    const OTHERS: &[&str] = &[
        "rustix::",
        "httparse::",
        "slab::",
        "httpdate::",
        "libc::",
        "mime_",
    ];
    const MIO: &[&str] = &["mio::event::Source", "mio::Interest", "mio::Registry"];
    for line in listing().lines() {
        let rest = MIO
            .iter()
            .fold(line.to_owned(), |line, allowed| line.replace(allowed, ""));
        let foreign = OTHERS
            .iter()
            .chain(&["mio::"])
            .find(|name| rest.contains(**name));
        assert_eq!(foreign, None, "{line}");
    }
}
