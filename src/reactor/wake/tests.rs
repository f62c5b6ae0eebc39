//! Tests of `reactor::wake`.

use super::*;
use crate::reactor::token;

fn remote() -> (mio::Poll, Handle) {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), token::encode(0, 0)).unwrap();
    (poll, Handle::new(waker))
}

#[test]
fn many_wakes_of_one_exchange_are_one() {
    let (_poll, handle) = remote();
    let wake = Wake::new(handle.clone(), 7);
    let waker = ExchangeWaker::new(&wake);
    for _ in 0..1000 {
        waker.clone().wake().unwrap();
    }
    assert_eq!(handle.take().wakes, [7]);
    wake.look();
    waker.wake().unwrap();
    assert_eq!(handle.take().wakes, [7]);
}

#[test]
fn many_drains_are_the_shortest() {
    let (_poll, handle) = remote();
    for seconds in [3, 1, 2] {
        handle.drain(Duration::from_secs(seconds)).unwrap();
    }
    assert_eq!(handle.take().drain, Some(Duration::from_secs(1)));
    handle.stop().unwrap();
    assert_eq!(handle.take().drain, Some(Duration::ZERO));
    assert_eq!(handle.take().drain, None);
}

#[test]
fn the_last_waker_that_is_dropped_tells_the_server() {
    let (_poll, handle) = remote();
    let wake = Wake::new(handle.clone(), 7);
    let (one, other) = (ExchangeWaker::new(&wake), ExchangeWaker::new(&wake));
    drop(one);
    assert_eq!(handle.take().wakes, []);
    assert!(!wake.is_abandoned());
    drop(other);
    assert_eq!(handle.take().wakes, [7]);
    assert!(wake.is_abandoned());
}

#[test]
fn a_wake_before_the_last_drop_counts() {
    let (_poll, handle) = remote();
    let wake = Wake::new(handle.clone(), 7);
    ExchangeWaker::new(&wake).wake().unwrap();
    assert_eq!(handle.take().wakes, [7]);
    assert!(!wake.is_abandoned());
    wake.look();
    assert!(wake.is_abandoned());
}

#[test]
fn wakes_after_the_end_are_nothing() {
    let (_poll, handle) = remote();
    let wake = Wake::new(handle.clone(), 7);
    let waker = ExchangeWaker::new(&wake);
    assert!(!waker.is_over());
    wake.close();
    assert!(waker.is_over());
    waker.wake().unwrap();
    assert!(waker.is_over(), "for good");
    wake.look();
    assert!(waker.is_over(), "for good");
    drop(waker);
    assert_eq!(handle.take().wakes, []);
}
