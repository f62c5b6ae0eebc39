//! The PROXY protocol: whose connection a proxy passes on, by our own words, haproxy's and nginx's.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{asked_through, haproxy, haproxy_bound, logged, nginx};
use crate::support::client::raw_from;
use crate::support::server::{request, run_to_end};
use crate::support::{Server, Site, skip};

/// Required on loopback.
const ON: [&str; 3] = ["--trusted-proxy", "127.0.0.1", "--proxy-protocol"];

const LINE: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";

/// Version 2, of a client at 2001:db8::1 that speaks TLS, and asks for [2001:db8::2]:443.
const BLOCK: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x2c\
    \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\
    \0\x07\x01\xbb\x20\0\x05\x01\0\0\0\0";

/// Version 2, of the proxy's own.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

const UNKNOWN: &[u8] = b"PROXY UNKNOWN\r\n";

#[test]
fn who_asks_is_whom_the_header_names_for_all_requests_of_the_connection() {
    let site = Site::new("proxy-protocol");
    site.file("a.txt", "a");
    for (header, want) in [
        (LINE, "192.0.2.1"),
        (BLOCK, "2001:db8::1"),
        (LOCAL, "127.0.0.1"),
        (UNKNOWN, "127.0.0.1"),
    ] {
        let server = site.serve(&ON);
        let mut peer = server.connect();
        // Each cut has a row of its own beside the engine.
        let (first, second) = header.split_at(9);
        peer.send(first);
        peer.wait_until_read();
        peer.send(second);
        for target in ["/a.txt", "/none"] {
            // Nobody who is trusted says this.
            peer.send(request("GET", target, "X-Forwarded-For: 6.6.6.6\r\n"));
            peer.read_response();
        }
        assert_eq!(logged(&server, 3), [want; 3]);
    }
}

#[cfg(feature = "cgi")]
#[test]
fn scripts_are_told_both_ends_and_how_the_client_came() {
    let site = Site::new("proxy-protocol-cgi");
    let script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n\
        echo \"$REMOTE_ADDR ${REMOTE_PORT-none} $SERVER_NAME $SERVER_PORT ${HTTPS-off}\"\n";
    site.script("cgi-bin/who", script);
    let server = site.serve(&[&ON[..], &["--cgi"]].concat());
    let own = format!("127.0.0.1 {} off\n", server.port);
    for (header, fields, want) in [
        (LINE, "", "192.0.2.1 56324 198.51.100.7 443 off\n"),
        (BLOCK, "", "2001:db8::1 7 [2001:db8::2] 443 on\n"),
        (
            BLOCK,
            "Host: a.example\r\n",
            "2001:db8::1 7 a.example 443 on\n",
        ),
        (LOCAL, "", &own),
    ] {
        let mut peer = server.connect();
        let head = format!("GET /cgi-bin/who HTTP/1.0\r\n{fields}\r\n");
        peer.send([header, head.as_bytes()].concat());
        let reply = peer.read_response();
        let text = reply.text();
        assert!(text.ends_with(want), "{text} is not {want}");
    }
}

#[test]
fn a_proxy_that_does_not_say_it_is_closed_without_an_answer() {
    let site = Site::new("proxy-protocol-none");
    site.file("a.txt", "a");
    let server = site.serve(&[&ON[..], &["--header-timeout", "0.3"]].concat());
    for (said, why) in [
        (&request("GET", "/a.txt", "")[..], "header is missing"),
        (
            b"PROXY TCP4 192.0.2.1 ::1 56324 443\r\n",
            "header is malformed",
        ),
        (&BLOCK[..20], "header timed out"),
    ] {
        let mut peer = server.connect();
        peer.send(said);
        assert_eq!(peer.read_until_cut(), b"", "{why}");
        let log = server.log_until(|log| log.contains(why));
        assert_eq!(log.matches(why).count(), 1, "{log}");
    }
    // Who says nothing at all makes no line.
    server.connect().expect_close();
    assert_eq!(server.log_lines(3).len(), 3);
}

#[test]
fn others_speak_plain_http_and_are_refused_only_if_they_send_a_header() {
    let site = Site::new("proxy-protocol-others");
    site.file("a.txt", "a");
    let others = ["--trusted-proxy", "127.0.0.2", "--proxy-protocol"];
    for options in [&others[..], &["--trusted-proxy", "127.0.0.1"], &[]] {
        let server = site.serve(options);
        assert_eq!(server.get("/a.txt").text(), "a");
        for header in [LINE, BLOCK, LOCAL, UNKNOWN] {
            let mut peer = server.connect();
            peer.send([header, &request("GET", "/a.txt", "")].concat());
            assert_eq!(peer.read_response().status, 400);
            peer.half_close();
            assert_eq!(peer.read_until_cut(), b"", "and nothing behind it");
        }
    }
}

#[test]
fn a_check_can_say_that_it_is_the_proxys_own() {
    let site = Site::new("proxy-protocol-check");
    let unix = site.outside("s");
    let bind = format!("unix:{}", unix.display());
    let both = [
        "-b",
        "127.0.0.1",
        "-b",
        &bind,
        "--trusted-proxy",
        "unix",
        "--health",
        "/healthz",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command.args(ON).args(both).arg("-d").arg(site.root());
    command.arg("0");
    let server = Server::start_with(command, 2);
    let urls = [
        format!("http://127.0.0.1:{}/healthz", server.port),
        format!("unix:{}:/healthz", unix.display()),
    ];
    for url in urls {
        let check = |options: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
            command.args(["--check", &url]).args(options);
            run_to_end(command)
        };
        let (code, _, stderr) = check(&["--proxy-protocol"]);
        assert_eq!((code, &*stderr), (Some(0), ""), "{url}");
        let (code, _, stderr) = check(&[]);
        assert_eq!(code, Some(1), "{url}: {stderr}");
    }
}

#[test]
fn behind_haproxy_in_front_of_tcp_who_asks_is_its_peer() {
    let site = Site::new("proxy-protocol-haproxy");
    site.file("a.txt", "a");
    for words in [
        "send-proxy",
        "send-proxy-v2",
        "send-proxy-v2-ssl proxy-v2-options crc32c,unique-id,authority",
    ] {
        let server = site.serve(&ON);
        let to = format!("server s {} {words}\n  mode tcp", server.addr());
        let Some(front) = haproxy(&site, "mode tcp\n  unique-id-format %ci", &to) else {
            return;
        };
        let lie = "X-Forwarded-For: 6.6.6.6";
        if let Some(peers) = asked_through(front.addr(), &server, lie) {
            assert_eq!(peers, ["127.0.0.2"], "{words}");
        }
    }
}

#[test]
fn behind_haproxy_that_speaks_http_each_of_its_peers_is_told_apart() {
    let site = Site::new("proxy-protocol-haproxy-http");
    site.file("a.txt", "a");
    let server = site.serve(&ON);
    let to = format!("server s {} send-proxy-v2", server.addr());
    let Some(front) = haproxy(&site, "option forwardfor", &to) else {
        return;
    };
    let order = [2, 3, 2, 3];
    for last in order {
        let from = IpAddr::from([127, 0, 0, last]);
        let Ok(mut peer) = raw_from(from, front.addr()) else {
            return skip("127.0.0.2 is no address of this machine");
        };
        peer.send(request("GET", "/a.txt", ""));
        assert_eq!(peer.read_response().status, 200);
    }
    let want = order.map(|last| format!("127.0.0.{last}"));
    assert_eq!(logged(&server, 4), want);
}

#[test]
fn checks_of_haproxys_own_are_answered() {
    let site = Site::new("proxy-protocol-haproxy-check");
    site.file("a.txt", "a");
    for words in [
        "send-proxy-v2",
        "send-proxy-v2 check-send-proxy",
        "send-proxy",
    ] {
        let server = site.serve(&ON);
        let to = format!(
            "server s {} {words} check inter 100ms\n  option httpchk GET /a.txt\n  \
             http-check expect status 200",
            server.addr()
        );
        // This is how it tells how its checks went.
        let front = "monitor-uri /how\n  acl dead nbsrv(b) lt 1\n  monitor fail if dead";
        let Some(front) = haproxy(&site, front, &to) else {
            return;
        };
        let peers = logged(&server, 3);
        assert!(peers.iter().all(|peer| peer == "127.0.0.1"), "{peers:?}");
        assert_eq!(front.get("/how").status, 200, "{words}");
        let lines = server.log_lines(3);
        assert!(
            lines.iter().all(|line| line.contains(" 200 -")),
            "{lines:?}"
        );
    }
}

/// A certificate behind its key; `None` where nobody can make one.
fn certificate(at: &Path) -> Option<()> {
    let other = at.with_extension("crt");
    let mut command = Command::new("openssl");
    command.args("req -x509 -newkey rsa:2048 -nodes -subj /CN=a".split(' '));
    command.arg("-keyout").arg(at).arg("-out").arg(&other);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok().filter(|status| status.success())?;
    let both = [fs::read(at).ok()?, fs::read(other).ok()?].concat();
    fs::write(at, both).ok()
}

#[test]
fn what_haproxy_tells_of_tls_is_the_scheme() {
    let site = Site::new("proxy-protocol-tls");
    site.file("a.txt", "a");
    let pem = site.outside("a.pem");
    if certificate(&pem).is_none() || Command::new("curl").arg("-V").output().is_err() {
        return skip("there is no openssl or no curl (apt-get install openssl curl)");
    }
    for (words, want) in [
        ("send-proxy-v2-ssl", "https"),
        (
            "send-proxy-v2-ssl-cn proxy-v2-options crc32c,ssl-cipher,cert-sig",
            "https",
        ),
        // These tell nothing of it.
        ("send-proxy-v2", "http"),
        ("send-proxy", "http"),
    ] {
        let server = site.serve(&[&ON[..], &["--log-format", "json"]].concat());
        let to = format!("server s {} {words}\n  mode tcp", server.addr());
        let bind = format!("ssl crt {}", pem.display());
        let Some(front) = haproxy_bound(&site, &bind, "mode tcp", &to) else {
            return;
        };
        let mut command = Command::new("curl");
        command.args(["-skf", "--max-time", "30"]);
        command.arg(format!("https://127.0.0.1:{}/a.txt", front.port));
        assert_eq!(command.output().unwrap().stdout, b"a", "{words}");
        let line = server.log_lines(1).remove(0);
        let want = format!("\"scheme\":\"{want}\"");
        assert!(line.contains(&want), "{words}: {line}");
    }
}

#[test]
fn behind_nginx_in_front_of_tcp_who_asks_is_its_peer() {
    const MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";
    if !Path::new(MODULE).exists() {
        return skip("nginx has no streams (apt-get install libnginx-mod-stream)");
    }
    let site = Site::new("proxy-protocol-nginx");
    site.file("a.txt", "a");
    let path = site.outside("s");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    // Its workers may be of another user.
    let bind = format!("unix:{},mode=0666", path.display());
    command.args(["-b", &bind, "--trusted-proxy", "unix", "--proxy-protocol"]);
    command.arg("-d").arg(site.root());
    let server = Server::start(command);
    let front = nginx(&site, |_, port| {
        let to = path.display();
        format!(
            "load_module {MODULE};\nevents {{}}\nstream {{ server {{ listen 127.0.0.1:{port};\n\
             proxy_pass unix:{to}; proxy_protocol on; }} }}"
        )
    });
    let Some(front) = front else {
        return;
    };
    let lie = "X-Forwarded-For: 6.6.6.6";
    if let Some(peers) = asked_through(front.0.addr(), &server, lie) {
        assert_eq!(peers, ["127.0.0.2"]);
    }
}
