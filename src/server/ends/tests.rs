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
        assert_eq!((ends.speaker(), ends.scheme()), (Some(addrs.0), None));
    }
}

#[test]
fn of_a_connection_that_is_passed_on_its_own_ends_count_and_the_socket_keeps_its_peer() {
    let at = |text: &str| text.parse::<SocketAddr>().ok();
    let own = (at("10.0.0.1:5000"), at("10.0.0.2:8000"));
    let (client, place) = (at("192.0.2.1:7"), at("[2001:db8::1]:443"));
    let asker = at("198.51.100.1:0");
    for (own, told, want, speaker) in [
        (own, Some((client, place)), (client, place), Some(client)),
        (
            (None, None),
            Some((client, place)),
            (client, place),
            Some(client),
        ),
        // Of what has no address nobody knows whether it is to be believed.
        (own, Some((None, None)), (None, None), None),
        (own, None, own, None),
    ] {
        let mut ends = Ends::new(own);
        assert_eq!(ends.speaker(), Some(own.0));
        ends.pass_on(&ProxyHeader {
            len: 0,
            ends: told,
            scheme: Some(Scheme::Https),
        });
        for asks in [None, asker, None] {
            ends.ask_for(asks);
            assert_eq!(ends.peer(), asks.or(want.0));
            assert_eq!((ends.addrs(), ends.speaker()), (want, speaker));
            assert_eq!(ends.proxy(), Some(own.0));
            assert_eq!(ends.scheme(), Some(Scheme::Https));
        }
    }
}
