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

/// A non-blocking listening socket. For the IPv6 wildcard, `dual_stack` lets IPv4 in too.
///
/// # Errors
/// What the system says.
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
/// What the system says.
pub fn set_nodelay(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(sockopt::set_tcp_nodelay(socket, true)?)
}

/// Whether there is something to read or to accept now, by `poll(2)`; an error counts as something.
pub fn is_readable(socket: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(&socket, PollFlags::IN)];
    rustix::event::poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Makes the kernel ask a silent TCP peer whether it is there, every 10 seconds (tcp(7)). One that
/// has closed its socket answers for a minute, then resets (`tcp_fin_timeout`); one that has
/// vanished does not answer three times.
///
/// # Errors
/// What the system says; a Unix socket has no such thing.
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
    (queue_bytes(socket, &mut count) == 0).then(|| u32::try_from(count).ok())?
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
/// What the system says.
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
/// What the system says.
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
/// What the system says.
pub fn reset_on_close(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(sockopt::set_socket_linger(socket, Some(Duration::ZERO))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{ErrorKind, Read, Write};
    use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};
    use std::os::fd::AsFd;

    fn accept(listener: &TcpListener) -> TcpStream {
        listener.set_nonblocking(false).unwrap();
        listener.accept().unwrap().0
    }

    #[test]
    fn listener_does_not_block_and_accepted_sockets_do_not_delay() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false).unwrap();
        set_nodelay(listener.as_fd()).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        let fd_flags = rustix::io::fcntl_getfd(&listener).unwrap();
        assert!(fd_flags.contains(rustix::io::FdFlags::CLOEXEC));
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(cfg!(not(target_os = "linux")) || accept(&listener).nodelay().unwrap());
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false).unwrap();
        let error = listen(listener.local_addr().unwrap(), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }

    #[test]
    fn ipv6_wildcard_lets_ipv4_in_only_if_asked() {
        for dual_stack in [true, false] {
            let Ok(listener) = listen((Ipv6Addr::UNSPECIFIED, 0).into(), dual_stack) else {
                return; // no IPv6 here
            };
            let port = listener.local_addr().unwrap().port();
            let got = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            assert_eq!(got.is_ok(), dual_stack);
        }
    }

    #[test]
    fn send_and_recv_move_bytes_and_tell_the_end() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = accept(&listener);
        assert_eq!(send(server.as_fd(), b"head ", true).unwrap(), 5);
        assert_eq!(send(server.as_fd(), b"body", false).unwrap(), 4);
        let mut got = [0; 9];
        client.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"head body");

        client.write_all(b"request").unwrap();
        let mut buf = b"kept ".to_vec();
        while buf.len() < 12 {
            assert!(recv(server.as_fd(), &mut buf, 4).unwrap() <= 4);
        }
        assert_eq!(buf, b"kept request");
        server.set_nonblocking(true).unwrap();
        let error = recv(server.as_fd(), &mut buf, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        server.set_nonblocking(false).unwrap();
        drop(client);
        assert_eq!(recv(server.as_fd(), &mut buf, 4).unwrap(), 0);
        assert_eq!(buf, b"kept request");
    }

    #[test]
    fn mapped_addresses_are_listened_on_as_ipv4() {
        let listener = listen("[::ffff:127.0.0.1]:0".parse().unwrap(), true).unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        TcpStream::connect(address).unwrap();
    }

    #[test]
    fn bytes_that_the_peer_does_not_take_are_under_way() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = accept(&listener);
        server.set_nonblocking(true).unwrap();
        if under_way(server.as_fd()).is_none() {
            return; // This system cannot tell.
        }
        assert_eq!(under_way(server.as_fd()), Some(0));
        let mut sent = 0;
        while let Ok(count) = send(server.as_fd(), &[b'x'; 65_536], false) {
            sent += count;
        }
        let full = under_way(server.as_fd()).unwrap();
        assert!(full > 0);
        // Long before the socket is writable again.
        let mut sip = vec![0; sent / 8];
        while under_way(server.as_fd()).unwrap() >= full {
            client.read_exact(&mut sip).unwrap();
        }
    }

    #[test]
    fn send_to_a_closed_peer_is_an_error_and_no_signal() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = accept(&listener);
        server.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(
            send(server.as_fd(), b"x", false).unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
        drop(client);
    }
}
