//! A directory to serve, made for one test: removed when the test passes, kept when it fails.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::server::Server;

/// When every file of a site was last changed, unless the test says otherwise, in seconds since
/// the epoch: long ago, so that validators are strong.
pub const MODIFIED: u64 = 1_700_000_000;
/// The same as an HTTP date.
pub const MODIFIED_DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";

/// A directory to serve; beside it lies another one for what must not be served.
pub struct Site {
    top: Option<TempDir>,
    root: PathBuf,
}

impl Site {
    /// An empty directory, named for the test.
    pub fn new(name: &str) -> Site {
        let top = tempfile::Builder::new()
            .prefix(&format!("sprat-{name}-"))
            .tempdir()
            .expect("a temporary directory");
        // Tests that give up root's rights must still get in.
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let root = top.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::create_dir(top.path().join("outside")).unwrap();
        Site {
            top: Some(top),
            root,
        }
    }

    /// The served directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the directory beside the served one.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.root.with_file_name("outside").join(name)
    }

    /// A path in the served directory; the name is any bytes.
    pub fn path(&self, name: impl AsRef<[u8]>) -> PathBuf {
        self.root.join(OsStr::from_bytes(name.as_ref()))
    }

    /// Writes a file that was changed long ago, with the directories above it.
    pub fn file(&self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.fresh_file(name, content);
        set_modified(&path, Duration::from_secs(MODIFIED));
        path
    }

    /// Writes a file that was changed just now.
    pub fn fresh_file(&self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// A file of `len` zero bytes that takes no room on the disk.
    pub fn sparse(&self, name: &str, len: u64) -> PathBuf {
        let path = self.path(name);
        File::create(&path).unwrap().set_len(len).unwrap();
        set_modified(&path, Duration::from_secs(MODIFIED));
        path
    }

    /// Makes a directory, with those above it.
    pub fn dir(&self, name: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Makes a symbolic link with this text as its target.
    pub fn link(&self, name: impl AsRef<[u8]>, target: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        symlink(target, &path).unwrap();
        path
    }

    /// Makes a FIFO, which blocks whoever opens it without `O_NONBLOCK`.
    pub fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let status = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
        path
    }

    /// A pipe: a reader that does not wait, and a writer. (`std::io::pipe` is of Rust 1.87.)
    pub fn pipe(&self) -> (File, File) {
        let path = self.fifo("pipe");
        let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let reader = File::options().read(true).custom_flags(flags).open(&path);
        let writer = File::options().write(true).open(&path);
        fs::remove_file(&path).unwrap();
        (reader.unwrap(), writer.unwrap())
    }

    /// Writes an executable file.
    pub fn script(&self, name: &str, content: &str) -> PathBuf {
        let path = self.file(name, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Serves the directory on 127.0.0.1 and a free port, with these options besides.
    pub fn serve(&self, options: &[&str]) -> Server {
        Server::start(self.command(options))
    }

    /// The command line that [`serve`](Self::serve) starts.
    pub fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
        command.args(["-b", "127.0.0.1", "-d"]).arg(&self.root);
        command.args(options).arg("0");
        command
    }

    /// A way to run the program without root's rights, for what root may always do. `None` (and a
    /// printed line) where that cannot be had.
    pub fn unprivileged(&self) -> Option<Command> {
        use std::os::unix::process::CommandExt;
        const NOBODY: u32 = 65_534;
        if !rustix::process::geteuid().is_root() {
            return Some(Command::new(env!("CARGO_BIN_EXE_sprat")));
        }
        // The build directory may be closed to others.
        let copy = self.outside("sprat");
        fs::copy(env!("CARGO_BIN_EXE_sprat"), &copy).unwrap();
        let mut probe = Command::new(&copy);
        probe.uid(NOBODY).gid(NOBODY).arg("-V");
        if !probe.output().is_ok_and(|output| output.status.success()) {
            super::skip("cannot run the program as another user");
            return None;
        }
        let mut command = Command::new(&copy);
        command.uid(NOBODY).gid(NOBODY);
        Some(command)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let kept = self.top.take_if(|_| std::thread::panicking());
        if let Some(top) = kept {
            eprintln!("the site is kept in {}", top.keep().display());
        }
    }
}

/// Sets when a file was last changed, as the time since the epoch.
pub fn set_modified(path: &Path, since_epoch: Duration) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + since_epoch)
        .unwrap();
}
