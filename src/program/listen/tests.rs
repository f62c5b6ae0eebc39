//! Tests of `program::listen`.

use super::*;

#[test]
fn startup_lines_are_pythons() {
    for (address, want) in [
        (
            "[::]:8000",
            "Serving HTTP on :: port 8000 (http://[::]:8000/) ...\n",
        ),
        (
            "0.0.0.0:80",
            "Serving HTTP on 0.0.0.0 port 80 (http://0.0.0.0:80/) ...\n",
        ),
        (
            "[::1]:1",
            "Serving HTTP on ::1 port 1 (http://[::1]:1/) ...\n",
        ),
    ] {
        assert_eq!(startup_line(address.parse().unwrap()), want);
    }
}

#[test]
fn no_address_is_listened_on_twice() {
    for (asked, want) in [
        (&["127.0.0.1", "127.0.0.1"][..], &["127.0.0.1"][..]),
        (&["127.0.0.1", "::1"], &["127.0.0.1", "::1"]),
        (&["127.0.0.1", "0.0.0.0", "::1"], &["0.0.0.0", "::1"]),
        (&["0.0.0.0", "0.0.0.0"], &["0.0.0.0"]),
        (&["127.0.0.1", "::1", "::", "0.0.0.0"], &["::"]),
    ] {
        let address = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), 80);
        let groups = asked.iter().map(|ip| vec![address(ip)]).collect();
        let want: Vec<SocketAddr> = want.iter().map(address).collect();
        assert_eq!(each_once(groups).concat(), want, "{asked:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap_err();
    let refused = refused(Ipv4Addr::LOCALHOST.into(), port, &error);
    assert_eq!(refused.code, 1);
    let start = format!("cannot listen on 127.0.0.1 port {port}: Address ");
    assert!(refused.line.starts_with(&start), "{}", refused.line);
    let (_, other) = refused.line.split_once("choose one: sprat ").unwrap();
    let other = other.trim_end_matches(')').parse().unwrap();
    assert_ne!(port, other);
    drop(std::net::TcpListener::bind(("127.0.0.1", other)).unwrap());
}
