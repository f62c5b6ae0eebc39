//! Which changes a look at a path tells of.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;
use crate::tree::Root;

/// A root with a file in it and one two directories down, and a place outside.
fn tree() -> (tempfile::TempDir, std::path::PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let root = top.path().join("root");
    fs::create_dir_all(root.join("d/e")).unwrap();
    fs::create_dir(top.path().join("outside")).unwrap();
    fs::write(root.join("f"), "file").unwrap();
    fs::write(root.join("d/e/f"), "file").unwrap();
    (top, root)
}

/// Whether the way to a path leads to the same file after a change.
fn leads_on(symlinks: Symlinks, path: &str, change: impl FnOnce(&Path, &Path)) -> Option<bool> {
    let (top, root) = tree();
    let way = Root::open(&root, symlinks).unwrap().way(path.as_bytes())?;
    let before = way.look().unwrap();
    assert!(!way.is_vacant());
    change(&root, &top.path().join("outside"));
    Some(way.look() == Some(before))
}

fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    fs::rename(from, to).unwrap();
}

#[test]
fn a_way_leads_on_while_nothing_is_changed_that_it_leads_through() {
    use Symlinks::{Follow, Inside, Never};
    let nothing = |_: &Path, _: &Path| {};
    for (symlinks, path, want) in [
        (Inside, "f", Some(true)),
        (Inside, "d/e/f", Some(true)),
        (Follow, "d/e/f", Some(true)),
        (Never, "f", Some(true)),
        // Which of its directories is a link, one look does not tell.
        (Never, "d/e/f", None),
    ] {
        assert_eq!(
            leads_on(symlinks, path, nothing),
            want,
            "{symlinks:?} {path}"
        );
    }
    let inside = |path, change: fn(&Path, &Path)| leads_on(Inside, path, change).unwrap();
    assert!(inside("d/e/f", |root, _| fs::write(
        root.join("d/e/other"),
        ""
    )
    .unwrap()));
    assert!(!inside("f", |root, _| fs::write(root.join("f"), "elif").unwrap()));
    assert!(!inside("f", |root, _| fs::remove_file(root.join("f")).unwrap()));
    assert!(!inside("f", |root, _| rename(
        root.join("d/e/f"),
        root.join("f")
    )));
    assert!(!inside("d/e/f", |root, _| rename(
        root.join("d"),
        root.join("g")
    )));
    // A new name of it changes its ctime: so nobody can bring it in by one.
    assert!(!inside("f", |root, outside| {
        fs::hard_link(root.join("f"), outside.join("f")).unwrap();
    }));
}

#[test]
fn a_directory_that_was_moved_outside_is_not_followed_there() {
    let swap = |root: &Path, outside: &Path| {
        rename(root.join("d"), outside.join("d"));
        symlink(outside.join("d"), root.join("d")).unwrap();
    };
    assert_eq!(leads_on(Symlinks::Inside, "d/e/f", swap), Some(false));
    assert_eq!(leads_on(Symlinks::Follow, "d/e/f", swap), Some(true));
    let swap = |root: &Path, outside: &Path| {
        rename(root.join("d/e"), outside.join("e"));
        symlink("../../outside/e", root.join("d/e")).unwrap();
    };
    assert_eq!(leads_on(Symlinks::Inside, "d/e/f", swap), Some(false));
    // The file itself, by a link of the same name.
    let swap = |root: &Path, outside: &Path| {
        rename(root.join("f"), outside.join("f"));
        symlink(outside.join("f"), root.join("f")).unwrap();
    };
    assert_eq!(leads_on(Symlinks::Inside, "f", swap), Some(false));
    assert_eq!(leads_on(Symlinks::Never, "f", swap), Some(false));
}

#[test]
fn another_root_is_another_way() {
    for path in ["f", "d/e/f"] {
        let gone = leads_on(Symlinks::Inside, path, |root, outside| {
            rename(root, outside.join("root"));
        });
        assert_eq!(gone, Some(false));
        // With the same file in it.
        let other = leads_on(Symlinks::Inside, "d/e/f", |root, outside| {
            rename(root, outside.join("root"));
            fs::create_dir(root).unwrap();
            rename(outside.join("root/d"), root.join("d"));
        });
        assert_eq!(other, Some(false));
    }
}

#[test]
fn a_vacant_way_leads_to_nothing_in_its_own_directory() {
    let (top, root) = tree();
    let root = Root::open(&root, Symlinks::Inside).unwrap();
    let way = root.way(b"d/e/none").unwrap();
    assert!(way.is_vacant());
    let link = top.path().join("root/d/e/none");
    symlink("nowhere", &link).unwrap();
    assert!(!way.is_vacant(), "a link to nothing is not nothing");
    fs::remove_file(link).unwrap();
    assert!(way.is_vacant());
    rename(top.path().join("root/d"), top.path().join("outside/d"));
    assert!(!way.is_vacant());
    assert!(root.way("x/".repeat(WAY_BYTES_MAX).as_bytes()).is_none());
    assert!(root.way(b"a\0b").is_none());
}
