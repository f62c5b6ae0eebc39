//! What is in memory is ready, and what is not is fetched.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;

use super::*;

#[test]
fn what_was_just_written_is_ready_and_past_the_end_nothing_is_waited_for() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![b'x'; 1 << 20]).unwrap();
    for (offset, len) in [
        (0, 1),
        (0, 1 << 20),
        (5_000, 300_000),
        (1 << 20, 10),
        (9 << 20, 10),
    ] {
        assert_eq!(
            ready_bytes(file.as_fd(), offset, len),
            len,
            "{offset} {len}"
        );
    }
    let made_up = File::open("/dev/zero").unwrap();
    assert_eq!(ready_bytes(made_up.as_fd(), 0, 100), 100);
}

/// A file of `len` bytes of which none is in memory.
#[cfg(target_os = "linux")]
fn cold_file(len: usize) -> File {
    use rustix::fs::{Advice, fadvise};

    // Beside the program: where temporary files are may be memory.
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let mut file = tempfile::tempfile_in(directory).unwrap();
    file.write_all(&vec![b'x'; len]).unwrap();
    file.sync_all().unwrap();
    fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    file
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_dropped_from_memory_comes_by_itself_once_it_was_asked_for() {
    const LEN: usize = 1 << 20;
    let file = cold_file(LEN);
    let mut rounds = 0;
    while ready_bytes(file.as_fd(), 0, LEN) < LEN {
        rounds += 1;
        assert!(rounds < 10_000, "it does not come");
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_page_that_is_absent_counts_as_ready_wherever_the_bytes_begin() {
    use rustix::fs::{Advice, fadvise};

    const LEN: usize = 1 << 20;
    let file = cold_file(LEN);
    // So that one page is read, and not those behind it.
    fadvise(&file, 0, None, Advice::Random).unwrap();
    rustix::io::pread(&file, &mut [0], 0).unwrap();
    for offset in [0, 1, 100, 4095] {
        let ready = ready_bytes(file.as_fd(), offset, LEN / 2) as u64;
        assert!(ready > 0, "{offset}");
        let last = offset + ready - 1;
        assert!(is_there(file.as_fd(), last), "{offset}: {ready}");
    }
}
