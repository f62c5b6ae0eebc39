//! Many requests while servers are killed: only those that a killed one had fail.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{can_list, servers, signal, site, start};
use crate::support::{PATIENCE, Server};

const SERVERS: usize = 3;
const CLIENTS: usize = 6;

/// Requests on a connection.
const REQUESTS: usize = 20;

/// What came of the connections of a client.
#[derive(Default)]
struct Count {
    answers: AtomicUsize,
    /// Connections that were cut.
    cut: AtomicUsize,
    /// Connections that could not be made, and answers that were wrong.
    wrong: AtomicUsize,
}

/// A connection with some requests.
fn connection(server: &Server, count: &Count) {
    let Ok(mut stream) = TcpStream::connect_timeout(&server.addr(), PATIENCE) else {
        count.wrong.fetch_add(1, Ordering::Relaxed);
        return;
    };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut bytes = [0; 1024];
    for _ in 0..REQUESTS {
        let sent = stream.write_all(b"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        let mut got = 0;
        while sent.is_ok() && !bytes[..got].ends_with(b"\r\n\r\na") {
            match stream.read(&mut bytes[got..]) {
                Ok(len @ 1..) => got += len,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    count.wrong.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                _ => break,
            }
        }
        let answer = &bytes[..got];
        if sent.is_err() || !answer.ends_with(b"\r\n\r\na") {
            count.cut.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let is_right = answer.starts_with(b"HTTP/1.1 200 OK\r\n");
        let counted = if is_right {
            &count.answers
        } else {
            &count.wrong
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
}

/// Servers that are killed at least, a count.
const KILLED_MIN: usize = 3;

/// Asks so many times, or more often until some were killed, while servers are killed one after the
/// other, so long apart.
fn storm(requests: usize, apart: Duration) {
    let site = site("storm");
    let server = start(&site, SERVERS, &["-q"]);
    let (count, done) = (Count::default(), AtomicBool::new(false));
    let kills = AtomicUsize::new(0);
    let mut killed = HashSet::new();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    while count.answers.load(Ordering::Relaxed) < requests
                        || kills.load(Ordering::Relaxed) < KILLED_MIN
                    {
                        connection(&server, &count);
                    }
                })
            })
            .collect();
        let (server, done, kills) = (&server, &done, &kills);
        let killer = scope.spawn(move || {
            let mut killed = HashSet::new();
            let mut at = Instant::now();
            while !done.load(Ordering::Relaxed) {
                thread::park_timeout(Duration::from_millis(1));
                let ids = servers(server);
                // There is one left that serves, mostly.
                if at.elapsed() < apart || ids.len() < 2 {
                    continue;
                }
                at = Instant::now();
                let id = ids[killed.len() % ids.len()];
                killed.insert(id);
                signal(id, Signal::KILL);
                kills.fetch_add(1, Ordering::Relaxed);
            }
            killed
        });
        for client in clients {
            client.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        killed = killer.join().unwrap();
    });
    let [answers, cut, wrong] =
        [&count.answers, &count.cut, &count.wrong].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{answers} answers, {} servers killed, {cut} connections cut",
        killed.len()
    );
    assert_eq!(wrong, 0);
    assert!(killed.len() >= KILLED_MIN, "{killed:?}");
    // A client has one connection at a time: a kill can cut as many as there are clients.
    assert!(
        cut > 0 && cut <= killed.len() * CLIENTS,
        "{cut} of {}",
        killed.len()
    );
    for _ in 0..20 {
        assert_eq!(server.get("/a.txt").text(), "a");
    }
}

#[test]
fn a_killed_server_costs_the_connections_that_it_had_and_no_others() {
    if can_list() {
        storm(20_000, Duration::from_millis(150));
    }
}

#[test]
#[ignore = "a minute or more"]
fn a_million_requests_outlive_their_servers() {
    if can_list() {
        storm(1_000_000, Duration::from_millis(200));
    }
}
