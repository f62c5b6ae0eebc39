//! How long a turn may get, and when the loop may sleep.

use super::*;
use crate::handler::{BodySource, Log};
use crate::http::limits::{STEP_PAUSE_TIME, STEPS_MAX, WRITE_BUDGET};

static BIG: [u8; 4 * WRITE_BUDGET] = [b'x'; 4 * WRITE_BUDGET];

/// Answers with more than the peer is sent in one turn.
struct Big;

impl Handler for Big {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        Response::new(Status::OK).bytes(&BIG[..]).into()
    }
}

/// Asks once, and takes whatever it is sent; counts it.
struct Greedy(bool, Rc<RefCell<usize>>);

impl Transport for Greedy {
    fn read(&mut self, buf: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buf.extend_from_slice(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Ok(buf.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        *self.1.borrow_mut() += bytes.len();
        Ok(bytes.len())
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn hundreds_of_greedy_peers_share_turns_that_stay_short() {
    let poller = Poller::new();
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let mut counts = Vec::new();
    for _ in 0..300 {
        let count = Rc::new(RefCell::new(0));
        let key = engine.insert(Greedy(false, count.clone()), (None, None), now.mono);
        engine.announce(key, READABLE);
        counts.push(count);
    }
    let (mut all, mut turns) = (0, 0);
    while engine.is_ready() {
        engine.run(&mut poller.host(&mut Big, &now));
        turns += 1;
        let got: Vec<usize> = counts.iter().map(|count| *count.borrow()).collect();
        let sum = got.iter().sum::<usize>();
        assert!(sum - all <= TURN_BYTES_MAX + WRITE_BUDGET, "turn {turns}");
        all = sum;
        let (least, most) = (got.iter().min().unwrap(), got.iter().max().unwrap());
        assert!(
            most - least <= WRITE_BUDGET + 1024,
            "turn {turns}: {least} to {most}"
        );
    }
    assert!(all >= 300 * BIG.len(), "{all} bytes");
    // Nor is a turn shorter than it may be.
    assert!(
        turns <= all / TURN_BYTES_MAX + all / TURN_BYTES_MAX / 2,
        "{turns} turns"
    );
}

/// Asks to be called again at once, as an exchange or as a source, and never does anything.
struct Spinning(Rc<RefCell<usize>>);

impl Exchange for Spinning {
    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        *self.0.borrow_mut() += 1;
        cx.set_deadline(Some(cx.now()));
        Poll::Pending
    }
}

impl BodySource for Spinning {
    fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        *self.0.borrow_mut() += 1;
        Ok(Pull::More)
    }
}

/// Answers by one of the two, and counts the lines that tell of a bug.
struct Spins {
    by_exchange: bool,
    calls: Rc<RefCell<usize>>,
    bugs: usize,
}

impl Handler for Spins {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let spinning = Spinning(self.calls.clone());
        match self.by_exchange {
            true => Reply::exchange(spinning),
            false => Response::new(Status::OK).source(spinning).into(),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        let is_bug = |message: &str| message.starts_with("bug: ");
        self.bugs += usize::from(matches!(entry, Log::Error { message, .. } if is_bug(message)));
    }
}

/// Makes as many turns as are told, and has `check` look at each: at whether the loop may sleep
/// then, the calls so far, the bugs that were told.
fn spin(by_exchange: bool, turns: usize, turn_time: Duration, check: impl Fn(usize, bool, usize)) {
    let poller = Poller::new();
    let mut now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let mut handler = Spins {
        by_exchange,
        calls: Rc::default(),
        bugs: 0,
    };
    let pieces = Pieces::default();
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    pieces.0.borrow_mut().push_back(request);
    let key = engine.insert(pieces, (None, None), now.mono);
    engine.announce(key, READABLE);
    now.mono += Duration::from_micros(100);
    for turn in 1..=turns {
        engine.run(&mut poller.host(&mut handler, &now));
        let is_due = engine.next_deadline().is_none_or(|at| at <= now.mono);
        let calls = *handler.calls.borrow();
        // A source is called once more, for what may join the head.
        assert_eq!(calls, turn + usize::from(!by_exchange), "turn {turn}");
        check(turn, !engine.is_ready() && !is_due, handler.bugs);
        now.mono += turn_time;
    }
}

#[test]
fn a_source_that_says_more_for_ever_and_gives_nothing_does_not_keep_the_loop_awake() {
    let steps_max = usize::from(STEPS_MAX);
    spin(
        false,
        steps_max + 10,
        STEP_PAUSE_TIME * 2,
        |turn, may_sleep, bugs| {
            // Work that is done in steps is not held up.
            assert_eq!(may_sleep, turn > steps_max, "turn {turn}");
            assert_eq!(bugs, usize::from(turn > steps_max), "turn {turn}");
        },
    );
}

#[test]
fn a_deadline_that_has_passed_lets_the_loop_sleep_to_the_next_millisecond() {
    spin(
        true,
        100,
        Duration::from_millis(1),
        |turn, may_sleep, bugs| {
            assert!(may_sleep, "turn {turn}");
            assert_eq!(bugs, 0);
        },
    );
}
