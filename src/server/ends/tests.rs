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
        assert_eq!((ends.peer(), ends.local()), addrs);
    }
}
