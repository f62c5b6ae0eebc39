//! Sockets on the pollers of several processes, of which what comes wakes one, not all. Elsewhere
//! than on Linux it wakes all, and those that are late find nothing.

use std::io;
use std::os::fd::BorrowedFd;

/// Puts a socket on a poller, edge-triggered, for what can be read or accepted. Of the pollers that
/// have it so, the first at which somebody waits is woken (`EPOLLEXCLUSIVE` of epoll_ctl(2)).
///
/// # Errors
/// `AlreadyExists` if it is there; that of memory or of watches for one more.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn add(registry: &mio::Registry, socket: BorrowedFd<'_>, token: mio::Token) -> io::Result<()> {
    use rustix::event::epoll::{self, EventData, EventFlags};
    use std::os::fd::AsFd;
    let flags = EventFlags::IN | EventFlags::ET | EventFlags::EXCLUSIVE;
    // As mio keeps tokens.
    let data = EventData::new_u64(token.0 as u64);
    Ok(epoll::add(registry.as_fd(), socket, data, flags)?)
}

/// Takes it off again: to close it does not, while another process has it open.
///
/// # Errors
/// `NotFound` if it is not there.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn remove(registry: &mio::Registry, socket: BorrowedFd<'_>) -> io::Result<()> {
    use std::os::fd::AsFd;
    Ok(rustix::event::epoll::delete(registry.as_fd(), socket)?)
}

/// Puts a socket on a poller, edge-triggered.
///
/// # Errors
/// That of memory for one more.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn add(registry: &mio::Registry, socket: BorrowedFd<'_>, token: mio::Token) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let mut source = mio::unix::SourceFd(&socket.as_raw_fd());
    registry.register(&mut source, token, mio::Interest::READABLE)
}

/// Takes it off again.
///
/// # Errors
/// `NotFound` if it is not there.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn remove(registry: &mio::Registry, socket: BorrowedFd<'_>) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    registry.deregister(&mut mio::unix::SourceFd(&socket.as_raw_fd()))
}
