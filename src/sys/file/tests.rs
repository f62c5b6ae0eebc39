//! Tests of `sys::file`.

use super::*;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

#[test]
fn stat_tells_kind_length_inode_and_mode() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), b"twelve bytes").unwrap();
    fs::set_permissions(dir.path().join("file"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("file", dir.path().join("link")).unwrap();
    let root = File::open(dir.path()).unwrap();
    let file = File::open(dir.path().join("file")).unwrap();
    let inode = file.metadata().unwrap().ino();
    let device = file.metadata().unwrap().dev();
    let got = stat(file.as_fd()).unwrap();
    assert_eq!((got.kind, got.len), (Kind::Regular, 12));
    assert_eq!((got.inode, got.mode), (inode, 0o640));
    assert_eq!(got.device, device);
    let changed = got.changed.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let (seconds, nanoseconds) = (changed.as_secs(), changed.subsec_nanos());
    let meta = file.metadata().unwrap();
    assert_eq!(
        (seconds as i64, i64::from(nanoseconds)),
        (meta.ctime(), meta.ctime_nsec())
    );
    assert_eq!(got.modified, file.metadata().unwrap().modified().unwrap());
    assert_eq!(stat(root.as_fd()).unwrap().kind, Kind::Directory);
    assert_eq!(stat_at(root.as_fd(), b"link", true).unwrap().inode, inode);
    assert_eq!(
        stat_at(root.as_fd(), b"link", false).unwrap().kind,
        Kind::Symlink
    );
    let missing = stat_at(root.as_fd(), b"missing", true).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    let null = File::open("/dev/null").unwrap();
    assert_eq!(stat(null.as_fd()).unwrap().kind, Kind::Special);
}

#[test]
fn times_keep_nanoseconds_before_and_after_the_epoch() {
    let epoch = SystemTime::UNIX_EPOCH;
    for (seconds, nanoseconds, want) in [
        (0, 0, Some(epoch)),
        (1, 1, epoch.checked_add(Duration::new(1, 1))),
        (-1, 0, epoch.checked_sub(Duration::from_secs(1))),
        (-1, 999_999_999, epoch.checked_sub(Duration::from_nanos(1))),
        (
            -2,
            250_000_000,
            epoch.checked_sub(Duration::from_millis(1750)),
        ),
    ] {
        assert_eq!(
            Some(time(seconds, nanoseconds)),
            want,
            "{seconds} {nanoseconds}"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("old")).unwrap();
    let old = epoch.checked_sub(Duration::new(5, 7)).unwrap();
    file.set_modified(old).unwrap();
    assert_eq!(stat(file.as_fd()).unwrap().modified, old);
}

#[test]
fn read_at_appends_and_keeps_to_its_length() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), b"0123456789").unwrap();
    let file = File::open(dir.path().join("file")).unwrap();
    let mut buf = Vec::with_capacity(100);
    buf.extend_from_slice(b"head ");
    assert_eq!(read_at(file.as_fd(), 2, 3, &mut buf).unwrap(), 3);
    assert_eq!(buf, b"head 234");
    assert_eq!(read_at(file.as_fd(), 8, 50, &mut buf).unwrap(), 2);
    assert_eq!(buf, b"head 23489");
    assert_eq!(read_at(file.as_fd(), 10, 50, &mut buf).unwrap(), 0);
    assert_eq!(read_at(file.as_fd(), 0, 0, &mut buf).unwrap(), 0);
    let root = File::open(dir.path()).unwrap();
    assert!(read_at(root.as_fd(), 0, 5, &mut buf).is_err());
    assert_eq!(buf, b"head 23489");
}
