//! Tests of `sys::temporary`.

use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;

use super::*;

#[test]
fn the_file_has_no_name_and_is_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    for make in [unnamed_file, named_and_unlinked] {
        let mut file = make(folder.path()).unwrap();
        file.write_all(b"body").unwrap();
        file.rewind().unwrap();
        let mut back = String::new();
        file.read_to_string(&mut back).unwrap();
        assert_eq!(back, "body");
        let metadata = file.metadata().unwrap();
        assert_eq!((metadata.nlink(), metadata.mode() & 0o777), (0, 0o600));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(make(&folder.path().join("missing")).is_err());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_file_never_has_a_name_where_the_system_can_do_that() {
    let folder = tempfile::tempdir().unwrap();
    if let Ok(file) = never_named(folder.path()) {
        // Its link in /proc shows the name that it was born with.
        use std::os::fd::AsRawFd;
        let link = format!("/proc/self/fd/{}", file.as_raw_fd());
        if let Ok(name) = std::fs::read_link(link) {
            assert!(!name.to_string_lossy().contains(".sprat-"), "{name:?}");
        }
    }
}
