//! Tests of `cgi::queue`.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::cgi::limits::WAITING_MAX;

const PEER: PeerKey = PeerKey::V4(1);

fn quiet() -> CallUp {
    Box::new(|| {})
}

fn counting(count: &Arc<AtomicUsize>) -> CallUp {
    let count = Arc::clone(count);
    Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    })
}

fn queue(running_max: usize) -> Queue {
    Queue::new(running_max, running_max)
}

fn is_up(ticket: &mut Ticket) -> bool {
    ticket.turn() == ScriptTurn::Now
}

#[test]
fn places_are_given_in_order() {
    let queue = queue(2);
    let mut first = queue.enter(PEER, quiet).unwrap();
    let mut second = queue.enter(PEER, quiet).unwrap();
    let woken = Arc::default();
    let mut third = queue.enter(PEER, || counting(&woken)).unwrap();
    let mut fourth = queue.enter(PEER, quiet).unwrap();
    assert!(is_up(&mut first) && is_up(&mut second));
    assert!(!is_up(&mut third) && !is_up(&mut fourth));
    drop(second);
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    assert!(!is_up(&mut fourth), "the third is before it");
    let mut late = queue.enter(PEER, quiet).unwrap();
    assert!(!is_up(&mut late), "nobody overtakes");
    assert!(is_up(&mut third));
    drop(first);
    assert!(is_up(&mut fourth));
    assert!(!is_up(&mut late));
    drop((third, fourth));
    assert!(is_up(&mut late));
}

#[test]
fn one_that_leaves_the_queue_lets_the_next_up() {
    let queue = queue(1);
    let first = queue.enter(PEER, quiet).unwrap();
    let second = queue.enter(PEER, quiet).unwrap();
    let woken = Arc::default();
    let mut third = queue.enter(PEER, || counting(&woken)).unwrap();
    drop(first);
    drop(second);
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    assert!(is_up(&mut third));
}

#[test]
fn a_full_queue_refuses_and_recovers() {
    let queue = queue(1);
    let running = queue.enter(PEER, quiet).unwrap();
    let mut waiting: Vec<Ticket> = (0..WAITING_MAX)
        .map(|_| queue.enter(PEER, quiet).unwrap())
        .collect();
    assert!(queue.is_full_for(PEER) && queue.enter(PEER, quiet).is_none());
    drop(waiting.pop());
    assert!(!queue.is_full_for(PEER));
    assert!(queue.enter(PEER, quiet).is_some());
    drop(running);
    assert!(is_up(&mut waiting[0]));
}

#[test]
fn who_has_lost_its_place_is_woken_told_and_forgotten() {
    let queue = queue(1);
    let running = queue.enter(PEER, quiet).unwrap();
    let woken = Arc::default();
    let mut waiting: Vec<Ticket> = (0..WAITING_MAX)
        .map(|_| queue.enter(PEER, || counting(&woken)).unwrap())
        .collect();
    let mut newcomer = queue.enter(PeerKey::Nameless, quiet).unwrap();
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    let mut last = waiting.pop().unwrap();
    assert_eq!(
        (last.turn(), last.turn()),
        (ScriptTurn::Never, ScriptTurn::Never)
    );
    assert_eq!(waiting[WAITING_MAX - 2].turn(), ScriptTurn::Later);
    drop(last);
    drop(running);
    // Its peer has run as many as it may until now.
    assert!(is_up(&mut newcomer));
    drop(newcomer);
    assert!(is_up(&mut waiting[0]));
    waiting.clear();
    assert!(queue.is_at_rest());
}
