//! One name, one thing: the names of types.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Source;

const KEYWORDS: [&str; 5] = ["struct", "enum", "trait", "union", "type"];

/// Files that stand for each other on different systems, and give one thing one name.
const TWINS: &[&str] = &["src/sys/process/no_list.rs"];

/// Files whose types are what others are, for threads that block, and are told from those by their
/// module.
const NAMESAKES: &[&str] = &["src/blocking/request.rs", "src/blocking/server.rs"];

/// Types that have the name of another, outside tests. Two in one file are one for each system.
pub fn repeated(files: &[Source]) -> Vec<String> {
    let mut places: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let is_tests = file.is_of("src/testing/");
        let is_other = [TWINS, NAMESAKES].concat().contains(&&*file.path);
        if is_tests || file.path.ends_with("inspect.rs") || is_other {
            continue;
        }
        for name in file.code.lines().filter_map(type_name) {
            places.entry(name).or_default().insert(&file.path);
        }
    }
    let complaint = |(name, paths): (&str, BTreeSet<&str>)| {
        let paths: Vec<&str> = paths.into_iter().collect();
        (paths.len() > 1).then(|| format!("{name} is several things: {}", paths.join(", ")))
    };
    places.into_iter().filter_map(complaint).collect()
}

/// The name that a line gives to a type of the module, not to one of a trait.
fn type_name(line: &str) -> Option<&str> {
    let words = line.split(|c: char| c != '_' && !c.is_alphanumeric());
    let is_at_start = !line.starts_with(char::is_whitespace);
    let mut words = words
        .filter(|_| is_at_start)
        .filter(|word| !word.is_empty());
    let is_before = |word: &&str| ["pub", "crate", "super", "in", "unsafe"].contains(word);
    let keyword = words.by_ref().find(|word| !is_before(word))?;
    words.next().filter(|_| KEYWORDS.contains(&keyword))
}
