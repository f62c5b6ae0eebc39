//! Tests of `http::peer`.

use super::*;

fn key(addr: &str) -> PeerKey {
    PeerKey::of(addr.parse().ok())
}

#[test]
fn who_has_a_network_of_ipv6_is_one_peer_and_spellings_of_ipv4_are_too() {
    for (one, other, are_one) in [
        ("127.0.0.1:1", "127.0.0.1:2", true),
        ("127.0.0.1:1", "127.0.0.2:1", false),
        ("127.0.0.1:1", "[::ffff:127.0.0.1]:2", true),
        ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.2]:1", false),
        ("[2001:db8::1]:1", "[2001:db8::ffff:0:0:1]:2", true),
        ("[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false),
        // The same bits, and not the same kind.
        ("0.0.0.1:1", "[0:0:0:1::]:1", false),
        ("[::1]:1", "[::ffff:0.0.0.0]:1", false),
        ("[::]:1", "0.0.0.0:1", false),
        ("unix", "unix", true),
        ("unix", "0.0.0.0:1", false),
        ("unix", "[::]:1", false),
    ] {
        assert_eq!(key(one) == key(other), are_one, "{one} and {other}");
    }
}
