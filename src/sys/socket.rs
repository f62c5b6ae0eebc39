//! Sockets: listening (dual-stack where there is IPv6), and `send(2)` with `MSG_MORE`.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::BorrowedFd;

/// Connections that may wait to be accepted, a count. Python has 5.
pub const BACKLOG: i32 = 4096;

/// A non-blocking listening socket. For the IPv6 wildcard, `dual_stack` lets IPv4 in too.
///
/// # Errors
/// What the system says.
pub fn listen(addr: SocketAddr, dual_stack: bool) -> io::Result<TcpListener> {
    let _ = (addr, dual_stack);
    Err(io::ErrorKind::Unsupported.into())
}

/// `send(2)` without SIGPIPE; `more` tells the kernel that more bytes follow at once.
///
/// # Errors
/// What the system says.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], more: bool) -> io::Result<usize> {
    let _ = (socket, bytes, more);
    Err(io::ErrorKind::Unsupported.into())
}

/// `recv(2)`, appending up to `len` bytes to `buf`'s spare room; returns how many.
///
/// # Errors
/// What the system says.
pub fn recv(socket: BorrowedFd<'_>, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
    let _ = (socket, buf, len);
    Err(io::ErrorKind::Unsupported.into())
}
