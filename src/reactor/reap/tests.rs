//! Children that do not end, whatever is done.

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::Duration;

use super::*;

/// A child that the kernel holds.
struct Stuck(Rc<Cell<(u8, u8)>>);

impl ChildProcess for Stuck {
    fn id(&self) -> u32 {
        1 << 30
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        panic!("it would wait for ever")
    }

    fn peek_exit(&mut self) -> Option<ExitStatus> {
        None
    }

    fn exit_descriptor(&self) -> io::Result<OwnedFd> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn terminate_group(&mut self) {
        let (terms, kills) = self.0.get();
        self.0.set((terms + 1, kills));
    }

    fn kill_group(&mut self) {
        let (terms, kills) = self.0.get();
        self.0.set((terms, kills + 1));
    }

    fn leaves_others(&mut self) -> Option<bool> {
        Some(true)
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        panic!("its drop may wait, too");
    }
}

#[test]
fn the_end_of_the_server_is_bounded_whatever_its_children_do() {
    let poll = mio::Poll::new().unwrap();
    let (registry, start) = (poll.registry(), Instant::now());
    let signals = Rc::default();
    let mut reaper = Reaper::default();
    reaper.adopt(Box::new(Stuck(Rc::clone(&signals))), 0, registry, start);
    let mut now = start;
    reaper.end(now);
    let mut steps = Vec::new();
    let left = loop {
        let left = reaper.run(registry, now, |_| panic!("it has not ended"));
        if steps.last().map(|(_, signals)| *signals) != Some(signals.get()) {
            steps.push((now - start, signals.get()));
        }
        if left > 0 {
            break left;
        }
        now = reaper.next().unwrap();
        assert!(now - start <= Duration::from_secs(4), "it waits for ever");
    };
    let want = vec![(Duration::ZERO, (1, 0)), (END_TIME, (1, 1))];
    assert_eq!((left, steps, now - start), (1, want, 2 * END_TIME));
    assert!(reaper.is_empty());
    // In a hurry: KILL alone.
    reaper.adopt(Box::new(Stuck(Rc::default())), 0, registry, now);
    assert_eq!(reaper.kill_all(), 1);
    assert!(reaper.is_empty());
}

#[test]
fn who_was_told_to_end_before_has_no_longer_than_the_others() {
    let poll = mio::Poll::new().unwrap();
    let (registry, start) = (poll.registry(), Instant::now());
    let signals = Rc::default();
    let mut reaper = Reaper::default();
    reaper.adopt(Box::new(Stuck(Rc::clone(&signals))), 7, registry, start);
    // It would have two seconds, and two more after KILL.
    reaper.release(7, false, start);
    reaper.end(start);
    let millisecond = Duration::from_millis(1);
    for (after, want) in [
        (END_TIME - millisecond, ((1, 0), 0)),
        (END_TIME, ((1, 1), 0)),
        (2 * END_TIME - millisecond, ((1, 1), 0)),
        (2 * END_TIME, ((1, 1), 1)),
    ] {
        let left = reaper.run(registry, start + after, |_| panic!("it has not ended"));
        assert_eq!((signals.get(), left), want, "{after:?}");
    }
    // Nor has one that was sent KILL before.
    reaper.adopt(Box::new(Stuck(Rc::default())), 8, registry, start);
    reaper.release(8, false, start);
    reaper.ending = false;
    let killed = start + GRACE_TIME;
    reaper.run(registry, killed, |_| {});
    reaper.end(killed);
    assert_eq!(reaper.run(registry, killed + END_TIME, |_| {}), 1);
}

#[test]
fn one_whose_time_is_up_hears_term_at_once_and_its_exchange_is_not_forgotten() {
    let poll = mio::Poll::new().unwrap();
    let (registry, start) = (poll.registry(), Instant::now());
    let signals = [(); 3].map(|()| Rc::<Cell<(u8, u8)>>::default());
    let all = || signals.clone().map(|signals| signals.get());
    let mut reaper = Reaper::default();
    for (signals, owner) in signals.iter().zip([7, 7, 8]) {
        reaper.adopt(Box::new(Stuck(Rc::clone(signals))), owner, registry, start);
    }
    reaper.terminate(7, start);
    assert_eq!(all(), [(1, 0), (1, 0), (0, 0)]);
    assert!(reaper.owns(7) && reaper.owns(8));
    // The response that follows is a good end; nothing is begun anew by it.
    reaper.release(7, true, start);
    reaper.terminate(7, start);
    assert!(!reaper.owns(7));
    for (after, want) in [
        (GRACE_TIME - Duration::from_millis(1), (1, 0)),
        (GRACE_TIME, (1, 1)),
    ] {
        reaper.run(registry, start + after, |_| panic!("it has not ended"));
        assert_eq!(all(), [want, want, (0, 0)]);
    }
    // A good end alone gives it that time before.
    let now = start + GRACE_TIME;
    reaper.release(8, true, now);
    reaper.run(registry, now, |_| {});
    assert_eq!(signals[2].get(), (0, 0));
    reaper.run(registry, now + GRACE_TIME, |_| {});
    assert_eq!(signals[2].get(), (1, 0));
    assert_eq!(reaper.kill_all(), 3);
}
