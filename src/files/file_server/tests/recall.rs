//! What is remembered of a file that was opened.

use std::os::fd::{AsFd, AsRawFd};

use super::*;
use crate::files::file_server::memo::{Beside, Memo, Thing};
use crate::files::file_server::recall::is_same;
use crate::handler::SharedFile;
use crate::http::limits::SMALL_FILE_BYTES_MAX;
use crate::http::lines::FieldLines;
use crate::sys::file::{Kind, Stat, read_at, stat};

#[test]
fn a_file_is_the_one_that_was_looked_at_only_if_nothing_of_it_differs() {
    let dir = TempDir::new().unwrap();
    write(&dir, "a.txt", "hello");
    let files = FileServer::new(dir.path()).unwrap();
    let text = b"GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n";
    let found = with_request(text, Version::Http11, |request| files.find(request));
    let Found::File(file) = found else {
        panic!("it is there");
    };
    let own = stat(file.file.as_fd()).unwrap();
    assert!(is_same(&own, &file));
    let second = Duration::from_secs(1);
    let changes: [fn(&mut Stat, Duration); 6] = [
        |stat, _| stat.kind = Kind::Directory,
        |stat, _| stat.device += 1,
        |stat, _| stat.inode += 1,
        |stat, _| stat.len += 1,
        |stat, by| stat.modified += by,
        |stat, by| stat.changed += by,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut other = own;
        change(&mut other, second);
        assert!(!is_same(&other, &file), "change {number}");
    }
}

#[test]
fn what_is_remembered_counts_itself_and_all_that_it_holds() {
    let dir = TempDir::new().unwrap();
    let files = FileServer::new(dir.path()).unwrap();
    let way = |path: &[u8]| files.root.way(path).unwrap();
    let memo = |path, besides: Vec<Beside>, location: usize| {
        let fields = [("Location".into(), "a".repeat(location).into_bytes().into())];
        Memo {
            way: way(path),
            besides,
            protocol: Version::Http11,
            thing: Thing::Directory(FieldLines::of(&fields).unwrap()),
        }
        .bytes()
    };
    let least = memo(b"a", Vec::new(), 0);
    assert!(least > size_of::<Memo>());
    // Longer by a letter: the path, which may stand there once more as the way up, and the fields.
    assert!(memo(b"ab", Vec::new(), 0) > least);
    assert_eq!(memo(b"a", Vec::new(), 100), least + 100);
    let vacant = Beside {
        way: way(b"index.html"),
        was: None,
    };
    let more = size_of::<Beside>() + vacant.way.bytes();
    assert_eq!(memo(b"a", vec![vacant], 0), least + more);
}

#[test]
fn fields_that_are_added_count_twice_for_each_connection() {
    let dir = TempDir::new().unwrap();
    let each = |value: &str| {
        let files = FileServer::builder(dir.path()).header("X-A", value);
        files
            .open()
            .unwrap()
            .memory()
            .terms()
            .map(|term| term.each)
            .sum::<usize>()
    };
    // A quarter more is the allocator's.
    assert_eq!(each(&"a".repeat(101)) - each("a"), 200 + 50);
}

#[test]
fn those_who_ask_for_a_larger_file_in_one_turn_share_it() {
    let dir = TempDir::new().unwrap();
    let long = "a".repeat(SMALL_FILE_BYTES_MAX + 1);
    write(&dir, "long", &long);
    let mut files = serving(&dir);
    // Long after it was written: what is young is not remembered.
    let later = SystemTime::now() + Duration::from_secs(3600);
    let get = |files: &FileServer| {
        let text = b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n";
        let response = with_request_at(later, text, Version::Http11, |req| respond(files, req));
        match response.body {
            Body::File { file, .. } => file,
            _ => panic!("it is not held"),
        }
    };
    let number = |file: &SharedFile| file.as_fd().as_raw_fd();
    get(&files);
    // Nobody would tell when the turn ends.
    let (one, other) = (get(&files), get(&files));
    assert_ne!(number(&one), number(&other));
    files.work(Instant::now());
    let (one, other) = (get(&files), get(&files));
    assert_eq!(number(&one), number(&other));
    write(&dir, "new", &long.replace('a', "b"));
    fs::rename(dir.path().join("new"), dir.path().join("long")).unwrap();
    let new = get(&files);
    assert_ne!(number(&one), number(&new));
    let mut bytes = Vec::new();
    read_at(new.as_fd(), 0, 2, &mut bytes).unwrap();
    assert_eq!(bytes, b"bb");
    get(&files);
    files.work(Instant::now());
    let again = get(&files);
    assert_ne!(number(&new), number(&again));
}
