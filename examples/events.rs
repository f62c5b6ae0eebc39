//! Server-sent events: what one says (`POST /say?hello`), all who listen hear. No thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use sprat::{
    BodySource, Builder, Cx, ExchangeWaker, Failure, Handler, Method, Pull, Reply, Request,
    Response, Sink, Status,
};

/// Events that wait for one peer, a count. Who does not read so many loses the oldest.
const WAITING_MAX: usize = 100;

type Queue = RefCell<VecDeque<Rc<str>>>;

#[derive(Default)]
struct Hub {
    listeners: Vec<(Rc<Queue>, ExchangeWaker)>,
}

impl Handler for Hub {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let refused = Failure::new(Status::METHOD_NOT_ALLOWED);
        match (req.method(), req.path()) {
            (Method::Get | Method::Head, "/events") => {
                let queue = Rc::new(Queue::default());
                self.listeners.push((Rc::clone(&queue), cx.waker()));
                let events = Response::new(Status::OK).source(Events(queue));
                events.header("Content-Type", "text/event-stream").into()
            }
            (Method::Post, "/say") => {
                let said = req.query().unwrap_or_default().escape_ascii();
                let event = Rc::from(format!("data: {said}\n\n"));
                self.listeners.retain(|(_, waker)| !waker.is_over());
                for (queue, waker) in &self.listeners {
                    let mut queue = queue.borrow_mut();
                    queue.push_back(Rc::clone(&event));
                    let excess = queue.len().saturating_sub(WAITING_MAX);
                    queue.drain(..excess);
                    // It fails only if the server's poller does.
                    let _ = waker.wake();
                }
                let count = format!("{} listen\n", self.listeners.len());
                Response::new(Status::OK).text(count).into()
            }
            (_, "/events") => refused.allow("GET, HEAD").into(),
            (_, "/say") => refused.allow("POST").into(),
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

struct Events(Rc<Queue>);

impl BodySource for Events {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let mut queue = self.0.borrow_mut();
        while queue.front().is_some_and(|event| event.len() <= out.room()) {
            out.put(queue.pop_front().unwrap_or_default().as_bytes());
        }
        Ok(match queue.front() {
            // Without this it would wait for an event that may be hours away.
            _ if cx.peer_has_ended() || cx.is_draining() => Pull::Done,
            Some(_) => Pull::More,
            None => Pull::Pending,
        })
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Hub::default()).run()
}
