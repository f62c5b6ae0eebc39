//! Tests of `files::contents`.

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;

use super::*;

type Change = fn(&Path);

fn open(dir: &TempDir, name: &str) -> (Revision, SharedFile) {
    let file = SharedFile::from(File::open(dir.path().join(name)).unwrap());
    (Revision::of(&stat(file.as_fd()).unwrap()), file)
}

fn hash_of(bytes: &[u8]) -> ContentHash {
    let mut hash = ContentHash::default();
    let whole = Params::new().hash_length(16).hash(bytes);
    hash.copy_from_slice(whole.as_bytes());
    hash
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at / 7) as u8).collect()
}

/// Steps until nothing is left, a turn each; returns how many.
fn work(contents: &Contents, start: Instant) -> usize {
    let mut turns = 0;
    let mut now = start;
    while contents.work(now).is_some() {
        turns += 1;
        assert!(turns < 1_000, "it does not end");
        now += Duration::from_millis(1);
    }
    turns
}

#[test]
fn a_short_file_is_hashed_at_once_and_a_longer_one_in_steps() {
    let dir = TempDir::new().unwrap();
    for len in [0, 1, READ_BYTES, READ_BYTES + 1, 3 * STEP_BYTES + 5] {
        fs::write(dir.path().join("file"), bytes(len)).unwrap();
        let (revision, file) = open(&dir, "file");
        let contents = Contents::default();
        let now = Instant::now();
        let is_short = len <= READ_BYTES;
        assert_eq!(
            contents.hash(&revision, &file, Some(now)),
            is_short,
            "{len}"
        );
        if !is_short {
            assert!(contents.begin(&revision, &file, now));
            assert_eq!(contents.get(&revision), None);
            assert_eq!(work(&contents, now), len / STEP_BYTES, "{len}");
        }
        assert_eq!(contents.get(&revision), Some(hash_of(&bytes(len))), "{len}");
        assert!(!contents.is_hashing(&revision));
    }
}

#[test]
fn a_turn_hashes_no_more_than_a_step_whatever_there_is_to_do() {
    let dir = TempDir::new().unwrap();
    let contents = Contents::default();
    let now = Instant::now();
    let mut revisions = Vec::new();
    for number in 0..6 {
        let name = number.to_string();
        fs::write(dir.path().join(&name), bytes(STEP_BYTES)).unwrap();
        let (revision, file) = open(&dir, &name);
        assert!(contents.begin(&revision, &file, now));
        revisions.push(revision);
    }
    let known = || {
        revisions
            .iter()
            .filter(|revision| contents.get(revision).is_some())
            .count()
    };
    contents.work(now);
    assert_eq!(known(), 1);
    // The same turn.
    contents.work(now);
    assert_eq!(known(), 1);
    fs::write(dir.path().join("short"), "short").unwrap();
    let (revision, file) = open(&dir, "short");
    assert!(
        !contents.hash(&revision, &file, Some(now)),
        "there is no time left"
    );
    assert!(contents.hash(&revision, &file, None));
    work(&contents, now + Duration::from_millis(1));
    assert_eq!(known(), 6);
}

#[test]
fn a_file_that_changes_meanwhile_has_no_hash() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("file");
    let changes: [(&str, Change); 4] = [
        ("written", |path| {
            fs::write(path, bytes(3 * STEP_BYTES)).unwrap()
        }),
        ("cut", |path| fs::write(path, "").unwrap()),
        ("grown", |path| {
            let file = File::options().append(true).open(path).unwrap();
            std::io::Write::write_all(&mut &file, b"x").unwrap();
        }),
        ("replaced", |path| {
            let other = path.with_extension("new");
            fs::write(&other, "new").unwrap();
            fs::rename(other, path).unwrap();
        }),
    ];
    for (what, change) in changes {
        fs::write(&path, bytes(3 * STEP_BYTES)).unwrap();
        let (revision, file) = open(&dir, "file");
        let contents = Contents::default();
        let now = Instant::now();
        assert!(contents.begin(&revision, &file, now));
        contents.work(now);
        // Times tick slowly: this one has passed when the next write comes.
        let changed = || stat(file.as_fd()).map(|stat| Revision::of(&stat)).unwrap() != revision;
        while !changed() {
            change(&path);
        }
        work(&contents, now + Duration::from_millis(1));
        assert_eq!(contents.get(&revision), None, "{what}");
        assert!(!contents.is_hashing(&revision), "{what}");
    }
}

#[test]
fn jobs_are_bounded_and_given_up_a_minute_after_the_last_peer_has_left() {
    let dir = TempDir::new().unwrap();
    let contents = Contents::default();
    let now = Instant::now();
    let mut revisions = Vec::new();
    for number in 0..=HASHED_FILES_MAX {
        let name = number.to_string();
        fs::write(dir.path().join(&name), bytes(2 * STEP_BYTES)).unwrap();
        let (revision, file) = open(&dir, &name);
        let has_room = number < HASHED_FILES_MAX;
        assert_eq!(contents.begin(&revision, &file, now), has_room);
        // Another one for the same file takes no more.
        assert_eq!(contents.begin(&revision, &file, now), has_room);
        revisions.push(revision);
    }
    let almost = now + HASHED_LEFT_TIME - Duration::from_millis(1);
    assert!(contents.work(almost).is_some());
    assert!(contents.is_hashing(&revisions[5]));
    assert_eq!(contents.work(now + HASHED_LEFT_TIME), None);
    assert!(!contents.is_hashing(&revisions[5]));
}

#[test]
fn of_one_file_one_version_is_kept_and_long_ones_stay_longest() {
    let revision = |inode, len, second| Revision {
        device: 1,
        inode,
        len,
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(second),
        changed: SystemTime::UNIX_EPOCH,
    };
    let mut table = Hashes::default();
    let (old, new) = (revision(7, 10, 1), revision(7, 10, 2));
    table.keep(old, [1; 16]);
    table.keep(new, [2; 16]);
    assert_eq!(table.get(&old), None);
    assert_eq!(table.get(&new), Some([2; 16]));
    let long = revision(8, 1 << 30, 1);
    table.keep(long, [3; 16]);
    for inode in 100..100_000 {
        table.keep(revision(inode, 10, 1), [4; 16]);
    }
    assert_eq!(table.get(&long), Some([3; 16]));
    assert_eq!(table.known.len(), KNOWN_MAX);
}
