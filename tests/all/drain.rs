//! How it leaves: who finds out first, how long the others have, and that nothing stays.

use std::net::TcpStream;

use rustix::process::Signal;

use crate::support::server::{run_to_end, wait_for};
use crate::support::{PATIENCE, Server, Site};

const ASK: &str = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";

/// Waits until answers to new connections say that they are the last.
fn wait_until_it_leaves(server: &Server) {
    wait_for("answers say that they are the last", || {
        let reply = server.answer(ASK);
        assert_eq!(reply.text(), "a");
        (reply.header("Connection") == Some("close")).then_some(())
    });
}

fn is_refused(server: &Server) -> bool {
    TcpStream::connect_timeout(&server.addr(), PATIENCE).is_err()
}

#[test]
fn at_first_it_goes_on_accepting_and_each_answer_is_the_last_of_its_connection() {
    let site = Site::new("drain-delay");
    site.file("a.txt", "a");
    let mut server = site.serve(&["--drain-timeout", "60", "--drain-delay", "60"]);
    let mut idle = server.connect();
    idle.send(ASK);
    assert_eq!(idle.read_response().header("Connection"), None);
    server.signal(Signal::TERM);
    wait_until_it_leaves(&server);
    // Nobody who has a connection loses it before it was told.
    assert!(!idle.has_ended());
    idle.send(ASK);
    assert_eq!(idle.read_response().field("Connection"), "close");
    idle.expect_close();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn then_it_takes_no_new_ones_and_lets_go_what_is_idle() {
    let site = Site::new("drain-delay-over");
    site.file("a.txt", "a");
    site.sparse("large", 64 << 20);
    let options = ["--drain-timeout", "60", "--drain-delay", "0.3"];
    let mut server = site.serve(&options);
    let mut idle = server.connect();
    idle.send(ASK);
    idle.read_response();
    let mut slow = server.connect();
    slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    slow.read_head();
    server.signal(Signal::TERM);
    idle.expect_close();
    wait_for("new connections are refused", || {
        is_refused(&server).then_some(())
    });
    assert!(server.is_running());
    slow.skip_bytes(64 << 20);
    slow.expect_close();
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_delay_that_is_no_part_of_the_time_is_a_mistake() {
    let site = Site::new("drain-mistake");
    let (code, _, said) = run_to_end(site.command(&["--drain-delay", "9"]));
    assert_eq!(code, Some(2));
    let want = "argument --drain-delay: it is a part of --drain-timeout, which is shorter (give \
                both: sprat --drain-timeout 20 --drain-delay 10)";
    assert_eq!(said, format!("sprat: error: {want}\n"));
}
