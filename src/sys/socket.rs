//! Sockets: listening (dual-stack where there is IPv6), and `send(2)` with `MSG_MORE`.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::sigpipe::without_sigpipe;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::retry_on_intr;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, sockopt};

/// Connections that may wait to be accepted, a count. Python has 5.
pub const BACKLOG: i32 = 4096;

/// The family of a stream socket that has a peer.
///
/// # Errors
/// `InvalidInput` for what is no stream socket, `NotConnected` without a peer.
pub fn stream_family(socket: BorrowedFd<'_>) -> io::Result<AddressFamily> {
    match sockopt::socket_type(socket) {
        Ok(SocketType::STREAM) => Ok(rustix::net::getpeername(socket)?
            .map_or(AddressFamily::UNIX, |peer| peer.address_family())),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// A non-blocking listening socket. For the IPv6 wildcard, `dual_stack` lets IPv4 in too.
///
/// # Errors
/// `AddrInUse`, `AddrNotAvailable` for an address that is not here, `PermissionDenied` for a port
/// below 1024, `EAFNOSUPPORT` without IPv6, and `EMFILE` or `ENFILE` without a descriptor.
pub fn listen(mut addr: SocketAddr, dual_stack: bool) -> io::Result<TcpListener> {
    // `::ffff:127.0.0.1` is IPv4, which a socket for IPv6 alone cannot be bound to.
    if addr.is_ipv6() && addr.ip().to_canonical().is_ipv4() {
        addr.set_ip(addr.ip().to_canonical());
    }
    let socket = stream_socket(match addr {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    })?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if let SocketAddr::V6(v6) = addr {
        // Set either way: the default is a matter of the system and its administrator.
        sockopt::set_ipv6_v6only(&socket, !(dual_stack && v6.ip().is_unspecified()))?;
    }
    rustix::net::bind(&socket, &addr)?;
    rustix::net::listen(&socket, BACKLOG)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(not(target_vendor = "apple"))]
fn stream_socket(family: AddressFamily) -> io::Result<OwnedFd> {
    use rustix::net::SocketFlags;
    Ok(rustix::net::socket_with(
        family,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

#[cfg(target_vendor = "apple")]
fn stream_socket(family: AddressFamily) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Sets TCP_NODELAY. Linux lets the sockets that a listener accepts inherit it.
///
/// # Errors
/// `EINVAL` for a connection that was reset, and `EOPNOTSUPP` for a Unix socket.
pub fn set_nodelay(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(sockopt::set_tcp_nodelay(socket, true)?)
}

/// Whether there is something to read or to accept now, by `poll(2)`; an error counts as something.
pub fn is_readable(socket: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(&socket, PollFlags::IN)];
    rustix::event::poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Whether an error of the connection was not told yet, such as a reset, by `poll(2)`: that leaves
/// it to who reads or writes next.
pub fn has_failed(socket: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(&socket, PollFlags::empty())];
    let polled = rustix::event::poll(&mut fds, Some(&Timespec::default()));
    polled.is_err() || fds[0].revents().contains(PollFlags::ERR)
}

/// Makes the kernel ask a silent TCP peer whether it is there, every 10 seconds (tcp(7)). One that
/// has closed its socket answers for a minute, then resets (`tcp_fin_timeout`); one that has
/// vanished does not answer three times.
///
/// # Errors
/// `EOPNOTSUPP` for a Unix socket.
pub fn keep_alive(socket: BorrowedFd<'_>) -> io::Result<()> {
    const EVERY: Duration = Duration::from_secs(10);
    sockopt::set_tcp_keepidle(socket, EVERY)?;
    sockopt::set_tcp_keepintvl(socket, EVERY)?;
    sockopt::set_tcp_keepcnt(socket, 3)?;
    Ok(sockopt::set_socket_keepalive(socket, true)?)
}

/// Bytes in the socket's send queue, a count: not sent, or not acknowledged by the peer (TCP), or
/// not read by it (a Unix socket, in the kernel's measure). `None` where the system cannot tell.
pub fn under_way(socket: BorrowedFd<'_>) -> Option<u32> {
    let mut count: libc::c_int = 0;
    if queue_bytes(socket, &mut count) != 0 {
        return None;
    }
    // The queue of a connection that was reset keeps its length, but it has no peer any more.
    let is_over = count > 0 && rustix::net::getpeername(socket).is_err();
    u32::try_from(if is_over { 0 } else { count }).ok()
}

/// `SIOCOUTQ` of tcp(7) and unix(7), which is `TIOCOUTQ`.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn queue_bytes(socket: BorrowedFd<'_>, count: &mut libc::c_int) -> libc::c_int {
    // SAFETY: the descriptor is borrowed for the call, which writes one int.
    unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::TIOCOUTQ,
            count as *mut libc::c_int,
        )
    }
}

/// `FIONWRITE` of ioctl(2).
#[cfg(target_os = "freebsd")]
fn queue_bytes(socket: BorrowedFd<'_>, count: &mut libc::c_int) -> libc::c_int {
    // SAFETY: the descriptor is borrowed for the call, which writes one int.
    unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::FIONWRITE,
            count as *mut libc::c_int,
        )
    }
}

/// `SO_NWRITE` of getsockopt(2).
#[cfg(target_vendor = "apple")]
fn queue_bytes(socket: BorrowedFd<'_>, count: &mut libc::c_int) -> libc::c_int {
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the descriptor is borrowed for the call, which writes one int, and its length.
    unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NWRITE,
            std::ptr::from_mut(count).cast(),
            &mut len,
        )
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple"
)))]
fn queue_bytes(_: BorrowedFd<'_>, _: &mut libc::c_int) -> libc::c_int {
    -1
}

/// `send(2)` without SIGPIPE; `more` tells the kernel that more bytes follow at once.
///
/// # Errors
/// `WouldBlock` if the send buffer is full; `EPIPE` or `ECONNRESET` if the peer has gone;
/// `ETIMEDOUT` or `EHOSTUNREACH` if it cannot be reached.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], more: bool) -> io::Result<usize> {
    let flags = send_flags(more);
    let send = || Ok(retry_on_intr(|| rustix::net::send(socket, bytes, flags))?);
    if cfg!(target_vendor = "apple") {
        return without_sigpipe(send);
    }
    send()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn send_flags(more: bool) -> SendFlags {
    if more {
        SendFlags::NOSIGNAL | SendFlags::MORE
    } else {
        SendFlags::NOSIGNAL
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn send_flags(_: bool) -> SendFlags {
    SendFlags::NOSIGNAL
}

/// There is no such flag here.
#[cfg(target_vendor = "apple")]
fn send_flags(_: bool) -> SendFlags {
    SendFlags::empty()
}

/// `recv(2)`, appending up to `len` bytes to `buf`'s spare room; returns how many.
///
/// # Errors
/// `WouldBlock` if nothing has come; `ECONNRESET` if the peer has gone, `ETIMEDOUT` or
/// `EHOSTUNREACH` if it cannot be reached.
pub fn recv(socket: BorrowedFd<'_>, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
    let flags = RecvFlags::empty();
    let mut read = || {
        super::append(buf, len, |room| {
            Ok(rustix::net::recv(socket, room, flags)?.0.0)
        })
    };
    Ok(retry_on_intr(&mut read)?)
}

/// Has `close(2)` reset a TCP connection: what was not sent is dropped, and the peer gets an error
/// in place of an end.
///
/// # Errors
/// None that is known for an open socket.
pub fn reset_on_close(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(sockopt::set_socket_linger(socket, Some(Duration::ZERO))?)
}

#[cfg(test)]
mod tests;
