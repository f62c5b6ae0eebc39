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
        const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        buf.extend_from_slice(REQUEST);
        Ok(REQUEST.len())
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

/// The same without layers.
#[derive(Clone, Default)]
struct Bare(Pieces);

impl Transport for Bare {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        self.0.read(buf, len)
    }

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        self.0.write(bytes, more)
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.0.close_write()
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// Remembers who was asked, and the number of each request among all of them.
#[derive(Default)]
struct Serials(Vec<(String, u64)>);

impl Handler for Serials {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        self.0.push((req.path().to_owned(), req.serial()));
        Response::new(Status::OK).into()
    }
}

#[test]
fn requests_that_were_all_read_before_the_first_answer_are_numbered_in_a_row() {
    let poller = Poller::new();
    let now = Clock::new().read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let peers: Vec<Bare> = (0..3).map(|_| Bare::default()).collect();
    let add = |peer: &Bare| engine.insert(peer.clone(), (None, None), now.mono);
    let keys: Vec<Key> = peers.iter().map(add).collect();
    let mut handler = Serials::default();
    // What is asked when each sends this: the paths, and how far apart the numbers are.
    let mut turn = |says: &[&str]| -> (String, Vec<u64>) {
        for ((peer, key), words) in peers.iter().zip(&keys).zip(says) {
            peer.0.0.borrow_mut().push_back(words.as_bytes().to_vec());
            engine.announce(*key, READABLE);
        }
        while engine.is_ready() {
            engine.run(&mut poller.host(&mut handler, &now));
        }
        let asked = std::mem::take(&mut handler.0);
        let paths = asked.iter().map(|(path, _)| path.as_str()).collect();
        let apart = asked.windows(2).map(|two| two[1].1 - two[0].1);
        (paths, apart.collect())
    };
    const A: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const B: &str = "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(turn(&[A, B, A]), ("/a/b/a".into(), vec![1, 1]));
    // Pipelined ones, too.
    let two = format!("{A}{B}");
    assert_eq!(turn(&[&two, A]), ("/a/b/a".into(), vec![1, 1]));
    // One of which a part was here before is read when it is driven, after the first answer.
    assert_eq!(turn(&["", "GET /c HTTP/1."]), (String::new(), vec![]));
    let (paths, apart) = turn(&[A, "1\r\nHost: a\r\n\r\n", B]);
    assert_eq!(paths, "/a/c/b");
    assert!(apart[0] > 1, "{apart:?}");
}
