//! Which changes of a tree show that a path leads to something again.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::sys::open::Symlinks;

/// A root with a directory in it, both so old that their next change shows.
fn tree() -> (tempfile::TempDir, std::path::PathBuf, SystemTime) {
    let top = tempfile::tempdir().unwrap();
    let root = top.path().join("root");
    fs::create_dir_all(root.join("d/e")).unwrap();
    fs::write(root.join("file"), "").unwrap();
    (top, root, SystemTime::now() + Duration::from_secs(10))
}

fn path(text: &str) -> UrlPath {
    UrlPath::decode(text.as_bytes()).unwrap()
}

/// Whether a path that is missing is known to be, before a change and after it.
fn known(symlinks: Symlinks, target: &str, change: impl FnOnce(&Path)) -> (bool, bool) {
    let (_top, directory, later) = tree();
    let root = Root::open(&directory, symlinks).unwrap();
    let (absences, now) = (Absences::default(), Instant::now());
    for _ in 0..2 {
        absences.add(&root, &path(target), &[], later, now);
    }
    let before = absences.has(&path(target), None, now);
    change(&directory);
    (before, absences.has(&path(target), None, now))
}

#[test]
fn a_name_is_missing_while_its_directory_is_what_it_was() {
    use Symlinks::{Follow, Inside, Never};
    let nothing = |_: &Path| {};
    for (symlinks, target, is_known) in [
        (Inside, "/none", true),
        (Inside, "/none/", true),
        (Inside, "/d/e/none", true),
        (Inside, "/d/none/deeper/still", true),
        (Inside, "/d/none/deeper/still/and/more", false),
        (Follow, "/d/none", true),
        (Never, "/none", true),
        (Never, "/d/none", false),
        // These are there.
        (Inside, "/file/", false),
        (Inside, "/file/none", false),
        (Inside, "/d", false),
    ] {
        let want = (is_known, is_known);
        assert_eq!(
            known(symlinks, target, nothing),
            want,
            "{symlinks:?} {target}"
        );
    }
    let shows = |target, change: fn(&Path)| {
        assert_eq!(known(Inside, target, change), (true, false), "{target}");
    };
    shows("/none", |root| {
        drop(File::create(root.join("none")).unwrap())
    });
    shows("/none", |root| {
        fs::rename(root.join("file"), root.join("none")).unwrap()
    });
    shows("/none", |root| symlink("file", root.join("none")).unwrap());
    shows("/d/none/deeper", |root| {
        fs::create_dir(root.join("d/none")).unwrap()
    });
    shows("/d/e/none", |root| {
        fs::rename(root.join("d"), root.join("old")).unwrap();
        fs::create_dir_all(root.join("d/e")).unwrap();
    });
    shows("/d/e/none", |root| {
        let outside = root.with_file_name("outside");
        fs::rename(root.join("d"), &outside).unwrap();
        symlink(outside, root.join("d")).unwrap();
    });
    shows("/none", |root| {
        fs::rename(root, root.with_file_name("old")).unwrap();
        fs::create_dir(root).unwrap();
    });
    // A root that was renamed is served on, and nobody looks into it here.
    shows("/none", |root| {
        fs::rename(root, root.with_file_name("old")).unwrap()
    });
}

#[test]
fn a_link_to_nothing_may_lead_somewhere_unseen() {
    for symlinks in [Symlinks::Inside, Symlinks::Follow] {
        let (_top, directory, later) = tree();
        let root = Root::open(&directory, symlinks).unwrap();
        symlink("../elsewhere", directory.join("none")).unwrap();
        let (absences, now) = (Absences::default(), Instant::now());
        for _ in 0..3 {
            absences.add(&root, &path("/none"), &[], later, now);
            assert!(!absences.has(&path("/none"), None, now), "{symlinks:?}");
        }
    }
}

#[test]
fn a_name_is_not_missing_where_a_form_of_it_is_there() {
    let (_top, directory, later) = tree();
    let root = Root::open(&directory, Symlinks::Inside).unwrap();
    for (form, is_known) in [("none.br", true), ("file", false)] {
        let (absences, now) = (Absences::default(), Instant::now());
        for _ in 0..2 {
            absences.add(&root, &path("/none"), &[form.into()], later, now);
        }
        assert_eq!(absences.has(&path("/none"), None, now), is_known, "{form}");
    }
}

#[test]
fn a_directory_that_has_just_changed_tells_nothing() {
    let (_top, directory, _) = tree();
    let root = Root::open(&directory, Symlinks::Inside).unwrap();
    let (absences, now) = (Absences::default(), Instant::now());
    for _ in 0..3 {
        let changed = fs::metadata(&directory).unwrap().modified().unwrap();
        absences.add(&root, &path("/none"), &[], changed, now);
        assert!(!absences.has(&path("/none"), None, now));
    }
}

#[test]
fn a_path_that_is_asked_for_once_takes_no_place() {
    let (_top, directory, later) = tree();
    let root = Root::open(&directory, Symlinks::Inside).unwrap();
    let (absences, now) = (Absences::default(), Instant::now());
    let has = |target: &str| absences.has(&path(target), None, now);
    for _ in 0..2 {
        absences.add(&root, &path("/icon"), &[], later, now);
    }
    for number in 0..10_000 {
        let made_up = format!("/made-up-{number}");
        absences.add(&root, &path(&made_up), &[], later, now);
        assert!(!has(&made_up), "{number}");
    }
    assert!(has("/icon"));
}
