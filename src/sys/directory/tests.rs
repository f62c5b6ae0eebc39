//! Tests of `sys::directory`.

use super::*;
use std::collections::BTreeSet;
use std::fs::{self, File};

fn open(path: &std::path::Path) -> Directory {
    Directory::new(File::open(path).unwrap().into())
}

#[test]
fn steps_are_bounded_and_together_yield_each_entry_once() {
    let dir = tempfile::tempdir().unwrap();
    let names: BTreeSet<Vec<u8>> = (0..2000)
        .map(|i| format!("entry-{i:04}").into_bytes())
        .collect();
    for name in &names {
        File::create(dir.path().join(std::str::from_utf8(name).unwrap())).unwrap();
    }
    let mut directory = open(dir.path());
    let (mut got, mut steps) = (BTreeSet::new(), 0);
    loop {
        let mut count = 0;
        let more = directory.read(256, &mut |name, _| {
            assert!(got.insert(name.to_vec()));
            count += 1;
        });
        assert!(count <= 400, "{count}");
        steps += 1;
        if !more.unwrap() {
            break;
        }
    }
    assert_eq!(got, names);
    assert!(steps >= 5, "{steps}");
}

#[test]
fn small_directory_takes_one_step_and_names_may_be_any_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"new\nline \xff");
    if File::create(dir.path().join(odd)).is_err() {
        return; // this file system takes UTF-8 only
    }
    fs::create_dir(dir.path().join("dir")).unwrap();
    std::os::unix::fs::symlink("dir", dir.path().join("link")).unwrap();
    let mut got = Vec::new();
    let more = open(dir.path()).read(256, &mut |name, kind| got.push((name.to_vec(), kind)));
    got.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!more.unwrap());
    let kinds = [Kind::Directory, Kind::Symlink, Kind::Regular];
    for ((name, kind), (want, want_kind)) in got
        .iter()
        .zip([&b"dir"[..], b"link", b"new\nline \xff"].iter().zip(kinds))
    {
        assert_eq!(name, want);
        assert!(kind.is_none() || *kind == Some(want_kind));
    }
    assert_eq!(got.len(), 3);
}

#[test]
fn empty_removed_and_wrong_ones_do_not_loop() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("gone")).unwrap();
    let mut gone = open(&dir.path().join("gone"));
    assert!(!gone.read(256, &mut |_, _| unreachable!()).unwrap());
    let mut gone = open(&dir.path().join("gone"));
    fs::remove_dir(dir.path().join("gone")).unwrap();
    assert!(!gone.read(256, &mut |_, _| unreachable!()).unwrap());
    fs::write(dir.path().join("file"), b"").unwrap();
    let mut file = open(&dir.path().join("file"));
    assert!(file.read(256, &mut |_, _| unreachable!()).is_err());
}
