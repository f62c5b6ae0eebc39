//! Tests of `handler::timed`.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::ExchangeWaker;
use crate::handler::{Failure, Reply, Request, handler};
use crate::http::status::Status;
use crate::testing::Site;

const SECOND: Duration = Duration::from_secs(1);
const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// What was called, in order.
type Calls = Rc<RefCell<Vec<&'static str>>>;

/// Sets its deadline anew each time it has passed; answers after so many of them.
struct Ticks {
    left: u32,
    every: Duration,
    waker: Option<ExchangeWaker>,
    calls: Calls,
}

impl Ticks {
    fn reply(left: u32, every: Duration, calls: &Calls) -> Reply {
        Reply::exchange(Ticks {
            left,
            every,
            waker: None,
            calls: calls.clone(),
        })
    }
}

impl Exchange for Ticks {
    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        assert_eq!(cx.deadline(), None, "what was told is over");
        self.calls.borrow_mut().push("tick");
        self.left -= 1;
        Ok(())
    }

    fn poll_response(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        self.waker = Some(cx.waker());
        if self.left == 0 {
            return Poll::Ready(Ok(Response::new(Status::OK).text("ticked")));
        }
        if cx.deadline().is_none() {
            cx.set_deadline(Some(cx.now() + self.every));
            assert_eq!(cx.deadline(), Some(cx.now() + self.every));
        }
        Poll::Pending
    }

    fn on_close(&mut self, _: &mut Cx<'_>) {
        self.calls.borrow_mut().push("close");
    }
}

/// The status that each layer of timeouts gives, the innermost first, and when: seconds.
fn outcome(ticks: u32, every: u64, layers: &'static [(u64, Status)]) -> (u16, Duration, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let mut site = Site::new(handler(move |_, _| {
        let reply = Ticks::reply(ticks, Duration::from_secs(every), &seen);
        layers.iter().fold(reply, |reply, &(seconds, status)| {
            reply.timeout(Duration::from_secs(seconds), move |_| Failure::new(status))
        })
    }));
    let peer = site.connect();
    peer.send(GET);
    loop {
        if let Some(answer) = peer.answer() {
            return (answer.status, site.elapsed(), calls);
        }
        assert!(site.elapsed() < 100 * SECOND, "no answer");
        site.pass(SECOND);
    }
}

#[test]
fn the_first_time_that_is_over_answers_and_deadlines_go_on_meanwhile() {
    const INNER: Status = Status::GATEWAY_TIMEOUT;
    const OUTER: Status = Status::SERVICE_UNAVAILABLE;
    type Row = (u32, u64, &'static [(u64, Status)], u16, u64, usize);
    let rows: [Row; 11] = [
        (2, 3, &[], 200, 6, 2),
        (2, 3, &[(10, INNER)], 200, 6, 2),
        (5, 3, &[(10, INNER)], 504, 10, 3),
        (1, 30, &[(10, INNER)], 504, 10, 0),
        (5, 3, &[(10, INNER), (7, OUTER)], 503, 7, 2),
        (5, 3, &[(7, INNER), (10, OUTER)], 504, 7, 2),
        (1, 5, &[(10, INNER), (20, OUTER)], 200, 5, 1),
        (1, 15, &[(10, INNER), (20, OUTER)], 504, 10, 0),
        (1, 15, &[(30, INNER), (20, OUTER)], 200, 15, 1),
        (1, 25, &[(30, INNER), (20, OUTER)], 503, 20, 0),
        // Both at once: the response counts.
        (2, 5, &[(10, INNER)], 200, 10, 2),
    ];
    for (ticks, every, layers, status, seconds, ticked) in rows {
        let (got, elapsed, calls) = outcome(ticks, every, layers);
        assert_eq!(
            (got, elapsed),
            (status, Duration::from_secs(seconds)),
            "{layers:?}"
        );
        let mut want = vec!["tick"; ticked];
        want.push("close");
        assert_eq!(*calls.borrow(), want, "{layers:?}");
    }
}

#[test]
fn what_is_known_in_time_is_not_timed() {
    let mut site = Site::new(handler(|_, _| {
        let known = Reply::from(Response::new(Status::OK).text("known"));
        known.timeout(Duration::ZERO, |_| Failure::new(Status::GATEWAY_TIMEOUT))
    }));
    let answer = site.ask(GET);
    assert_eq!((answer.status, answer.text()), (200, "known".into()));
}

#[test]
fn a_deadline_that_the_handler_has_set_is_its_exchange_s() {
    let mut site = Site::new(handler(|_, cx: &mut Cx<'_>| {
        let due = cx.now() + SECOND;
        cx.set_deadline(Some(due));
        Reply::later(move |cx| {
            assert!(cx.deadline().is_none_or(|at| at == due));
            match cx.now() >= due {
                true => Poll::Ready(Ok(Response::new(Status::OK))),
                false => Poll::Pending,
            }
        })
        .timeout(2 * SECOND, |_| Failure::new(Status::GATEWAY_TIMEOUT))
    }));
    let peer = site.connect();
    peer.send(GET);
    site.pass(SECOND);
    assert_eq!(peer.answer().unwrap().status, 200);
}

#[test]
fn a_body_that_is_collected_too_slowly_gets_the_fallback() {
    let mut site = Site::new(handler(|req: &Request<'_>, _: &mut Cx<'_>| {
        let fallback = |_: &mut Cx<'_>| Response::new(Status::REQUEST_TIMEOUT).text("hurry");
        Reply::collect(req, 100, |_, _| Response::new(Status::OK)).timeout(5 * SECOND, fallback)
    }));
    let peer = site.connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    site.pass(5 * SECOND);
    let answer = peer.answer().unwrap();
    assert_eq!((answer.status, answer.text()), (408, "hurry".into()));
}

#[test]
fn a_handler_can_drain_its_server_and_is_still_heard() {
    let mut site = Site::new(handler(|_, cx: &mut Cx<'_>| {
        cx.handle().drain(SECOND).unwrap();
        Response::new(Status::ACCEPTED)
    }));
    let peer = site.connect();
    peer.send(GET);
    site.settle();
    assert_eq!(peer.answer().unwrap().status, 202);
    site.pass(SECOND);
    assert!(site.is_drained());
}
