//! Proxies in front: who asks by way of them, and who only says so.

mod protocol;

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::Signal;

use crate::support::client::raw_from;
use crate::support::{Server, Site, skip};

/// A script that says who asks, and how.
#[cfg(feature = "cgi")]
const WHO: &str = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n\
    echo \"$REMOTE_ADDR ${REMOTE_PORT-none} $REQUEST_SCHEME ${HTTPS-off} $HTTP_X_FORWARDED_FOR\"\n";

/// Whom the log names for the requests so far.
fn logged(server: &Server, count: usize) -> Vec<String> {
    let lines = server.log_lines(count).into_iter();
    let address = |line: String| line.split(' ').next().unwrap().to_owned();
    lines.map(address).collect()
}

#[test]
fn who_asks_is_whom_a_trusted_proxy_names_for_each_request_anew() {
    let site = Site::new("proxies");
    site.file("a.txt", "a");
    let server = site.serve(&[
        "--trusted-proxy",
        "10.0.0.0/8",
        "--trusted-proxy",
        "127.0.0.1",
    ]);
    let mut peer = server.connect();
    for fields in [
        "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nX-Forwarded-For: 10.0.0.1\r\n",
        "",
        "Forwarded: for=6.6.6.6\r\n",
        "X-Forwarded-For: unknown\r\n",
        "X-Forwarded-For: 2001:db8::1\r\n",
    ] {
        let head = format!("GET /a.txt HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        peer.send(head);
        assert_eq!(peer.read_response().status, 200);
    }
    // Of a head with a fault nothing is known.
    peer.send("GET /a.txt HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\nHost\r\n\r\n");
    assert_eq!(peer.read_response().status, 400);
    let own = "127.0.0.1";
    let want = ["192.0.2.1", own, own, own, "2001:db8::1", own, own];
    assert_eq!(logged(&server, want.len()), want);
}

#[test]
fn an_error_and_every_format_of_the_log_name_who_asks() {
    let site = Site::new("proxies-log");
    for (format, want) in [
        ("python", "192.0.2.1 - - "),
        ("common", "192.0.2.1 - - "),
        ("json", "\"peer\":\"192.0.2.1\""),
    ] {
        let server = site.serve(&["--trusted-proxy", "127.0.0.0/8", "--log-format", format]);
        let fields = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
        assert_eq!(server.get_with("/none", fields).status, 404);
        let lines = server.log_lines(2);
        assert!(lines.iter().all(|line| line.contains(want)), "{lines:?}");
        if format == "json" {
            assert!(lines[1].contains("\"scheme\":\"https\""), "{lines:?}");
        }
    }
}

#[test]
fn of_everybody_else_the_same_fields_are_fields_like_any() {
    let site = Site::new("proxies-others");
    site.file("a.txt", "a");
    for options in [
        &[][..],
        &["--trusted-proxy", "127.0.0.2", "--trusted-proxy", "unix"],
        &["--trusted-proxy", "::/0"],
        &["--trusted-proxy", "unix", "--forwarded", "forwarded"],
    ] {
        let server = site.serve(options);
        let fields = "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n";
        assert_eq!(server.get_with("/a.txt", fields).status, 200);
        assert_eq!(logged(&server, 1), ["127.0.0.1"], "{options:?}");
    }
}

#[cfg(feature = "cgi")]
#[test]
fn scripts_are_told_who_asks_and_how() {
    let site = Site::new("proxies-cgi");
    site.script("cgi-bin/who", WHO);
    let server = site.serve(&["--cgi", "--trusted-proxy", "127.0.0.1"]);
    for (fields, want) in [
        (
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
            "192.0.2.1 none https on 192.0.2.1\n",
        ),
        (
            "X-Forwarded-For: 6.6.6.6, [2001:db8::1]:99\r\nX-Forwarded-Proto: https, http\r\n",
            "2001:db8::1 99 http off 6.6.6.6, [2001:db8::1]:99\n",
        ),
    ] {
        assert_eq!(server.get_with("/cgi-bin/who", fields).text(), want);
    }
    let fields = "X-Forwarded-Proto: https\r\n";
    let reply = server.get_with("/cgi-bin/who", fields);
    let own = reply.text().split(' ').collect::<Vec<_>>();
    assert!(own[0] == "127.0.0.1" && own[1] != "none" && own[2] == "https");
    let other = site.serve(&["--cgi", "--trusted-proxy", "127.0.0.2"]);
    let fields = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
    let reply = other.get_with("/cgi-bin/who", fields);
    let text = reply.text();
    assert!(text.starts_with("127.0.0.1 ") && text.ends_with(" http off 192.0.2.1\n"));
}

#[test]
fn a_proxy_on_a_unix_socket_is_trusted_by_that_name() {
    let site = Site::new("proxies-unix");
    site.file("a.txt", "a");
    let path = site.outside("s");
    for (options, want) in [
        (
            &["--trusted-proxy", "unix", "--forwarded", "forwarded"][..],
            "2001:db8::1",
        ),
        (&["--trusted-proxy", "unix"], "6.6.6.6"),
        (&["--trusted-proxy", "127.0.0.1"], "-"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
        let bind = format!("unix:{}", path.display());
        command.args(["-b", &bind, "-d"]).arg(site.root());
        command.args(options);
        let server = Server::start(command);
        let mut peer = UnixStream::connect(&path).unwrap();
        let fields = "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=\"[2001:db8::1]:7\"";
        let text = format!("GET /a.txt HTTP/1.0\r\n{fields}\r\n\r\n");
        peer.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(logged(&server, 1), [want], "{options:?}");
    }
}

/// Another program that listens where it is told, ended with the test; `None` where it is not
/// installed. `configure` writes its configuration, from the number of a listening descriptor that
/// it inherits and the port.
fn in_front(
    name: &str,
    config: &Path,
    configure: impl FnOnce(i32, u16) -> (String, Command),
) -> Option<Server> {
    if Command::new(name).arg("-v").output().is_err() {
        skip(&format!("there is no {name} (apt-get install {name})"));
        return None;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fcntl_setfd(&listener, FdFlags::empty()).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (text, mut command) = configure(listener.as_raw_fd(), port);
    fs::write(config, text).unwrap();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Some(Server::start_deaf(command, port))
}

/// haproxy with these lines in its frontend and in its backend.
pub fn haproxy(site: &Site, front: &str, back: &str) -> Option<Server> {
    haproxy_bound(site, "", front, back)
}

/// The same, listening in this way.
fn haproxy_bound(site: &Site, bind: &str, front: &str, back: &str) -> Option<Server> {
    let config = site.outside("haproxy.cfg");
    in_front("haproxy", &config, |listener, _| {
        let text = format!(
            "defaults\n  mode http\n\
             \x20 timeout connect 9s\n  timeout client 9s\n  timeout server 9s\n\
             frontend f\n  bind fd@{listener} {bind}\n  {front}\n  default_backend b\n\
             backend b\n  {back}\n"
        );
        let mut command = Command::new("haproxy");
        command.args(["-db", "-f"]).arg(&config);
        (text, command)
    })
}

/// It ends its workers itself, if it is asked to.
struct Nginx(Server);

impl Drop for Nginx {
    fn drop(&mut self) {
        self.0.signal(Signal::TERM);
        self.0.wait();
    }
}

/// nginx with what is made of a place for its files and its port; its listening socket is handed
/// over as it does it itself for an upgrade.
fn nginx(site: &Site, blocks: impl FnOnce(&str, u16) -> String) -> Option<Nginx> {
    let place = site.outside("nginx");
    fs::create_dir_all(&place).unwrap();
    let config = place.join("nginx.conf");
    let front = in_front("nginx", &config, |listener, port| {
        let place = place.to_str().unwrap();
        let text = format!(
            "daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error;\n{}\n",
            blocks(place, port)
        );
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&config);
        command.env("NGINX", format!("{listener};"));
        (text, command)
    });
    front.map(Nginx)
}

/// In front of a server on a Unix socket.
fn nginx_of_http(site: &Site, to: &Path) -> Option<Nginx> {
    nginx(site, |place, port| {
        let to = to.display();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths = paths.map(|path| format!("{path}_temp_path {place};\n"));
        format!(
            "events {{}}\nhttp {{\n{} access_log off;\nserver {{ listen 127.0.0.1:{port};\n\
             location / {{ proxy_pass http://unix:{to}:;\n\
             proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
             proxy_set_header X-Forwarded-Proto https; }} }} }}",
            paths.concat()
        )
    })
}

/// The last line of the log once somebody at 127.0.0.2 has asked with this field; `None` where
/// that is no address of the machine.
fn asked_through(front: SocketAddr, server: &Server, field: &str) -> Option<Vec<String>> {
    let Ok(mut peer) = raw_from(IpAddr::from([127, 0, 0, 2]), front) else {
        skip("127.0.0.2 is no address of this machine");
        return None;
    };
    peer.send(format!("GET /a.txt HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"));
    assert_eq!(peer.read_response().status, 200);
    Some(logged(server, 1))
}

#[test]
fn behind_haproxy_who_asks_is_its_peer_and_not_whom_that_names() {
    let site = Site::new("proxies-haproxy");
    site.file("a.txt", "a");
    for (options, front, lie) in [
        (&[][..], "option forwardfor", "X-Forwarded-For: 6.6.6.6"),
        (
            &["--forwarded", "forwarded"],
            "http-request add-header Forwarded for=\"\\\"%[src]:%[src_port]\\\";proto=https\"",
            "Forwarded: for=6.6.6.6;x=\"",
        ),
    ] {
        let server = site.serve(&[&["--trusted-proxy", "127.0.0.1"], options].concat());
        let back = format!("server s {}", server.addr());
        let Some(front) = haproxy(&site, front, &back) else {
            return;
        };
        if let Some(peers) = asked_through(front.addr(), &server, lie) {
            assert_eq!(peers, ["127.0.0.2"]);
        }
    }
}

#[test]
fn behind_nginx_on_a_unix_socket_who_asks_is_its_peer() {
    let site = Site::new("proxies-nginx");
    site.file("a.txt", "a");
    let path = site.outside("s");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    // Its workers may be of another user.
    let bind = format!("unix:{},mode=0666", path.display());
    command.args(["-b", &bind, "--trusted-proxy", "unix"]);
    command
        .args(["--log-format", "json", "-d"])
        .arg(site.root());
    let server = Server::start(command);
    let Some(front) = nginx_of_http(&site, &path) else {
        return;
    };
    let lie = "X-Forwarded-For: 6.6.6.6";
    if asked_through(front.0.addr(), &server, lie).is_some() {
        let line = server.log_lines(1).remove(0);
        assert!(line.contains("\"peer\":\"127.0.0.2\""), "{line}");
        assert!(line.contains("\"scheme\":\"https\""), "{line}");
    }
}
