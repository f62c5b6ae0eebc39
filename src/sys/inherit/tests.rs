//! Tests of `sys::inherit`.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::UnixStream;

use super::*;

#[test]
fn what_was_inherited_is_taken_once() {
    let (mut reader, writer) = UnixStream::pair().unwrap();
    // As a program that is started has it.
    fcntl_setfd(&writer, FdFlags::empty()).unwrap();
    let number = OwnedFd::from(writer).into_raw_fd();
    let taken = take(number).unwrap();
    assert_eq!(taken.as_raw_fd(), number);
    let again = take(number).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::InvalidInput);
    File::from(taken).write_all(b"x").unwrap();
    let mut read = String::new();
    reader.read_to_string(&mut read).unwrap();
    assert_eq!(read, "x");
}

#[test]
fn what_is_somebodys_or_nobodys_is_not_taken() {
    let (reader, _writer) = UnixStream::pair().unwrap();
    for (number, kind) in [
        (reader.as_raw_fd(), io::ErrorKind::InvalidInput),
        (0, io::ErrorKind::InvalidInput),
        (2, io::ErrorKind::InvalidInput),
        (-1, io::ErrorKind::NotFound),
        (RawFd::MAX, io::ErrorKind::NotFound),
    ] {
        assert_eq!(take(number).unwrap_err().kind(), kind, "{number}");
    }
}
