//! Tests of `sys::socket`.

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
fn nothing_is_under_way_to_a_peer_that_has_reset() {
    let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), false).unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = accept(&listener);
    server.set_nonblocking(true).unwrap();
    while send(server.as_fd(), &[b'x'; 65_536], false).is_ok() {}
    // The reset comes behind the end, where reading does not find it.
    client.shutdown(std::net::Shutdown::Write).unwrap();
    client.read_exact(&mut [0; 1]).unwrap();
    reset_on_close(client.as_fd()).unwrap();
    drop(client);
    while send(server.as_fd(), b"x", false)
        .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    {}
    assert_eq!(under_way(server.as_fd()).unwrap_or(0), 0);
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
