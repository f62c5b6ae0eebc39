//! Tests of `sys::sendfile`.

use super::*;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

#[test]
fn sends_from_the_offset_and_leaves_the_file_position_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), b"0123456789").unwrap();
    let mut file = File::open(dir.path().join("file")).unwrap();
    let (out, mut peer) = UnixStream::pair().unwrap();
    for (offset, len, want) in [
        (2, 3, "234"),
        (0, 10, "0123456789"),
        (8, 100, "89"), // past the end: what is there
        (10, 5, ""),
        (99, 5, ""),
        (3, 0, ""),
    ] {
        match send_file(out.as_fd(), file.as_fd(), offset, len) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return,
            sent => assert_eq!(sent.unwrap(), want.len(), "{offset} {len}"),
        }
        let mut got = vec![0; want.len()];
        peer.read_exact(&mut got).unwrap();
        assert_eq!(got, want.as_bytes());
    }
    let mut whole = String::new();
    file.read_to_string(&mut whole).unwrap();
    assert_eq!(whole, "0123456789");
}

#[test]
fn a_full_socket_would_block() {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create_new(dir.path().join("file")).unwrap();
    file.set_len(64 << 20).unwrap();
    let file = File::open(dir.path().join("file")).unwrap();
    let (out, _peer) = UnixStream::pair().unwrap();
    out.set_nonblocking(true).unwrap();
    let mut offset = 0;
    let error = loop {
        match send_file(out.as_fd(), file.as_fd(), offset, 1 << 20) {
            Ok(sent) => offset += sent as u64,
            Err(error) => break error,
        }
        assert!(offset < 64 << 20);
    };
    assert!([io::ErrorKind::WouldBlock, io::ErrorKind::Unsupported].contains(&error.kind()));
}

#[test]
fn what_sendfile_cannot_do_is_unsupported() {
    let (out, _peer) = UnixStream::pair().unwrap();
    let dir = File::open("/").unwrap();
    let error = send_file(out.as_fd(), dir.as_fd(), 0, 10).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    if let Ok(made_up) = File::open("/proc/self/status") {
        let error = send_file(out.as_fd(), made_up.as_fd(), 0, 10).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
}
