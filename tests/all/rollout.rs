//! A new program takes the place of an old one under load: on the same socket, which stays, behind
//! a real balancer, and nobody notices.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::handed::Handed;
use crate::proxies::haproxy;
use crate::support::server::request;
use crate::support::{PATIENCE, Server, Site};

/// How often one of the two is replaced, a count: as often as `ROLLOUT_RESTARTS` says.
const RESTARTS: usize = 3;

/// Requests for each time, a count.
const REQUESTS_EACH: usize = 4000;

/// Clients that keep their connection, and as many that have a new one for each request.
const CLIENTS_EACH: usize = 4;

/// What they ask for.
const CONTENT: &str = "0123456789";

/// A client's connection.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(to: SocketAddr) -> Client {
        let stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(BufReader::new(stream))
    }

    /// Asks once; an error with what came if that is not the file.
    fn ask(&mut self, fields: &str) -> Result<(), String> {
        let ask = request("GET", "/f", fields);
        let sent = self.0.get_mut().write_all(&ask);
        sent.map_err(|error| error.to_string())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match self.0.read_line(&mut head) {
                Ok(1..) => {}
                other => return Err(format!("{other:?} after {head:?}")),
            }
        }
        let mut body = [0; CONTENT.len()];
        let read = self.0.read_exact(&mut body);
        match head.starts_with("HTTP/1.1 200 ") && read.is_ok() && body == *CONTENT.as_bytes() {
            true => Ok(()),
            false => Err(head),
        }
    }
}

/// Asks until there are enough requests of all clients together; returns what went wrong.
fn load(to: SocketAddr, keeps: bool, asked: &AtomicUsize, enough: usize) -> Vec<String> {
    let mut failures = Vec::new();
    let mut kept = None;
    while asked.fetch_add(1, Ordering::Relaxed) < enough {
        let done = match keeps {
            true => kept.get_or_insert_with(|| Client::connect(to)).ask(""),
            false => Client::connect(to).ask("Connection: close\r\n"),
        };
        if let Err(failure) = done {
            failures.push(format!("kept: {keeps}, {failure}"));
            kept = None;
        }
    }
    failures
}

fn start(site: &Site, handed: &Handed, options: &[&str]) -> Server {
    let mut command = handed.command();
    command.args(options).arg("-q").arg("-d").arg(site.root());
    command.stderr(Stdio::piped());
    Server::start_on(command, handed.input(), 1)
}

/// Replaces one of two servers so many times under load; returns the requests, and what went wrong.
fn roll_out(site: &Site, options: &[&str]) -> Option<(usize, Vec<String>)> {
    let restarts =
        std::env::var("ROLLOUT_RESTARTS").map_or(RESTARTS, |count| count.parse().unwrap());
    let sockets = [Handed::new(), Handed::new()];
    let [a, b] = sockets
        .each_ref()
        .map(|socket| socket.listener().local_addr().unwrap());
    let back = format!("server a {a}\n  server b {b}");
    let front = haproxy(site, "", &back)?;
    let (mut changing, _other) = (
        start(site, &sockets[0], options),
        start(site, &sockets[1], options),
    );
    let (asked, enough) = (AtomicUsize::new(0), restarts * REQUESTS_EACH);
    let failures = thread::scope(|scope| {
        let clients: Vec<_> = (0..2 * CLIENTS_EACH)
            .map(|number| {
                scope.spawn({
                    let (to, asked) = (front.addr(), &asked);
                    move || load(to, number % 2 == 0, asked, enough)
                })
            })
            .collect();
        for restart in 0..restarts {
            // In the midst of it.
            while asked.load(Ordering::Relaxed) < restart * REQUESTS_EACH + REQUESTS_EACH / 8 {
                thread::park_timeout(Duration::from_millis(1));
            }
            let next = start(site, &sockets[0], options);
            changing.signal(Signal::TERM);
            assert_eq!(changing.wait().code(), Some(0));
            changing = next;
        }
        let ended = clients.into_iter().map(|client| client.join().unwrap());
        ended.flatten().collect()
    });
    Some((enough, failures))
}

#[test]
fn of_two_servers_behind_haproxy_one_is_replaced_and_no_request_fails() {
    let site = Site::new("rollout");
    site.file("f", CONTENT);
    for options in [&[][..], &["--drain-delay", "0.5"]] {
        let Some((count, failures)) = roll_out(&site, options) else {
            return;
        };
        println!("{options:?}: {} of {count} requests failed", failures.len());
        assert_eq!(failures, [""; 0]);
    }
}
