//! The table in the crate's documentation: every name of Python's `http.server` is in it, by the
//! installed Python's own account, and every line of code in it is one of these tests.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use sprat::Status;

use super::support::skip;

/// What only some versions of Python have: 3.11 to 3.14 the scripts, 3.12 `index_pages`, 3.14 TLS
/// and 3.15 `-H` and `--content-type`.
const OF_SOME_VERSIONS: &[&str] = &[
    "CGIHTTPRequestHandler",
    "cgi_directories",
    "cgi_info",
    "is_cgi",
    "run_cgi",
    "index_pages",
    "HTTPSServer",
    "ThreadingHTTPSServer",
    "certfile",
    "keyfile",
    "password",
    "alpn_protocols",
    "extra_response_headers",
    "default_content_type",
    // What a program writes itself.
    "do_SPAM",
];

/// Prints the public names of the module, of its classes and of their bases, attributes that only
/// instances have among them.
const NAMES: &str = "
import http.server as h, inspect, re, socketserver as s
names = set(h.__all__) | {n for n in vars(h) if n.startswith('DEFAULT_')} | {'HTTPStatus', 'test'}
classes = [getattr(h, n) for n in h.__all__]
classes += [s.BaseServer, s.TCPServer, s.ThreadingMixIn]
classes += [s.BaseRequestHandler, s.StreamRequestHandler]
for c in classes:
    names |= set(vars(c)) | set(re.findall(r'self\\.(\\w+) *=[^=]', inspect.getsource(c)))
print(*(n for n in names if not n.startswith('_')))
";

/// Prints code, phrase and description of each status.
const STATUSES: &str = "
import http
for s in http.HTTPStatus: print(s.value, s.phrase, s.description, sep='\\t')
";

/// What the installed Python prints; `None` where there is none.
fn python(script: &str) -> Option<String> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Ok(output) = Command::new(&python)
        .args(["-W", "ignore", "-c", script])
        .output()
    else {
        skip(&format!("no {python} here"));
        return None;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The table's rows: Python's names, and the line of code.
fn rows() -> Vec<(String, String)> {
    let table = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/python.md"));
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        // A closure's bars are no cells.
        let start = row.rfind(" | `").expect("a row ends with a line of code");
        let code = row[start + 4..]
            .trim_end_matches(" |")
            .trim_end_matches('`');
        let names = row[2..].split(" | ").next().unwrap();
        (names.to_owned(), code.replace("\\|", "|"))
    })
    .collect()
}

/// The names that have a row.
fn named() -> BTreeSet<String> {
    let names: String = rows().into_iter().map(|(names, _)| names + " ").collect();
    let words = names.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.map(str::to_owned).collect()
}

#[test]
fn every_name_of_pythons_module_is_in_the_table() {
    let named = named();
    let installed = python(NAMES).unwrap_or_default();
    let names = installed
        .split_whitespace()
        .chain(OF_SOME_VERSIONS.iter().copied());
    let missing: Vec<&str> = names.filter(|name| !named.contains(*name)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}

#[test]
fn every_row_of_the_table_is_a_line_of_these_tests() {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/embed");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let tests: String = files.map(|path| squeeze(&read(&path))).collect();
    let rows = rows();
    assert!(rows.len() > 70, "{} rows", rows.len());
    for (names, code) in rows {
        assert!(
            tests.contains(&squeeze(&code)),
            "{names}: no test has `{code}`"
        );
    }
}

#[test]
fn statuses_have_pythons_words() {
    // Python 3.13 took these from RFC 9110.
    const CHANGED: &[u16] = &[413, 414, 416, 422];
    let Some(table) = python(STATUSES) else {
        return;
    };
    for line in table.lines() {
        let [code, phrase, description] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?}");
        };
        let status = Status::new(code.parse().unwrap()).unwrap();
        if !CHANGED.contains(&status.code()) {
            assert_eq!(
                (status.reason(), status.explain()),
                (phrase, description),
                "{code}"
            );
        }
    }
}
