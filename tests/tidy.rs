//! The house rules, read off the repository: who may import whom, what code may not say, how long
//! things may get, and that documents and program agree.

#[path = "tidy/bad.rs"]
#[cfg(test)]
mod bad;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::Source;

/// The longest line, in columns.
const COLUMNS_MAX: usize = 100;
/// The longest function, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// The longest file of the library and program without its tests, in lines.
const SOURCE_LINES_MAX: usize = 500;
/// The longest file of all, in lines.
const FILE_LINES_MAX: usize = 600;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file beneath these folders.
fn rust_files(folders: &[&str]) -> Vec<Source> {
    let mut folders: Vec<PathBuf> = folders.iter().map(|f| repository().join(f)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            // What cargo makes is not ours; `src/http/target` is.
            if path.is_dir() && !path.ends_with("fuzz/target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(read(&path));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read(path: &Path) -> Source {
    let name = path.strip_prefix(repository()).unwrap().to_str().unwrap();
    Source::new(name, &fs::read_to_string(path).unwrap())
}

fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn check(folders: &[&str], rule: impl Fn(&Source) -> Vec<String>) {
    let files = rust_files(folders);
    assert!(!files.is_empty(), "no files in {folders:?}");
    assert_none(files.iter().flat_map(rule).collect());
}

const ALL: &[&str] = &["src", "tests", "benches", "examples", "fuzz"];

#[test]
fn the_tests_that_pages_name_are_there() {
    let files = rust_files(&["src", "tests"]);
    let names: BTreeSet<&str> = files.iter().flat_map(Source::tests).collect();
    for page in ["src/tested.md", "src/weaknesses.md"] {
        let text = fs::read_to_string(repository().join(page)).unwrap();
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let is_name = |word: &&&str| word.contains('_') && word.bytes().all(is_name_byte);
        let named: Vec<&&str> = words.iter().filter(is_name).collect();
        assert!(named.len() > 1, "{page} names no tests");
        let missing: Vec<_> = named
            .iter()
            .filter(|name| !names.contains(**name))
            .collect();
        assert!(missing.is_empty(), "{page}: no such tests: {missing:?}");
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

#[test]
fn layers_import_downwards_only() {
    check(&["src"], rules::imports);
}

#[test]
fn no_two_files_import_each_other_in_a_circle() {
    assert_none(rules::circles(&rust_files(&["src"])));
}

#[test]
fn one_name_is_one_thing() {
    assert_none(names::repeated(&rust_files(&["src"])));
}

#[test]
fn unsafe_is_in_sys_only_and_says_why_it_is_sound() {
    check(ALL, rules::unsafe_code);
}

#[test]
fn lines_functions_and_files_are_short() {
    check(ALL, |file| {
        let product = file.path.starts_with("src/") && !file.path.starts_with("src/testing/");
        let tests = file.path.ends_with("tests.rs") || !product;
        let lines_max = if tests {
            FILE_LINES_MAX
        } else {
            SOURCE_LINES_MAX
        };
        let mut complaints = rules::long_lines(file, COLUMNS_MAX);
        complaints.extend(rules::long_functions(file, FUNCTION_LINES_MAX));
        complaints.extend(rules::long_file(file, lines_max));
        complaints
    });
}

#[test]
fn files_open_with_what_they_are() {
    check(ALL, rules::opening);
}

#[test]
fn code_is_finished_and_quiet() {
    check(ALL, rules::unfinished);
    check(ALL, rules::too_new);
    check(&["src"], rules::noisy);
}

#[test]
fn each_part_of_a_connection_owns_its_state() {
    check(&["src"], rules::shared_state);
}

#[test]
fn wire_bytes_are_not_given_to_lenient_parsers() {
    check(&["src/http"], rules::lenient_parsing);
}

#[test]
fn every_limit_names_its_unit() {
    assert_none(rules::limits_without_unit(&read(
        &repository().join("src/http/limits.rs"),
    )));
}

#[test]
fn every_option_is_documented_and_tested() {
    let output = Command::new(env!("CARGO_BIN_EXE_sprat"))
        .arg("--help")
        .output()
        .unwrap();
    let options = rules::options(std::str::from_utf8(&output.stdout).unwrap());
    assert!(options.contains("--directory"), "{options:?}");
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let readme = rules::options(&readme);
    // Not this file, nor what it feeds on.
    let tests: Vec<Source> = rust_files(&["tests"])
        .into_iter()
        .filter(|file| !file.path.starts_with("tests/tidy"))
        .collect();
    let is_tested = |option: &str| {
        let quoted = [format!("\"{option}\""), format!("\"{option}=")];
        let has = |file: &Source| quoted.iter().any(|text| file.text.contains(text));
        tests.iter().any(has)
    };
    let undocumented: BTreeSet<_> = options.difference(&readme).collect();
    assert!(undocumented.is_empty(), "not in README: {undocumented:?}");
    let untested: BTreeSet<_> = options.iter().filter(|o| !is_tested(o)).collect();
    assert!(untested.is_empty(), "not in a test: {untested:?}");
}

#[test]
fn every_page_names_the_oldest_rust_that_cargo_is_told() {
    let page = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    assert!(page("src/guide.md").contains(&format!("The crate needs Rust {oldest}")));
    assert!(page("README.md").contains(&format!("[Rust](https://rustup.rs) {oldest} or later")));
}

#[test]
fn the_readme_starts_with_how_to_run_and_test() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let code: Vec<&str> = readme
        .lines()
        .take(40)
        .skip_while(|line| !line.starts_with("```"))
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .collect();
    // .ci/run takes the second from here, and runs it.
    assert_eq!(code, ["cargo run --release -- 8000", "cargo test"]);
}

/// Links of the pages that are shown beside the source, to files and to headings.
#[test]
fn no_link_in_the_package_is_dead() {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let list = String::from_utf8(output.stdout).unwrap();
    let packed: BTreeSet<&str> = list.lines().collect();
    let pages = packed
        .iter()
        .filter(|path| path.ends_with(".md") && !path.contains('/'));
    let mut dead = Vec::new();
    for page in pages {
        let text = fs::read_to_string(repository().join(page)).unwrap();
        for link in rules::links(&text) {
            let alive = match link.split_once('#') {
                _ if link.contains("://") => true,
                Some(("", heading)) => rules::headings(&text).contains(heading),
                Some((path, _)) => packed.contains(path),
                None => packed.contains(link),
            };
            if !alive {
                dead.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(packed.contains("README.md"), "{list}");
    assert_none(dead);
}

#[test]
fn modules_have_one_style_and_their_tests_stand_beside_them() {
    let mut complaints = Vec::new();
    for file in rust_files(&["src"]) {
        if file.path.ends_with("/mod.rs") {
            complaints.push(file.complain(0, "`foo.rs` beside `foo/`, not `foo/mod.rs`"));
        }
        if file.text.contains("mod tests {") {
            complaints.push(file.complain(0, "tests go to a file `tests.rs`"));
        }
    }
    assert_none(complaints);
}
