//! What handler and oracle both know: the bytes of bodies, and the files that are served.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The files: name and length in bytes.
pub const FILES: [(&str, usize); 5] = [
    ("empty.txt", 0),
    ("small.txt", 1000),
    ("medium.bin", 20_000),
    ("large.bin", 300_000),
    ("dir/index.html", 500),
];

/// The scripts, which are played and never run.
const SCRIPTS: [&str; 22] = [
    "doc", "len", "over", "under", "status", "empty", "moved", "late", "hang", "silent", "nostart",
    "half", "bad", "read", "echo", "hold", "linger", "noisy", "crash", "redirect", "circle",
    "nph-raw",
];

/// When all of them were last changed, in seconds, and how HTTP writes that.
const MODIFIED: u64 = 784_111_777;
pub const MODIFIED_DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// When all of them were last changed.
pub fn modified() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(MODIFIED)
}

/// The bytes that all bodies and files begin with.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(pattern_byte).collect()
}

fn pattern_byte(at: usize) -> u8 {
    (at as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0]
}

/// What tells one request body from another: its length and a sum over its bytes in order.
pub fn digest(body: &[u8]) -> String {
    let sum = body.iter().fold(7u32, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    format!("{} {sum:08x}\n", body.len())
}

thread_local! {
    static FOLDER: PathBuf = make_folder();
}

/// The folder of the files, one for each thread, so that each can count what it has open.
pub fn folder() -> PathBuf {
    FOLDER.with(PathBuf::clone)
}

fn make_folder() -> PathBuf {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    let number = THREADS.fetch_add(1, Ordering::Relaxed);
    let name = format!("target/sim/files-{number}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::create_dir_all(folder.join("dir")).expect("a folder for the simulator's files");
    for (name, len) in FILES {
        make(&folder, name, len);
    }
    fs::create_dir_all(folder.join("cgi-bin")).expect("a folder for the simulator's scripts");
    for name in SCRIPTS {
        let path = folder.join("cgi-bin").join(name);
        fs::write(&path, "#!/bin/false\n").expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
    folder
}

/// Descriptors open on the folder and what is in it, a count; none where the system does not say.
pub fn open_files() -> usize {
    let folder = folder();
    let own = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    own.filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|path| path.starts_with(&folder))
        .count()
}

/// A file that is renamed into its place whole, for other processes may be reading it.
fn make(folder: &Path, name: &str, len: usize) {
    let path = folder.join(name);
    let is_there = fs::metadata(&path)
        .is_ok_and(|known| known.len() == len as u64 && known.modified().ok() == Some(modified()));
    if is_there {
        return;
    }
    let other = folder.join(format!("{}.{}", name.replace('/', "-"), std::process::id()));
    let mut file = File::create(&other).expect("a file of the simulator");
    file.write_all(&pattern(len)).expect("its bytes");
    file.set_modified(modified()).expect("its time");
    fs::rename(&other, &path).expect("its place");
}
