//! What a look at a path tells of what was there.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

#[test]
fn a_mark_holds_while_its_path_leads_to_the_same_file_or_to_none() {
    let top = tempfile::tempdir().unwrap();
    let path = |name: &str| top.path().join(name);
    fs::write(path("file"), "").unwrap();
    fs::create_dir(path("dir")).unwrap();
    symlink("dir", path("link")).unwrap();
    let set = |name: &str, follows| Landmark::set(bytes(&path(name)), follows).unwrap();
    let landmarks = [
        set("file", true),
        set("dir", false),
        set("link", true),
        set("link", false),
        set("none", true),
        set("file/none", true),
    ];
    let hold = || landmarks.each_ref().map(Landmark::is_so);
    assert_eq!(
        landmarks.each_ref().map(Landmark::is_directory),
        [false, true, true, false, false, false]
    );
    assert!(landmarks[1].meets(&landmarks[2]) && !landmarks[2].meets(&landmarks[3]));
    // Nothing is nowhere the same.
    assert!(!landmarks[4].meets(&landmarks[4]));
    assert_eq!(hold(), [true; 6]);
    fs::write(path("dir/file"), "").unwrap();
    fs::write(path("file"), "more").unwrap();
    assert_eq!(hold(), [true; 6]);
    fs::rename(path("dir"), path("none")).unwrap();
    assert_eq!(hold(), [true, false, false, true, false, true]);
    fs::remove_file(path("link")).unwrap();
    symlink("none", path("link")).unwrap();
    fs::remove_file(path("file")).unwrap();
    fs::create_dir_all(path("file/none")).unwrap();
    let after = hold();
    assert_eq!([after[0], after[2], after[5]], [false, true, false]);
}

#[test]
fn what_has_the_number_of_a_directory_that_was_removed_is_not_that_directory() {
    let top = tempfile::tempdir().unwrap();
    let path = top.path().join("file");
    fs::write(&path, "").unwrap();
    let path = to_path(bytes(&path)).unwrap();
    let number = node_at(&*path, true).unwrap().identity;
    assert!(!Landmark::of_directory(path, number).is_so());
}

#[test]
fn what_cannot_be_looked_at_has_no_mark() {
    let top = tempfile::tempdir().unwrap();
    let circle = top.path().join("circle");
    symlink("circle", &circle).unwrap();
    assert!(Landmark::set(bytes(&circle), true).is_none());
    assert!(Landmark::set(b"/a\0b".to_vec(), true).is_none());
    assert!(Landmark::set(b"a/".repeat(PATH_BYTES_MAX / 2), true).is_none());
    // Made up by the kernel: its numbers may change.
    if cfg!(target_os = "linux") {
        assert!(Landmark::set(b"/proc/self/task".to_vec(), true).is_none());
    }
}
