//! Reading a directory in steps, by `getdents64(2)` or `readdir(3)`.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::file::{Kind, node};

/// An open directory and how far it was read.
pub struct Directory {
    fd: OwnedFd,
    reader: reader::Reader,
}

impl Directory {
    /// Starts reading a directory.
    pub fn new(fd: OwnedFd) -> Directory {
        Directory {
            fd,
            reader: reader::Reader::default(),
        }
    }

    /// The descriptor, for `stat_at`.
    pub fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Calls `each` for at most about `entries_max` entries, `.` and `..` excepted; `None` where
    /// the file system does not say the kind. Returns whether there are more.
    ///
    /// # Errors
    /// What the system says; `PermissionDenied` if the directory was opened only for searching.
    pub fn read(
        &mut self,
        entries_max: usize,
        each: &mut dyn FnMut(&[u8], Option<Kind>),
    ) -> io::Result<bool> {
        self.reader.read(&self.fd, entries_max, &mut |name, kind| {
            if !matches!(name, b"." | b"..") {
                each(name, kind);
            }
        })
    }
}

/// Whether a directory was removed. Its count of names says so on few file systems; the system
/// itself reads no directory that is dead.
pub fn is_removed(dir: BorrowedFd<'_>) -> bool {
    match node(dir) {
        Ok(node) => node.links == 0 || reader::is_dead(dir),
        Err(_) => true,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod reader {
    use super::{Kind, io};
    use rustix::fs::RawDir;
    use rustix::io::Errno;
    use std::os::fd::{BorrowedFd, OwnedFd};

    /// Bytes asked for in one call: about 250 entries with names of ten bytes, and room for a name
    /// of any length.
    const BUFFER_BYTES: usize = 8 * 1024;

    /// Whether reading it says that it is gone. What is open only for searching is not read.
    pub(super) fn is_dead(fd: BorrowedFd<'_>) -> bool {
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        let mut entries = RawDir::new(fd, buffer.spare_capacity_mut());
        matches!(entries.next(), Some(Err(Errno::NOENT | Errno::STALE)))
    }

    #[derive(Default)]
    pub(super) struct Reader {
        buffer: Vec<u8>,
    }

    impl Reader {
        /// Whole calls' worth of entries, the kernel keeping the position: as many calls as fit,
        /// and at least one.
        pub(super) fn read(
            &mut self,
            fd: &OwnedFd,
            entries_max: usize,
            each: &mut dyn FnMut(&[u8], Option<Kind>),
        ) -> io::Result<bool> {
            self.buffer.reserve_exact(BUFFER_BYTES);
            let mut entries = RawDir::new(fd, self.buffer.spare_capacity_mut());
            let (mut count, mut count_before) = (0, 0);
            loop {
                match entries.next() {
                    Some(Ok(entry)) => {
                        let kind = Kind::from_file_type(entry.file_type());
                        each(entry.file_name().to_bytes(), kind);
                        count += 1;
                    }
                    Some(Err(Errno::INTR)) => continue,
                    // Removed while it was read.
                    None | Some(Err(Errno::NOENT)) => return Ok(false),
                    Some(Err(Errno::BADF)) => return Err(io::ErrorKind::PermissionDenied.into()),
                    Some(Err(error)) => return Err(error.into()),
                }
                if entries.is_buffer_empty() {
                    if count + (count - count_before) > entries_max {
                        return Ok(true);
                    }
                    count_before = count;
                }
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod reader {
    use super::{Kind, io};
    use rustix::fs::Dir;
    use std::os::fd::{BorrowedFd, OwnedFd};

    /// The count of names tells it here.
    pub(super) fn is_dead(_: BorrowedFd<'_>) -> bool {
        false
    }

    #[derive(Default)]
    pub(super) struct Reader {
        dir: Option<Dir>,
    }

    impl Reader {
        pub(super) fn read(
            &mut self,
            fd: &OwnedFd,
            entries_max: usize,
            each: &mut dyn FnMut(&[u8], Option<Kind>),
        ) -> io::Result<bool> {
            let dir = match &mut self.dir {
                Some(dir) => dir,
                empty => empty.insert(Dir::new(fd.try_clone()?)?),
            };
            for _ in 0..entries_max.max(1) {
                let Some(entry) = dir.read() else {
                    return Ok(false);
                };
                let entry = entry?;
                each(
                    entry.file_name().to_bytes(),
                    Kind::from_file_type(entry.file_type()),
                );
            }
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
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
}
