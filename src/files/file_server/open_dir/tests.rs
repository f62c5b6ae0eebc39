//! Tests of `files::file_server::open_dir`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;
use crate::sys::file::Kind;

fn entries_of(dir: &TempDir) -> io::Result<Vec<DirectoryEntry>> {
    let open = File::open(dir.path()).unwrap();
    OpenDir::from(OwnedFd::from(open)).entries()
}

#[test]
fn entries_are_sorted_and_say_what_they_are() {
    let dir = TempDir::new().unwrap();
    assert_eq!(entries_of(&dir).unwrap(), []);
    fs::write(dir.path().join("b"), "12345").unwrap();
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::write(dir.path().join(".hidden"), "").unwrap();
    symlink("b", dir.path().join("to b")).unwrap();
    symlink("nowhere", dir.path().join("to nothing")).unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"\n\"")), "1").unwrap();
    let entries = entries_of(&dir).unwrap();
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.name.to_str().unwrap(), entry.stat.unwrap().kind))
        .collect();
    let want = [
        ("\n\"", Kind::Regular),
        (".hidden", Kind::Regular),
        ("a", Kind::Directory),
        ("b", Kind::Regular),
        ("to b", Kind::Symlink),
        ("to nothing", Kind::Symlink),
    ];
    assert_eq!(found, want);
    assert_eq!(entries[3].stat.unwrap().len, 5);
}

#[test]
fn a_directory_of_more_entries_than_the_limit_is_an_error() {
    let dir = TempDir::new().unwrap();
    for number in 0..DIRECTORY_ENTRIES_MAX {
        File::create(dir.path().join(number.to_string())).unwrap();
    }
    assert_eq!(entries_of(&dir).unwrap().len(), DIRECTORY_ENTRIES_MAX);
    File::create(dir.path().join("one more")).unwrap();
    let error = entries_of(&dir).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
}
