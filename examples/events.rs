//! Server-sent events: what one peer says (`POST /say?hello`), all who listen hear. No thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::{Rc, Weak};

use sprat::{
    BodySource, Builder, Cx, ExchangeWaker, Failure, Handler, Method, Pull, Reply, Request,
    Response, Sink, Status,
};

/// Events that wait for one peer, a count. Who does not read so many loses the oldest.
const WAITING_MAX: usize = 100;

type Queue = RefCell<VecDeque<Rc<str>>>;

#[derive(Default)]
struct Hub {
    listeners: Vec<(Weak<Queue>, ExchangeWaker)>,
}

impl Handler for Hub {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match (req.method(), req.path()) {
            (Method::Get, "/events") => {
                let queue = Rc::new(Queue::default());
                self.listeners.push((Rc::downgrade(&queue), cx.waker()));
                let response = Response::new(Status::OK).source(Events(queue));
                response.header("Content-Type", "text/event-stream").into()
            }
            (Method::Post, "/say") => {
                let said = req.query().unwrap_or_default().escape_ascii();
                self.tell(format!("data: {said}\n\n").into());
                let count = format!("{} listen\n", self.listeners.len());
                Response::new(Status::OK).bytes(count.into_bytes()).into()
            }
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

impl Hub {
    fn tell(&mut self, event: Rc<str>) {
        self.listeners.retain(|(queue, waker)| {
            // Whoever has left took its queue along.
            let Some(queue) = queue.upgrade() else {
                return false;
            };
            let mut queue = queue.borrow_mut();
            if queue.len() == WAITING_MAX {
                queue.pop_front();
            }
            queue.push_back(Rc::clone(&event));
            waker.wake().is_ok()
        });
    }
}

struct Events(Rc<Queue>);

impl BodySource for Events {
    fn pull(&mut self, out: &mut Sink<'_>, _: &mut Cx<'_>) -> io::Result<Pull> {
        let mut queue = self.0.borrow_mut();
        while queue.front().is_some_and(|event| event.len() <= out.room()) {
            out.put(queue.pop_front().unwrap_or_default().as_bytes());
        }
        let is_empty = queue.is_empty();
        Ok(if is_empty { Pull::Pending } else { Pull::More })
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address.parse().map_err(std::io::Error::other)?)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Hub::default()).run()
}
