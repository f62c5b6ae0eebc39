//! Tests of `server::ends`.

use super::*;

#[test]
fn what_was_packed_comes_out_again() {
    let v4 = || "192.0.2.1:80".parse().ok();
    let v6 = || "[2001:db8::1]:443".parse().ok();
    for addrs in [
        (None, None),
        (v4(), "127.0.0.1:8000".parse().ok()),
        (v6(), "[::1]:8000".parse().ok()),
        (v4(), None),
        (None, v6()),
        (v4(), v6()),
    ] {
        let ends = Ends::new(addrs);
        assert_eq!(ends.addrs(), addrs);
        assert_eq!((ends.peer(), ends.proxy()), (addrs.0, None));
    }
}

#[test]
fn who_asks_is_whom_the_last_request_names_and_the_socket_keeps_its_peer() {
    let own: Option<SocketAddr> = "127.0.0.1:5000".parse().ok();
    let local = "127.0.0.1:8000".parse().ok();
    let asker: Option<SocketAddr> = "[2001:db8::1]:7".parse().ok();
    for addrs in [(own, local), (None, None), (asker, local)] {
        let mut ends = Ends::new(addrs);
        ends.ask_for(None);
        assert_eq!((ends.peer(), ends.proxy()), (addrs.0, None));
        ends.ask_for(asker);
        assert_eq!((ends.peer(), ends.proxy()), (asker, Some(addrs.0)));
        // The next one of the connection is its own.
        ends.ask_for(None);
        assert_eq!((ends.peer(), ends.proxy()), (addrs.0, Some(addrs.0)));
        assert_eq!(ends.addrs(), addrs);
    }
}
