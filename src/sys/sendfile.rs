//! `sendfile(2)`: file to socket without a copy through user space.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::sigpipe::without_sigpipe;

/// Sends up to `len` bytes from `offset`; returns how many, and 0 at the file's end.
///
/// # Errors
/// `Unsupported` where this file or this system cannot: copy instead. Else what the socket says.
pub fn send_file(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> io::Result<usize> {
    if len == 0 {
        return Ok(0); // To the BSDs it would mean all of the file.
    }
    loop {
        // There is no MSG_NOSIGNAL here.
        match without_sigpipe(|| Ok(system_send(socket, file, offset, len)?)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if Errno::from_io_error(&error).is_some_and(is_unsupported) => {
                return Err(io::ErrorKind::Unsupported.into());
            }
            answer => return answer,
        }
    }
}

/// Whether copying may do what this call did not: it is not for this file, nor for this socket, no
/// such call, or a filter allows none. An error of the file itself is found again by the copy, and
/// is then told from the peer's, which are these.
fn is_unsupported(error: Errno) -> bool {
    ![
        Errno::AGAIN,
        Errno::WOULDBLOCK,
        Errno::PIPE,
        Errno::CONNRESET,
        Errno::CONNABORTED,
    ]
    .contains(&error)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn system_send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> Result<usize, Errno> {
    let mut offset = offset;
    rustix::fs::sendfile(socket, file, Some(&mut offset), len)
}

/// macOS tells in `len` how many bytes went, even when the call fails with `EAGAIN` or `EINTR`.
#[cfg(target_vendor = "apple")]
fn system_send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> Result<usize, Errno> {
    use std::os::fd::AsRawFd;
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::INVAL)?;
    let mut sent = libc::off_t::try_from(len).unwrap_or(libc::off_t::MAX);
    // SAFETY: both descriptors are borrowed for the call, `sent` is a live integer, and a null
    // header list is allowed.
    let failed = unsafe {
        let (file, socket) = (file.as_raw_fd(), socket.as_raw_fd());
        libc::sendfile(file, socket, offset, &mut sent, std::ptr::null_mut(), 0)
    };
    outcome(failed, sent)
}

/// FreeBSD tells in a last argument how many bytes went, even when the call fails. It reads from
/// the disk without blocking the caller, so `SF_NODISKIO` has nothing to add.
#[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
fn system_send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    len: usize,
) -> Result<usize, Errno> {
    use std::os::fd::AsRawFd;
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::INVAL)?;
    let mut sent: libc::off_t = 0;
    // SAFETY: both descriptors are borrowed for the call, `sent` is a live integer, and a null
    // header list is allowed.
    let failed = unsafe {
        let (file, socket) = (file.as_raw_fd(), socket.as_raw_fd());
        libc::sendfile(
            file,
            socket,
            offset,
            len,
            std::ptr::null_mut(),
            &mut sent,
            0,
        )
    };
    outcome(failed, sent)
}

/// What was sent counts as success, whatever stopped the rest: the next call tells that.
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly"
))]
fn outcome(failed: libc::c_int, sent: libc::off_t) -> Result<usize, Errno> {
    // The error is read first: nothing may come between it and the call.
    let error = Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO);
    match usize::try_from(sent) {
        Ok(sent) if failed == 0 || sent > 0 && matches!(error, Errno::AGAIN | Errno::INTR) => {
            Ok(sent)
        }
        _ => Err(error),
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly"
)))]
fn system_send(_: BorrowedFd<'_>, _: BorrowedFd<'_>, _: u64, _: usize) -> Result<usize, Errno> {
    Err(Errno::NOSYS)
}

#[cfg(test)]
mod tests {
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
}
