//! A file system that the test makes up and serves from its own memory (fuse(4), `linux/fuse.h`):
//! what others do now and then, it does each time. Names are compared without letter case, and
//! without dots and spaces at their ends; nothing is remembered by the kernel. Linux, for root.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rustix::io::Errno;

use crate::support::site::MODIFIED;
use crate::support::skip;

/// How files get their inode numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbers {
    /// A file keeps its own, whatever it is called.
    Own,
    /// Each spelling of a path has one, as libfuse gives them without `use_ino`.
    OfPath,
    /// Another one each time that it is looked up.
    Fresh,
}

impl Numbers {
    /// All ways.
    pub const ALL: [Numbers; 3] = [Numbers::Own, Numbers::OfPath, Numbers::Fresh];
}

/// A mounted file system. It ends with the test.
pub struct MadeUp {
    files: Arc<Mutex<Files>>,
    at: PathBuf,
}

impl MadeUp {
    /// Mounts an empty one; `None` (and a printed line) where that cannot be done.
    pub fn mount(at: &Path, numbers: Numbers) -> Option<MadeUp> {
        let device = File::options().read(true).write(true).open("/dev/fuse");
        let mounted = device.and_then(|device| {
            let mut mount = Command::new("mount");
            mount
                .args(["-i", "-t", "fuse", "-o"])
                .arg("fd=0,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions");
            let mount = mount.arg("made-up").arg(at).stdin(device.try_clone()?);
            Ok(mount.output()?.status.success().then_some(device))
        });
        let Ok(Some(device)) = mounted else {
            skip("cannot mount a file system of our own here");
            return None;
        };
        let files = Arc::new(Mutex::new(Files::new(numbers)));
        let served = Arc::clone(&files);
        std::thread::spawn(move || serve(device, &served));
        let at = at.to_owned();
        Some(MadeUp { files, at })
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap()
    }

    /// Makes a file, or gives it this content, and the directories above it.
    pub fn file(&self, path: &str, content: &str) {
        self.files()
            .put(path, 0o100_644, content.as_bytes().to_vec());
    }

    /// The same of a file that can be run.
    #[cfg(feature = "cgi")]
    pub fn script(&self, path: &str, content: &str) {
        self.files()
            .put(path, 0o100_755, content.as_bytes().to_vec());
    }

    /// Makes a symbolic link.
    pub fn link(&self, path: &str, target: &str) {
        self.files()
            .put(path, 0o120_777, target.as_bytes().to_vec());
    }

    /// Removes it with all that is in it, while the kernel is not told.
    pub fn remove(&self, path: &str) {
        self.files().remove(path);
    }

    /// Answers this error to whoever asks for the path from now on.
    pub fn break_with(&self, path: &str, error: Errno) {
        self.files().broken = Some((fold(path), error));
    }

    /// Takes so long for each lookup from now on, as a disk far away does.
    pub fn delay(&self, time: Duration) {
        self.files().delay = time;
    }

    /// How many names have been looked up.
    pub fn lookups(&self) -> usize {
        self.files().lookups
    }

    /// Ends the program behind it.
    pub fn die(&self) {
        self.files().is_alive = false;
        // The last request; it is not answered.
        let _ = std::fs::metadata(&self.at);
    }
}

impl Drop for MadeUp {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}

/// What is in it.
struct Files {
    numbers: Numbers,
    /// By folded path; the root's is empty.
    entries: BTreeMap<String, Entry>,
    /// What has been looked up, by number less one: its path as it was spelt, and which file that
    /// was.
    known: Vec<(String, u64)>,
    /// Files that were made, a count.
    made: u64,
    broken: Option<(String, Errno)>,
    /// What a lookup takes.
    delay: Duration,
    lookups: usize,
    is_alive: bool,
}

struct Entry {
    /// Which file it is.
    serial: u64,
    mode: u32,
    /// Or the target of a link.
    content: Vec<u8>,
    /// In seconds since the epoch.
    modified: u64,
}

/// As it is compared: without letter case, and without dots and spaces at the ends of names.
fn fold(path: &str) -> String {
    let names = path
        .split('/')
        .map(|name| name.trim_end_matches(['.', ' ']));
    let names: Vec<&str> = names.collect();
    names.join("/").to_uppercase().to_lowercase()
}

fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}

const DIRECTORY: u32 = 0o040_755;

impl Files {
    fn new(numbers: Numbers) -> Files {
        let mut files = Files {
            numbers,
            entries: BTreeMap::new(),
            known: Vec::new(),
            made: 0,
            broken: None,
            delay: Duration::ZERO,
            lookups: 0,
            is_alive: true,
        };
        files.put("", DIRECTORY, Vec::new());
        files.known.push((String::new(), files.made));
        files
    }

    fn put(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        if !path.is_empty() && !self.entries.contains_key(&fold(parent(path))) {
            self.put(parent(path), DIRECTORY, Vec::new());
        }
        self.made += 1;
        let before = self.entries.get(&fold(path));
        let entry = Entry {
            serial: before.map_or(self.made, |entry| entry.serial),
            mode,
            content,
            modified: MODIFIED + self.made,
        };
        self.entries.insert(fold(path), entry);
    }

    fn remove(&mut self, path: &str) {
        let path = fold(path);
        let within = format!("{path}/");
        self.entries
            .retain(|name, _| *name != path && !name.starts_with(&within));
    }

    /// The path of what has been looked up, and what it is, while it is there.
    fn node(&self, number: u64) -> Result<(&str, &Entry), Errno> {
        let (path, serial) = self.known.get(number as usize - 1).ok_or(Errno::NOENT)?;
        let entry = self.entries.get(&fold(path));
        match entry.filter(|entry| entry.serial == *serial) {
            Some(entry) => Ok((path, entry)),
            None => Err(Errno::NOENT),
        }
    }

    /// The path of a name in a directory.
    fn path_in(&self, directory: u64, name: &[u8]) -> Result<String, Errno> {
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| Errno::ILSEQ)?;
        let (above, _) = self.node(directory)?;
        Ok(match above {
            "" => name.to_owned(),
            above => format!("{above}/{name}"),
        })
    }

    fn look_up(&mut self, path: String) -> Result<u64, Errno> {
        let folded = fold(&path);
        if let Some((_, error)) = self.broken.as_ref().filter(|(path, _)| *path == folded) {
            return Err(*error);
        }
        let serial = self.entries.get(&folded).ok_or(Errno::NOENT)?.serial;
        let numbers = self.numbers;
        let is_it = |(known, which): &(String, u64)| match numbers {
            Numbers::Own => *which == serial,
            Numbers::OfPath => *which == serial && *known == path,
            Numbers::Fresh => false,
        };
        let at = self.known.iter().position(is_it).unwrap_or_else(|| {
            self.known.push((path, serial));
            self.known.len() - 1
        });
        Ok(at as u64 + 1)
    }

    /// `struct fuse_attr`.
    fn attributes(&self, number: u64) -> Result<Vec<u8>, Errno> {
        let (_, entry) = self.node(number)?;
        let time = entry.modified;
        let words = [number, entry.content.len() as u64, 0, time, time, time];
        let mut bytes = words.map(u64::to_ne_bytes).concat();
        // Fractions of the times, mode, links, user, group, device, block, flags.
        let nanoseconds = 123_456_789;
        let rest = [nanoseconds, nanoseconds, nanoseconds, entry.mode, 1];
        bytes.extend(rest.map(u32::to_ne_bytes).concat());
        bytes.extend([0, 0, 0, 4096, 0].map(u32::to_ne_bytes).concat());
        Ok(bytes)
    }

    /// The names in a directory, as `struct fuse_dirent`, from the `skipped`th on.
    fn names(&self, number: u64, skipped: usize, bytes_max: usize) -> Result<Vec<u8>, Errno> {
        let directory = fold(self.node(number)?.0);
        let children = self
            .entries
            .iter()
            .filter(|(path, _)| !path.is_empty() && parent(path) == directory);
        let mut bytes = Vec::new();
        for (at, (path, entry)) in children.enumerate().skip(skipped) {
            let name = path.rsplit('/').next().unwrap_or_default();
            let mut dirent = [entry.serial, at as u64 + 1].map(u64::to_ne_bytes).concat();
            let rest = [name.len() as u32, entry.mode >> 12];
            dirent.extend(rest.map(u32::to_ne_bytes).concat());
            dirent.extend(name.as_bytes());
            dirent.resize(dirent.len().next_multiple_of(8), 0);
            if bytes.len() + dirent.len() > bytes_max {
                break;
            }
            bytes.extend(dirent);
        }
        Ok(bytes)
    }

    /// The answer to a request; `None` where none is wanted.
    fn answer(&mut self, opcode: u32, number: u64, body: &[u8]) -> Option<Result<Vec<u8>, Errno>> {
        let word = |at: usize| u64::from_ne_bytes(body[at..at + 8].try_into().unwrap());
        let half = |at: usize| u32::from_ne_bytes(body[at..at + 4].try_into().unwrap()) as usize;
        Some(match opcode {
            LOOKUP => self.path_in(number, body).and_then(|path| {
                let found = self.look_up(path)?;
                // Its generation, and how long the kernel may trust the name and the facts: not.
                let head = [found, 0, 0, 0, 0].map(u64::to_ne_bytes).concat();
                Ok([head, self.attributes(found)?].concat())
            }),
            GETATTR => self
                .attributes(number)
                .map(|facts| [vec![0; 16], facts].concat()),
            READLINK => self.node(number).map(|(_, entry)| entry.content.clone()),
            OPEN | OPENDIR => self.node(number).map(|_| vec![0; 16]),
            READ => self.node(number).map(|(_, entry)| {
                let bytes = &entry.content;
                let start = bytes.len().min(word(8) as usize);
                bytes[start..bytes.len().min(start + half(16))].to_vec()
            }),
            READDIR => self.names(number, word(8) as usize, half(16)),
            UNLINK | RMDIR => self.path_in(number, body).map(|path| {
                self.remove(&path);
                Vec::new()
            }),
            RELEASE | RELEASEDIR | FLUSH => Ok(Vec::new()),
            STATFS => Ok(vec![0; 80]),
            INIT => Ok(init()),
            FORGET | INTERRUPT | BATCH_FORGET => return None,
            _ => Err(Errno::NOSYS),
        })
    }
}

const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const READLINK: u32 = 5;
const UNLINK: u32 = 10;
const RMDIR: u32 = 11;
const OPEN: u32 = 14;
const READ: u32 = 15;
const STATFS: u32 = 17;
const RELEASE: u32 = 18;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const OPENDIR: u32 = 27;
const READDIR: u32 = 28;
const RELEASEDIR: u32 = 29;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

/// `struct fuse_init_out`: version 7.31, one page in a write, times in nanoseconds.
fn init() -> Vec<u8> {
    let words: [u32; 16] = [7, 31, 0, 0, 0, 4096, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    words.map(u32::to_ne_bytes).concat()
}

/// Longer than any request, in bytes.
const REQUEST_BYTES: usize = 64 * 1024;

/// Answers until it is unmounted, or is to die.
fn serve(mut device: File, files: &Mutex<Files>) {
    let mut buffer = vec![0; REQUEST_BYTES];
    loop {
        let len = match device.read(&mut buffer) {
            Ok(len) => len,
            // Whoever asked does not wait any more.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => continue,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        // `struct fuse_in_header`: length, opcode, the request's number, the file's.
        let (head, body) = buffer[..len].split_at(40);
        let opcode = u32::from_ne_bytes(head[4..8].try_into().unwrap());
        let number = u64::from_ne_bytes(head[16..24].try_into().unwrap());
        let mut files = files.lock().unwrap();
        if !files.is_alive {
            return;
        }
        let Some(answer) = files.answer(opcode, number, body) else {
            continue;
        };
        if opcode == LOOKUP {
            files.lookups += 1;
            let delay = files.delay;
            drop(files);
            std::thread::sleep(delay);
        }
        let (error, bytes) = match answer {
            Ok(bytes) => (0, bytes),
            Err(error) => (-error.raw_os_error(), Vec::new()),
        };
        let mut out = (16 + bytes.len() as u32).to_ne_bytes().to_vec();
        out.extend(error.to_ne_bytes());
        out.extend(&head[8..16]);
        out.extend(bytes);
        // It fails where nobody waits any more.
        let _ = device.write(&out);
    }
}
