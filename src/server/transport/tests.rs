//! Sockets as transports, over real ones.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::*;

/// A socket of ours, and its peer's.
fn pair() -> (Socket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (own, _) = listener.accept().unwrap();
    own.set_nonblocking(true).unwrap();
    (Socket::Tcp(mio::net::TcpStream::from_std(own)), peer)
}

/// Reads when the poller says so.
fn read(poll: &mut mio::Poll, socket: &mut Socket, buf: &mut Vec<u8>) -> usize {
    let mut events = mio::Events::with_capacity(8);
    loop {
        match socket.read(buf, 100) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll.poll(&mut events, None).unwrap();
            }
            other => return other.unwrap(),
        }
    }
}

#[test]
fn bytes_go_both_ways_and_each_side_ends_by_itself() {
    let (mut poll, (mut own, mut peer)) = (mio::Poll::new().unwrap(), pair());
    own.register(poll.registry(), mio::Token(1)).unwrap();
    assert!(own.is_bare());
    let mut buf = Vec::new();
    let nothing = own.read(&mut buf, 100).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    peer.write_all(b"hello").unwrap();
    assert_eq!(read(&mut poll, &mut own, &mut buf), 5);
    assert_eq!(own.write(b"head", true).unwrap(), 4);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"0123456789").unwrap();
    // Where a file cannot be sent so, it is copied.
    match own.send_file(file.as_fd(), 3, 4) {
        Ok(sent) => assert_eq!(sent, 4),
        Err(_) => assert_eq!(own.write(b"3456", false).unwrap(), 4),
    }
    own.close_write().unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "head3456");
    peer.write_all(b" again").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    while read(&mut poll, &mut own, &mut buf) > 0 {}
    assert_eq!(buf, b"hello again");
}

#[test]
fn a_socket_that_is_off_the_poller_is_heard_of_no_more() {
    let (mut poll, (mut own, mut peer)) = (mio::Poll::new().unwrap(), pair());
    own.register(poll.registry(), mio::Token(1)).unwrap();
    own.deregister(poll.registry());
    peer.write_all(b"hello").unwrap();
    let mut events = mio::Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
    assert!(events.is_empty());
}

#[test]
fn a_response_that_was_cut_ends_in_a_reset() {
    for cuts in [false, true] {
        let (mut own, mut peer) = pair();
        own.write(b"half", false).unwrap();
        let mut four = [0; 4];
        peer.read_exact(&mut four).unwrap();
        if cuts {
            own.reset_on_close();
        }
        drop(own);
        let read = peer.read(&mut four);
        assert_eq!(read.is_err(), cuts, "{read:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_peer_does_not_read_is_under_way_as_far_as_it_has_no_room() {
    let (mut own, peer) = pair();
    assert_eq!(own.under_way(), Some(0));
    let bytes = vec![b'x'; 1 << 20];
    while own.write(&bytes, false).is_ok() {}
    assert!(own.under_way() > Some(1000));
    drop(peer);
}

/// A stream that says no more than it must.
struct Plain;

impl Transport for Plain {
    fn read(&mut self, _: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        Ok(0)
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_transport_that_says_nothing_of_itself_is_taken_for_the_hardest_one() {
    let mut plain = Plain;
    assert!(!plain.is_bare() && !plain.holds_output());
    assert_eq!(plain.take_moved(), Moved::default());
    assert_eq!(plain.under_way(), None);
    assert!(plain.flush().is_ok() && plain.finish().is_ok());
    let file = tempfile::tempfile().unwrap();
    let refused = plain.send_file(file.as_fd(), 0, 1).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
    assert_eq!(plain.scheme(), Scheme::Http);
}
