//! The rules, each a function from a file to complaints, and below them what each must catch.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, find_word};

/// What the files of a folder (or one file) must not name. The first match of a path counts.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "src/http/",
        &[
            "std::fs",
            "std::net::Tcp",
            "std::net::Udp",
            "std::process",
            "std::env",
            "std::io",
            "std::os",
            "std::thread",
            "mio",
            "rustix",
            "libc",
            "Instant::now",
            "SystemTime::now",
            "crate::sys",
            "crate::reactor",
            "crate::handler",
            "crate::server",
            "crate::tree",
            "crate::files",
            "crate::cgi",
        ],
    ),
    ("src/sys/", &["crate::"]),
    (
        "src/reactor/",
        &[
            "crate::http",
            "crate::handler",
            "crate::server",
            "crate::tree",
            "crate::files",
            "crate::cgi",
            "Instant::now",
            "SystemTime::now",
        ],
    ),
    (
        "src/handler/",
        &[
            "crate::server",
            "crate::tree",
            "crate::files",
            "crate::cgi",
            "crate::sys",
        ],
    ),
    (
        "src/server/",
        &["crate::tree", "crate::files", "crate::cgi", "crate::cli"],
    ),
    (
        "src/tree/",
        &[
            "crate::handler",
            "crate::reactor",
            "crate::server",
            "crate::files",
            "crate::cgi",
            "mio",
            "Instant::now",
            "SystemTime::now",
        ],
    ),
    ("src/files/", &["crate::server", "crate::cgi", "mio"]),
    ("src/cgi/", &["crate::server", "crate::files"]),
    (
        "src/blocking/",
        &[
            "crate::sys",
            "crate::tree",
            "crate::files",
            "crate::cgi",
            "mio",
            "Instant::now",
            "SystemTime::now",
        ],
    ),
    ("src/", &["crate::testing"]),
    (
        "src/testing/sim/",
        &["crate::cli", "Instant::now", "SystemTime::now"],
    ),
    ("src/program/", &["libc"]),
];

/// What is allowed although the table forbids it: a file or folder, and a path.
const ALLOWED: &[(&str, &str)] = &[
    ("src/http/", "std::io::Write"),
    ("src/sys/", "crate::sys"),
    ("src/testing/", "crate::testing"),
    ("src/lib.rs", "crate::testing"),
    ("src/reactor/clock.rs", "Instant::now"),
    ("src/reactor/clock.rs", "SystemTime::now"),
];

/// Paths that a layer must not name (DESIGN 2.1).
pub fn imports(file: &Source) -> Vec<String> {
    let module = file.module();
    let mut complaints = Vec::new();
    for (folder, forbidden) in FORBIDDEN {
        if !file.is_of(folder) {
            continue;
        }
        for (line, path) in file.paths() {
            let full = from_root(&path, &module);
            let bad = forbidden.iter().find(|bad| names(&full, bad));
            let allowed = ALLOWED
                .iter()
                .any(|(place, path)| file.is_of(place) && names(&full, path));
            if let Some(bad) = bad.filter(|_| !allowed) {
                complaints.push(file.complain(line, &format!("{full}: {bad} is not for {folder}")));
            }
        }
    }
    complaints
}

/// Whether a path begins with another, or ends with one like `Instant::now`.
fn names(path: &str, prefix: &str) -> bool {
    let begins = path
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let opens = (prefix.ends_with("::") || prefix.ends_with("Tcp") || prefix.ends_with("Udp"))
        && path.starts_with(prefix);
    begins || opens || (prefix.ends_with("::now") && path.ends_with(prefix))
}

/// A path with `super` and `self` resolved: `crate::...`, or what it was.
fn from_root(path: &str, module: &[String]) -> String {
    let mut names: Vec<&str> = path.split("::").collect();
    let mut base: Vec<&str> = module.iter().map(String::as_str).collect();
    match names[0] {
        "self" => {
            names.remove(0);
        }
        "super" => {
            while names.first() == Some(&"super") {
                names.remove(0);
                base.pop();
            }
        }
        _ => return path.to_owned(),
    }
    let mut full = vec!["crate"];
    full.extend(base);
    full.extend(names);
    full.join("::")
}

/// Files that import each other, directly or through others. A module may hand on names of its
/// children that import it.
pub fn circles(files: &[Source]) -> Vec<String> {
    let library = |file: &&Source| {
        !file.path.ends_with("tests.rs")
            && !["src/program/main.rs", "src/program/cli.rs"].contains(&&*file.path)
    };
    let files: Vec<&Source> = files.iter().filter(library).collect();
    let modules: BTreeMap<Vec<String>, &str> = files
        .iter()
        .map(|file| (file.module(), &*file.path))
        .collect();
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &files {
        for (_, path) in file.without_reexports().paths() {
            let target = target_of(&path, file, &modules);
            if let Some(target) = target.filter(|target| *target != file.path) {
                imports.entry(&file.path).or_default().insert(target);
            }
        }
    }
    let mut complaints = BTreeSet::new();
    for file in &files {
        if let Some(circle) = path_back(&file.path, &imports) {
            complaints.insert(circle);
        }
    }
    complaints.into_iter().collect()
}

/// The file that a path leads to.
fn target_of<'a>(
    path: &str,
    file: &Source,
    modules: &BTreeMap<Vec<String>, &'a str>,
) -> Option<&'a str> {
    let module = file.module();
    let full = from_root(path, &module);
    let mut names: Vec<String> = full.split("::").map(str::to_owned).collect();
    if names[0] == "crate" {
        names.remove(0);
    } else {
        // A child of this module, or another crate.
        let child = [&module[..], &names[..1]].concat();
        modules.get(&child)?;
        names = [&module[..], &names[..]].concat();
    }
    // The longest part of the path that is a module; an item of the root is the root's.
    loop {
        if let Some(target) = modules.get(&names) {
            return Some(target);
        }
        names.pop()?;
    }
}

/// A way from a file back to itself, as one line; the smallest name comes first.
fn path_back(start: &str, imports: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = vec![start];
    let mut next = 0;
    while next < queue.len() {
        let at = queue[next];
        next += 1;
        for &target in imports.get(at).into_iter().flatten() {
            if target == start {
                let mut way = vec![at];
                while let Some(before) = from.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                let first = way.iter().enumerate().min_by_key(|(_, name)| **name)?.0;
                way.rotate_left(first);
                return Some(format!("circle: {}", way.join(" -> ")));
            }
            if !queue.contains(&target) {
                from.insert(target, at);
                queue.push(target);
            }
        }
    }
    None
}

/// `unsafe` outside `src/sys/`, or without its reason: `// SAFETY:`, or what a function asks of its
/// callers.
pub fn unsafe_code(file: &Source) -> Vec<String> {
    const REASON_LINES_MAX: usize = 6;
    let text: Vec<&str> = file.text.lines().collect();
    let mut complaints = Vec::new();
    for (number, line) in file.code.lines().enumerate() {
        if find_word(line, "unsafe").is_none() {
            continue;
        }
        let before = &text[number.saturating_sub(REASON_LINES_MAX)..number];
        let explains = |word| before.iter().any(|line| line.contains(word));
        let asks = line.contains("unsafe fn") && explains("# Safety");
        if !file.is_of("src/sys/") {
            complaints.push(file.complain(number, "unsafe outside src/sys/"));
        } else if !explains("SAFETY:") && !asks {
            complaints.push(file.complain(number, "unsafe without // SAFETY:"));
        }
    }
    complaints
}

/// Lines past so many columns.
pub fn long_lines(file: &Source, columns_max: usize) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| line.chars().count() > columns_max)
        .map(|(number, _)| file.complain(number, "too long a line"))
        .collect()
}

/// Functions past so many lines. A function ends with the brace below its first letter.
pub fn long_functions(file: &Source, lines_max: usize) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut complaints = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let is_function = line
            .split_whitespace()
            .take_while(|word| *word != "fn")
            .all(|word| {
                ["pub", "const", "async", "unsafe", "extern"]
                    .iter()
                    .any(|w| word.starts_with(w))
            })
            && find_word(line, "fn").is_some();
        if !is_function {
            continue;
        }
        let brace = format!("{}}}", " ".repeat(indent));
        let declares = |line: &&&str| line.ends_with(';') && !line.contains('{');
        let end = lines[start..].iter().position(|line| **line == brace);
        let declared = lines[start..]
            .iter()
            .take(8)
            .position(|line| declares(&line));
        match (end, declared) {
            (Some(end), declared) if declared.is_none_or(|at| at > 0) && end >= lines_max => {
                let what = format!("a function of {} lines", end + 1);
                complaints.push(file.complain(start, &what));
            }
            _ => {}
        }
    }
    complaints
}

/// A file past so many lines.
pub fn long_file(file: &Source, lines_max: usize) -> Vec<String> {
    let lines = file.text.lines().count();
    let long = lines > lines_max;
    long.then(|| file.complain(0, &format!("a file of {lines} lines")))
        .into_iter()
        .collect()
}

/// A file that does not open with what it is.
pub fn opening(file: &Source) -> Vec<String> {
    let opens = file.text.starts_with("//! ");
    (!opens)
        .then(|| file.complain(0, "does not open with //!"))
        .into_iter()
        .collect()
}

/// What a finished file does not hold.
pub fn unfinished(file: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, (line, code)) in file.text.lines().zip(file.code.lines()).enumerate() {
        let comment = line.split("//").nth(1).unwrap_or_default();
        for word in ["TODO", "FIXME", "XXX"] {
            if find_word(comment, word).is_some() {
                complaints.push(file.complain(number, word));
            }
        }
        for name in ["dbg!", "todo!", "unimplemented!"] {
            if code.contains(name) {
                complaints.push(file.complain(number, name));
            }
        }
        if file.path.starts_with("src/") && code.contains("allow(dead_code)") {
            complaints.push(file.complain(number, "dead code"));
        }
    }
    complaints
}

/// What Rust learned after the version that Cargo.toml promises and clippy takes for old: a `let`
/// beside another condition (1.88).
pub fn too_new(file: &Source) -> Vec<String> {
    let lines: Vec<&str> = file.code.lines().collect();
    let mut complaints = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(start) = line.find("if ").or_else(|| line.find("while ")) else {
            continue;
        };
        let text = format!("{} {}", &line[start..], lines[number + 1..].join(" "));
        // The condition, to the brace that opens the block, without what is inside of brackets.
        let (mut depth, mut condition) = (0, String::new());
        for c in text.chars().take_while(|c| !"{;".contains(*c)) {
            depth -= i32::from(")]".contains(c));
            if depth == 0 {
                condition.push(c);
            }
            depth += i32::from("([".contains(c));
        }
        if condition.contains("let ") && condition.contains("&&") {
            complaints.push(file.complain(number, "a let-chain needs Rust 1.88"));
        }
    }
    complaints
}

/// A library that writes to somebody's terminal.
pub fn noisy(file: &Source) -> Vec<String> {
    if ["src/program/main.rs", "src/program/cli.rs"].contains(&&*file.path) {
        return Vec::new();
    }
    let lines = file.code.lines().enumerate();
    lines
        .filter(|(_, line)| line.contains("print!(") || line.contains("println!("))
        .map(|(number, _)| file.complain(number, "the library prints"))
        .collect()
}

/// Parsers that take a plus sign, and conversions that lose bytes.
pub fn lenient_parsing(file: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in file.code.lines().enumerate() {
        for name in ["parse::<", ".parse()", "from_str_radix", "from_utf8_lossy"] {
            if line.contains(name) {
                complaints.push(file.complain(number, &format!("{name} on wire bytes")));
            }
        }
    }
    complaints
}

/// States of a dialog that could be moved from outside of it, and fields of a connection's parts
/// that others could reach into.
pub fn shared_state(file: &Source) -> Vec<String> {
    let is_dialog = file.path == "src/http/dialog.rs";
    let parts =
        ["conn", "cycle", "link", "times", "outgoing"].map(|name| format!("src/server/{name}.rs"));
    if !is_dialog && !parts.contains(&file.path) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    let mut owner = "";
    for (number, line) in file.code.lines().enumerate() {
        let word = line.split(['<', ' ', '(']).nth(2).unwrap_or_default();
        if line.starts_with("pub enum ") || line.starts_with("pub struct ") {
            owner = word;
        }
        let is_state = is_dialog && ["Reading", "Writing", "Life"].contains(&owner);
        if is_state && line.starts_with("pub enum ") {
            complaints.push(file.complain(number, "a state that others can set"));
        }
        let is_part = ["Dialog", "Conn", "Cycle", "Link", "Times", "Outgoing"].contains(&owner);
        if is_part && line.starts_with("    pub") && line.ends_with(',') && line.contains(": ") {
            complaints.push(file.complain(number, "a field that others can set"));
        }
        if line == "}" {
            owner = "";
        }
    }
    complaints
}

/// Limits of whose value nobody knows what it counts.
pub fn limits_without_unit(file: &Source) -> Vec<String> {
    const UNITS: &[&str] = &["byte", "count", "second", "time", "how long"];
    let mut complaints = Vec::new();
    let mut docs = String::new();
    for (number, line) in file.text.lines().enumerate() {
        let trimmed = line.trim_start();
        if let Some(doc) = trimmed.strip_prefix("///") {
            docs.push_str(&doc.to_lowercase());
            continue;
        }
        let is_limit = trimmed.starts_with("pub const ")
            || (trimmed.starts_with("pub ") && trimmed.ends_with(',') && trimmed.contains(": "));
        let said = format!("{docs} {}", trimmed.to_lowercase());
        if is_limit && docs.is_empty() {
            complaints.push(file.complain(number, "a limit without a word"));
        } else if is_limit && !UNITS.iter().any(|unit| said.contains(unit)) {
            complaints.push(file.complain(number, "a limit without a unit"));
        }
        docs.clear();
    }
    complaints
}

/// The long options that a text names.
pub fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let is_option = |word: &&str| {
        word.strip_prefix("--")
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    words
        .filter(is_option)
        .map(|word| word.trim_end_matches('-').to_owned())
        .collect()
}

/// Where the links of a page lead.
pub fn links(page: &str) -> impl Iterator<Item = &str> {
    let after = page.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
}

/// The headings of a page, as links name them.
pub fn headings(page: &str) -> BTreeSet<String> {
    let titles = page.lines().filter_map(|line| line.strip_prefix('#'));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    titles
        .map(|title| title.trim_start_matches('#').trim().to_lowercase())
        .map(|title| {
            title
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}
