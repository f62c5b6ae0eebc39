//! The hosts that a server answers for: `--allow-host`, against pages that rebind a name of theirs
//! to this machine.

use super::cli::assert_refused;
use crate::support::{Server, Site, skip};

fn status(server: &Server, line: &str, host: Option<&str>) -> u16 {
    let host = host.map_or(String::new(), |host| format!("Host: {host}\r\n"));
    let mut peer = server.connect();
    peer.send(format!("{line}\r\n{host}Connection: close\r\n\r\n"));
    peer.read_response_to(line.split(' ').next().unwrap())
        .status
}

#[test]
fn other_hosts_are_misdirected() {
    let site = Site::new("hosts");
    site.file("a.txt", "a");
    site.script("hello", "#!/bin/sh\nprintf '\\n'\n");
    let server = site.serve(&[
        "--cgi",
        "--cors",
        "--allow-host",
        "Example.org",
        "--allow-host",
        "192.0.2.7",
        "--allow-host",
        "2001:db8::1",
    ]);
    let get = "GET /a.txt HTTP/1.1";
    for (line, host, want) in [
        (get, Some("example.org"), 200),
        (get, Some("EXAMPLE.org:8000"), 200),
        (get, Some("example.org."), 200),
        (get, Some("example.org.:1"), 200),
        (get, Some("192.0.2.7"), 200),
        (get, Some("[2001:DB8:0::1]:80"), 200),
        (get, Some("evil.example"), 421),
        (get, Some("example.org.evil.example"), 421),
        (get, Some("www.example.org"), 421),
        (get, Some("192.0.2.70"), 421),
        (get, Some("example.org.."), 421),
        (get, Some(""), 421),
        (get, None, 400),
        // On a loopback address these lead here whatever anybody does.
        (get, Some("localhost"), 200),
        (get, Some("LocalHost.:9"), 200),
        (get, Some("127.0.0.1:9"), 200),
        (get, Some("127.9.9.9"), 200),
        (get, Some("[::1]"), 200),
        (get, Some("localhost.evil.example"), 421),
        (get, Some("127.0.0.1.evil.example"), 421),
        // The target's authority counts.
        (
            "GET http://example.org/a.txt HTTP/1.1",
            Some("evil.example"),
            200,
        ),
        (
            "GET http://evil.example/a.txt HTTP/1.1",
            Some("example.org"),
            421,
        ),
        ("GET http://evil.example/a.txt HTTP/1.0", None, 421),
        // Who has no host to tell has no name to rebind.
        ("GET /a.txt HTTP/1.0", None, 200),
        ("GET /a.txt HTTP/1.0", Some("evil.example"), 421),
        ("HEAD /a.txt HTTP/1.1", Some("evil.example"), 421),
        ("OPTIONS * HTTP/1.1", Some("evil.example"), 421),
        ("GET /none HTTP/1.1", Some("evil.example"), 421),
        ("GET /cgi-bin/hello HTTP/1.1", Some("evil.example"), 421),
        ("POST /cgi-bin/hello HTTP/1.1", Some("evil.example"), 421),
    ] {
        assert_eq!(status(&server, line, host), want, "{line} {host:?}");
    }
    let host = "evil.example\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET";
    let preflight = status(&server, "OPTIONS /a.txt HTTP/1.1", Some(host));
    assert_eq!(preflight, 421, "a preflight is a request, too");
    server.log_until(|log| log.contains("not a host of this site: evil.example"));
}

#[test]
fn localhost_does_not_count_where_others_get_to() {
    let Some(address) = own_address() else {
        skip("no address but loopback ones");
        return;
    };
    let site = Site::new("hosts-outside");
    site.file("a.txt", "a");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(["-b", &address, "-d"]).arg(site.root());
    command.args(["--allow-host", "example.org", "0"]);
    let server = Server::start(command);
    let get = "GET /a.txt HTTP/1.1";
    for (host, want) in [
        ("example.org", 200),
        ("localhost", 421),
        ("127.0.0.1", 421),
        (&*address, 421),
    ] {
        assert_eq!(status(&server, get, Some(host)), want, "{host}");
    }
}

/// An IPv4 address of this machine that is no loopback one: the one that it would send from. (No
/// datagram is sent.)
fn own_address() -> Option<String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}

#[test]
fn what_is_no_host_ends_it_before_it_listens() {
    let site = Site::new("hosts-args");
    for (name, cause) in [
        ("example.org:8000", "(--allow-host example.org)"),
        ("http://example.org/", "(--allow-host example.org)"),
        ("[::1]:8000", "(--allow-host [::1])"),
        ("*", "(for all hosts leave it out)"),
        ("*.example.org", "is not a host"),
        ("", "is not a host"),
        ("a b", "is not a host"),
    ] {
        assert_refused(site.command(&["--allow-host", name]), 2, cause);
    }
}
