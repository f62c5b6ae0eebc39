//! Bugs planted on purpose, each a patch with the seed of the simulator that must find it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The patches, in order.
fn patches() -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(repository().join("src/testing/sim/mutants")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    let mut patches: Vec<_> = paths.map(read).collect();
    patches.sort();
    patches
}

/// What a patch takes away and leaves, piece by piece: the file, and its text as it is now.
fn pieces(patch: &str) -> Vec<(String, String)> {
    let mut pieces: Vec<(String, String)> = Vec::new();
    let mut file = String::new();
    for line in patch.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("--- a/") {
            file = name.trim_end().to_owned();
        } else if line.starts_with("@@") {
            pieces.push((file.clone(), String::new()));
        } else if let (Some((_, text)), Some(rest)) =
            (pieces.last_mut(), line.strip_prefix([' ', '-']))
        {
            if !line.starts_with("---") {
                text.push_str(rest);
            }
        }
    }
    pieces
}

#[test]
fn every_planted_bug_has_its_seed_and_its_place() {
    let patches = patches();
    assert!(patches.len() > 50, "{} patches", patches.len());
    for (path, patch) in &patches {
        let path = path.display();
        let mut lines = patch.lines();
        let what = lines.next().unwrap_or_default();
        assert!(
            !what.is_empty() && !what.starts_with("---"),
            "{path}: what is it?"
        );
        let seed = lines.next().and_then(|line| line.strip_prefix("seed: 0x"));
        let seed = seed.map(|seed| u64::from_str_radix(seed, 16));
        assert!(matches!(seed, Some(Ok(_))), "{path}: no seed");
        let pieces = pieces(patch);
        assert!(!pieces.is_empty(), "{path}: no change");
        for (file, text) in pieces {
            let now = fs::read_to_string(repository().join(&file)).unwrap();
            let places = now.matches(&text).count();
            assert_eq!(places, 1, "{path}: places in {file} of\n{text}");
        }
    }
}

#[test]
#[ignore = "builds the crate once for each of them, ten minutes"]
fn every_planted_bug_is_found_by_its_seed() {
    let script = repository().join("tests/mutants.sh");
    assert!(Command::new(script).status().unwrap().success());
}
