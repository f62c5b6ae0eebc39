//! When an engine is at rest, and when it has come to its end.

use super::*;

/// Drives everything once.
fn run(engine: &mut Engine<Pieces>, site: &mut Asked, now: &Now) {
    let poller = Poller::new();
    engine.run(&mut poller.host(site, now));
}

#[test]
fn a_connection_that_comes_to_rest_could_make_room_which_is_told_once() {
    let now = Clock::new().read();
    let (mut site, pieces) = (Asked::default(), Pieces::default());
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    for (says, want) in [
        // It has said nothing yet, or half of something.
        ("", false),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
        ("GET /", false),
        (" HTTP/1.1\r\nHost: a\r\n\r\nGET", false),
    ] {
        if !says.is_empty() {
            pieces.0.borrow_mut().push_back(says.into());
        }
        engine.announce(key, READABLE);
        run(&mut engine, &mut site, &now);
        assert_eq!(engine.take_idled(), want, "{says:?}");
        assert!(!engine.take_idled(), "{says:?}");
    }
    assert_eq!(site.0, ["/", "/"]);
}

#[test]
fn it_is_drained_when_its_last_connection_is_gone_and_not_before_it_was_asked_to() {
    let now = Clock::new().read();
    let (mut site, pieces) = (Asked::default(), Pieces::default());
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    assert!(!engine.is_draining() && !engine.is_drained());
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    // Half a head may come to its end.
    pieces.0.borrow_mut().push_back(b"GET /".to_vec());
    engine.announce(key, READABLE);
    run(&mut engine, &mut site, &now);
    let grace = Duration::from_secs(9);
    engine.leave(grace, now.mono);
    assert!(engine.is_leaving() && !engine.is_draining() && !engine.is_drained());
    engine.drain();
    assert!(engine.is_draining() && !engine.is_drained());
    assert_eq!(engine.next_deadline(), Some(now.mono + grace));
    run(&mut engine, &mut site, &now);
    assert!(!engine.is_drained());
    let rest = b" HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    pieces.0.borrow_mut().extend([rest, Vec::new()]);
    engine.announce(key, READABLE);
    run(&mut engine, &mut site, &now);
    assert!(engine.is_drained());
    assert_eq!(site.0, ["/"]);
}

#[test]
fn a_turn_in_which_the_log_was_written_to_is_told_once() {
    let now = Clock::new().read();
    let (mut site, pieces) = (Asked::default(), Pieces::default());
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    assert!(!engine.take_logged());
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    pieces.0.borrow_mut().push_back(request);
    engine.announce(key, READABLE);
    run(&mut engine, &mut site, &now);
    assert!(engine.take_logged() && !engine.take_logged());
}

/// A clock that says so much later than `now`.
fn later_than(now: &Now, by: Duration) -> Now {
    Clock::new().at(now.mono + by, now.wall + by)
}

#[test]
fn a_drain_waits_a_moment_for_who_was_just_taken_or_answered_and_for_nobody_else() {
    let request = || b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    for (has_asked, rest) in [
        (false, Duration::ZERO),
        (true, Duration::ZERO),
        (false, DRAIN_LAP_TIME),
        (true, DRAIN_LAP_TIME),
    ] {
        let start = Clock::new().read();
        let (mut site, pieces) = (Asked::default(), Pieces::default());
        let mut engine = Engine::new(Limits::default(), Version::Http11, start.mono);
        let key = engine.insert(pieces.clone(), (None, None), start.mono);
        if has_asked {
            pieces.0.borrow_mut().push_back(request());
            engine.announce(key, READABLE);
        }
        run(&mut engine, &mut site, &start);
        let now = later_than(&start, rest);
        engine.leave(Duration::from_secs(9), now.mono);
        engine.drain();
        run(&mut engine, &mut site, &now);
        assert_eq!(engine.is_drained(), !rest.is_zero(), "{has_asked} {rest:?}");
        if !rest.is_zero() {
            continue;
        }
        // Until then it is left alone, and one more request is answered, as the last one.
        assert_eq!(engine.next_deadline(), Some(now.mono + DRAIN_LAP_TIME));
        pieces.0.borrow_mut().extend([request(), Vec::new()]);
        pieces.1.borrow_mut().clear();
        engine.announce(key, READABLE);
        run(&mut engine, &mut site, &now);
        assert!(engine.is_drained());
        let answer = String::from_utf8(pieces.1.take()).unwrap();
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
}

#[test]
fn who_asks_for_health_alone_is_nobody() {
    let start = Clock::new().read();
    let (mut site, pieces) = (Asked::default(), Pieces::default());
    let path = UrlPath::decode(b"/healthz").ok();
    let mut engine = Engine::new(Limits::default(), Version::Http11, start.mono).with_health(path);
    assert_eq!(engine.deserted_since(), Some(start.mono));
    let now = later_than(&start, Duration::from_secs(1));
    let key = engine.insert(pieces.clone(), (None, None), now.mono);
    for (target, want) in [
        ("", None),
        ("/healthz", Some(start.mono)),
        ("/healthz", Some(start.mono)),
        ("/", None),
        ("/healthz", None),
    ] {
        if !target.is_empty() {
            let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            pieces.0.borrow_mut().push_back(request.into_bytes());
            engine.announce(key, READABLE);
        }
        run(&mut engine, &mut site, &now);
        assert_eq!(engine.deserted_since(), want, "{target}");
    }
    // The end of its stream.
    pieces.0.borrow_mut().push_back(Vec::new());
    engine.announce(key, READABLE);
    run(&mut engine, &mut site, &now);
    assert_eq!(engine.deserted_since(), Some(now.mono));
}
