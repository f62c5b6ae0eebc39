//! The served tree: an open directory and what may be opened beneath it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::http::target::UrlPath;
pub use crate::sys::file::{Kind, Stat};
use crate::sys::file::{stat, stat_at};
use crate::sys::open::{Errno, Symlinks, open_base, open_beneath, open_path, search_beneath};

/// An open directory (or one file), and a policy for symbolic links. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Root {
    base: Arc<OwnedFd>,
    path: PathBuf,
    single: Option<Single>,
    symlinks: Symlinks,
}

/// A file served alone: its name to the peer, and its own in `base`, where a link led.
#[derive(Clone, Debug)]
struct Single {
    name: Vec<u8>,
    file: Vec<u8>,
}

/// What a path names.
#[derive(Debug)]
#[non_exhaustive]
pub enum Opened {
    /// A regular file.
    File(File, Stat),
    /// A directory. Without read permission it cannot be listed, but files in it can be found.
    Directory(File, Stat),
}

/// Why nothing could be opened. All of them are 404 to the peer, but `Busy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// No such file, or a path that goes through a file.
    NotFound,
    /// A link leads outside the root.
    Outside,
    /// A link, and none may be followed.
    Link,
    /// A FIFO, socket or device.
    NotRegular,
    /// No permission.
    Denied,
    /// Out of descriptors, or the tree keeps changing: 503.
    Busy,
}

impl Root {
    /// Opens a directory, or a single file, which is then served alone: under its own name, and as
    /// `/`. Links in `path` itself are followed, whatever the policy.
    ///
    /// # Errors
    /// What the system says; the directory or file must be readable.
    pub fn open(path: &Path, symlinks: Symlinks) -> io::Result<Root> {
        let real = path.canonicalize()?;
        let opened = open_path(real.as_os_str().as_bytes())?;
        match stat(opened.as_fd())?.kind {
            Kind::Directory => {
                // Reading lists it; opening files in it takes search permission as well.
                stat_at(opened.as_fd(), b".", true)?;
                Ok(Root {
                    base: Arc::new(opened),
                    path: real,
                    single: None,
                    symlinks,
                })
            }
            Kind::Regular => {
                let (Some(directory), Some(file)) = (real.parent(), real.file_name()) else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                let name = path.file_name().unwrap_or(file).as_bytes().to_vec();
                let single = Some(Single {
                    name,
                    file: file.as_bytes().to_vec(),
                });
                let base = open_base(directory.as_os_str().as_bytes())?;
                Ok(Root {
                    base: Arc::new(base),
                    path: directory.to_path_buf(),
                    single,
                    symlinks,
                })
            }
            Kind::Symlink | Kind::Special => {
                let message = "neither a directory nor a regular file";
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
        }
    }

    /// The directory's absolute path, links resolved; of a single file, the directory it is in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the single file, if one is served alone.
    pub fn single_file(&self) -> Option<&OsStr> {
        self.single
            .as_ref()
            .map(|single| OsStr::from_bytes(&single.name))
    }

    /// Opens what a path names: one `openat2(2)` and one `fstat(2)` where there is the former. A
    /// path that ends in a slash names no file; one that does not may name a directory.
    ///
    /// # Errors
    /// Why not.
    pub fn find(&self, path: &UrlPath) -> Result<Opened, Refused> {
        self.find_relative(path.relative(), path.is_directory())
    }

    /// As [`Root::find`], of a path below the root, without its first and last slash.
    pub(crate) fn find_relative(&self, path: &[u8], is_directory: bool) -> Result<Opened, Refused> {
        if let Some(single) = &self.single {
            if !path.is_empty() && (path != single.name || is_directory) {
                return Err(Refused::NotFound);
            }
            return match self.open_one(&single.file)? {
                Opened::Directory(..) => Err(Refused::NotFound),
                opened => Ok(opened),
            };
        }
        match self.open_one(path)? {
            Opened::File(..) if is_directory => Err(Refused::NotFound),
            opened => Ok(opened),
        }
    }

    fn open_one(&self, path: &[u8]) -> Result<Opened, Refused> {
        let (base, base_path) = (self.base.as_fd(), self.path.as_os_str().as_bytes());
        let refused = |error: io::Error| Refused::from_error(&error, self.symlinks);
        let fd = open_beneath(base, base_path, path, self.symlinks).or_else(|error| {
            // A directory that may only be searched still has an index file, as in Python.
            match refused(error) {
                Refused::Denied => search_beneath(base, base_path, path, self.symlinks)
                    .map_err(|_| Refused::Denied),
                other => Err(other),
            }
        })?;
        let stat = stat(fd.as_fd()).map_err(refused)?;
        match stat.kind {
            Kind::Regular => Ok(Opened::File(fd.into(), stat)),
            Kind::Directory => Ok(Opened::Directory(fd.into(), stat)),
            Kind::Symlink | Kind::Special => Err(Refused::NotRegular),
        }
    }
}

impl Refused {
    /// The cause for the log.
    pub fn cause(self) -> &'static str {
        match self {
            Refused::NotFound => "not found",
            Refused::Outside => "symlink leaves root, --symlinks follow allows it",
            Refused::Link => "symlink, --symlinks inside allows it",
            Refused::NotRegular => "not a regular file",
            Refused::Denied => "no read permission",
            Refused::Busy => "out of descriptors or memory, or the path keeps changing",
        }
    }

    fn from_error(error: &io::Error, symlinks: Symlinks) -> Refused {
        match Errno::from_io_error(error) {
            Some(Errno::ACCESS | Errno::PERM) => Refused::Denied,
            Some(Errno::XDEV) => Refused::Outside,
            Some(Errno::LOOP) if symlinks == Symlinks::Never => Refused::Link,
            // A socket, a device without a driver.
            Some(Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP) => Refused::NotRegular,
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN) => Refused::Busy,
            // ENOENT, ENOTDIR, ENAMETOOLONG, links in a circle; and what is broken, as in Python.
            _ => Refused::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use Symlinks::{Follow, Inside, Never};

    fn site() -> tempfile::TempDir {
        let temp = tempfile::tempdir().unwrap();
        let www = temp.path().join("www");
        fs::create_dir_all(www.join("dir")).unwrap();
        fs::write(temp.path().join("secret"), b"secret").unwrap();
        fs::write(www.join("file"), b"file").unwrap();
        fs::write(www.join("dir/inner"), b"inner").unwrap();
        temp
    }

    /// What a path names, in one word: the content of a file.
    fn show(found: Result<Opened, Refused>) -> String {
        match found {
            Ok(Opened::File(mut file, stat)) => {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                assert_eq!(stat.len, text.len() as u64);
                text
            }
            Ok(Opened::Directory(..)) => "directory".into(),
            Err(refused) => format!("{refused:?}"),
        }
    }

    #[test]
    fn only_files_and_directories_beneath_the_root_are_found() {
        let temp = site();
        let www = temp.path().join("www");
        symlink("file", www.join("link")).unwrap();
        symlink("dir", www.join("link-dir")).unwrap();
        symlink(
            www.canonicalize().unwrap().join("file"),
            www.join("absolute"),
        )
        .unwrap();
        symlink("../secret", www.join("out")).unwrap();
        symlink("/dev/null", www.join("device")).unwrap();
        symlink("nowhere", www.join("broken")).unwrap();
        symlink("circle", www.join("circle")).unwrap();
        std::os::unix::net::UnixListener::bind(www.join("socket")).unwrap();
        let fifo = std::process::Command::new("mkfifo")
            .arg(www.join("fifo"))
            .status();
        assert!(fifo.unwrap().success());
        fs::write(www.join(OsStr::from_bytes(b"100%")), b"percent").unwrap();
        let open = |symlinks| Root::open(&www, symlinks).unwrap();
        let roots = [open(Inside), open(Never), open(Follow)];
        // (path, whether it ended in a slash, and what it is: inside, never, follow)
        for (path, is_directory, want) in [
            ("", true, ["directory"; 3]),
            ("file", false, ["file"; 3]),
            ("dir", true, ["directory"; 3]),
            ("dir", false, ["directory"; 3]),
            ("dir/inner", false, ["inner"; 3]),
            ("100%", false, ["percent"; 3]),
            ("link", false, ["file", "Link", "file"]),
            ("link-dir/inner", false, ["inner", "Link", "inner"]),
            ("link-dir", true, ["directory", "Link", "directory"]),
            ("absolute", false, ["file", "Link", "file"]),
            ("file", true, ["NotFound"; 3]),
            ("link", true, ["NotFound", "Link", "NotFound"]),
            ("missing", false, ["NotFound"; 3]),
            ("missing", true, ["NotFound"; 3]),
            ("file/inner", false, ["NotFound"; 3]),
            ("broken", false, ["NotFound", "Link", "NotFound"]),
            ("circle", false, ["NotFound", "Link", "NotFound"]),
            ("out", false, ["Outside", "Link", "secret"]),
            ("device", false, ["Outside", "Link", "NotRegular"]),
            ("fifo", false, ["NotRegular"; 3]),
            ("socket", false, ["NotRegular"; 3]),
        ] {
            let got = roots
                .each_ref()
                .map(|root| show(root.find_relative(path.as_bytes(), is_directory)));
            assert_eq!(got, want, "{path} {is_directory}");
        }
        let long = "n".repeat(300);
        assert_eq!(
            show(roots[0].find_relative(long.as_bytes(), false)),
            "NotFound"
        );
        let long = "n/".repeat(3000);
        assert_eq!(
            show(roots[0].find_relative(long.as_bytes(), false)),
            "NotFound"
        );
    }

    #[test]
    fn names_that_are_not_utf8_are_found_by_their_bytes() {
        let temp = site();
        let name = b"caf\xe9\n.txt";
        let www = temp.path().join("www");
        if fs::write(www.join(OsStr::from_bytes(name)), b"coffee").is_err() {
            return; // this file system takes UTF-8 only
        }
        let root = Root::open(&www, Inside).unwrap();
        assert_eq!(show(root.find_relative(name, false)), "coffee");
        assert_eq!(
            show(root.find_relative("caf\u{e9}\n.txt".as_bytes(), false)),
            "NotFound"
        );
    }

    #[test]
    fn a_file_is_served_alone() {
        let temp = site();
        let www = temp.path().join("www");
        symlink("www/file", temp.path().join("shared.txt")).unwrap();
        for (path, name) in [
            (www.join("file"), "file"),
            (temp.path().join("shared.txt"), "shared.txt"),
        ] {
            let root = Root::open(&path, Never).unwrap();
            assert_eq!(root.single_file().unwrap(), name);
            for (path, is_directory, want) in [
                ("", true, "file"),
                (name, false, "file"),
                (name, true, "NotFound"),
                ("dir", true, "NotFound"),
                ("dir/inner", false, "NotFound"),
                ("other", false, "NotFound"),
            ] {
                assert_eq!(
                    show(root.find_relative(path.as_bytes(), is_directory)),
                    want,
                    "{path}"
                );
            }
        }
        let root = Root::open(&www.join("file"), Inside).unwrap();
        fs::remove_file(www.join("file")).unwrap();
        assert_eq!(show(root.find_relative(b"file", false)), "NotFound");
        fs::write(www.join("file"), b"new").unwrap();
        assert_eq!(show(root.find_relative(b"file", false)), "new");
    }

    #[test]
    fn what_cannot_be_a_root_says_so() {
        let temp = site();
        let missing = Root::open(&temp.path().join("missing"), Inside).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let device = Root::open(Path::new("/dev/null"), Inside).unwrap_err();
        assert_eq!(device.to_string(), "neither a directory nor a regular file");
        let fifo = temp.path().join("fifo");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(
            Root::open(&fifo, Inside).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }

    #[test]
    fn root_survives_being_renamed_and_follows_links_to_it() {
        let temp = site();
        symlink("www", temp.path().join("link")).unwrap();
        let root = Root::open(&temp.path().join("link"), Never).unwrap();
        assert!(root.path().ends_with("www"));
        assert_eq!(root.single_file(), None);
        fs::rename(temp.path().join("www"), temp.path().join("moved")).unwrap();
        assert_eq!(show(root.find_relative(b"file", false)), "file");
    }

    #[test]
    fn without_permission_nothing_is_read() {
        let temp = site();
        let www = temp.path().join("www");
        let set = |path: &str, mode| {
            fs::set_permissions(www.join(path), PermissionsExt::from_mode(mode)).unwrap();
        };
        set("file", 0o000);
        if File::open(www.join("file")).is_ok() {
            set("file", 0o644);
            return; // the superuser reads everything
        }
        set("dir", 0o311);
        let root = Root::open(&www, Inside).unwrap();
        assert_eq!(show(root.find_relative(b"file", false)), "Denied");
        assert_eq!(show(root.find_relative(b"dir/inner", false)), "inner");
        if cfg!(target_os = "linux") {
            let found = root.find_relative(b"dir", true).unwrap();
            let Opened::Directory(dir, _) = found else {
                panic!("{found:?}")
            };
            let mut directory = crate::sys::directory::Directory::new(dir.into());
            let error = directory.read(9, &mut |_, _| {}).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        }
        for mode in [0o300, 0o600] {
            set("", mode);
            let error = Root::open(&www, Inside).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{mode:o}");
        }
        set("", 0o755);
        set("dir", 0o755);
    }

    #[test]
    fn errors_become_refusals() {
        for (errno, want) in [
            (Errno::NOENT, Refused::NotFound),
            (Errno::NOTDIR, Refused::NotFound),
            (Errno::NAMETOOLONG, Refused::NotFound),
            (Errno::LOOP, Refused::NotFound),
            (Errno::INVAL, Refused::NotFound),
            (Errno::IO, Refused::NotFound),
            (Errno::ACCESS, Refused::Denied),
            (Errno::PERM, Refused::Denied),
            (Errno::XDEV, Refused::Outside),
            (Errno::NXIO, Refused::NotRegular),
            (Errno::MFILE, Refused::Busy),
            (Errno::NFILE, Refused::Busy),
            (Errno::NOMEM, Refused::Busy),
            (Errno::AGAIN, Refused::Busy),
        ] {
            assert_eq!(Refused::from_error(&errno.into(), Inside), want, "{errno}");
        }
        assert_eq!(
            Refused::from_error(&Errno::LOOP.into(), Never),
            Refused::Link
        );
        assert!(Refused::Outside.cause().starts_with("symlink leaves root"));
    }
}
