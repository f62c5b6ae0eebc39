//! Tests of `cgi::queue`.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn quiet() -> CallUp {
    Box::new(|| {})
}

fn counting(count: &Arc<AtomicUsize>) -> CallUp {
    let count = Arc::clone(count);
    Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    })
}

#[test]
fn places_are_given_in_order() {
    let queue = Queue::new(2);
    let mut first = queue.enter(quiet).unwrap();
    let mut second = queue.enter(quiet).unwrap();
    let woken = Arc::default();
    let mut third = queue.enter(|| counting(&woken)).unwrap();
    let mut fourth = queue.enter(quiet).unwrap();
    assert!(first.is_up() && second.is_up());
    assert!(!third.is_up() && !fourth.is_up());
    drop(second);
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    assert!(!fourth.is_up(), "the third is before it");
    let mut late = queue.enter(quiet).unwrap();
    assert!(!late.is_up(), "nobody overtakes");
    assert!(third.is_up());
    drop(first);
    assert!(fourth.is_up());
    assert!(!late.is_up());
    drop((third, fourth));
    assert!(late.is_up());
}

#[test]
fn one_that_leaves_the_queue_lets_the_next_up() {
    let queue = Queue::new(1);
    let first = queue.enter(quiet).unwrap();
    let second = queue.enter(quiet).unwrap();
    let woken = Arc::default();
    let mut third = queue.enter(|| counting(&woken)).unwrap();
    drop(first);
    drop(second);
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    assert!(third.is_up());
}

#[test]
fn a_full_queue_refuses_and_recovers() {
    let queue = Queue::new(1);
    let running = queue.enter(quiet).unwrap();
    let mut waiting: Vec<Ticket> = (0..WAITING_MAX)
        .map(|_| queue.enter(quiet).unwrap())
        .collect();
    assert!(queue.is_full() && queue.enter(quiet).is_none());
    drop(waiting.pop());
    assert!(!queue.is_full());
    assert!(queue.enter(quiet).is_some());
    drop(running);
    assert!(waiting[0].is_up());
}
