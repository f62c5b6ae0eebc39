//! A slow computation on a thread of its own, while everybody else is served:
//! `curl http://127.0.0.1:8000/primes/100000`

use std::io;
use std::sync::mpsc::{TryRecvError, channel};
use std::task::Poll;
use std::thread;

use sprat::{Builder, Cx, Failure, Handler, Reply, Request, Response, Status};

struct Site;

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        let ["primes", below] = req.segments()[..] else {
            return Failure::new(Status::NOT_FOUND).into();
        };
        let Ok(below @ ..1_000_000) = below.parse::<u32>() else {
            return Failure::new(Status::UNPROCESSABLE_CONTENT).into();
        };
        let (waker, (send, result)) = (cx.waker(), channel());
        // A pool with a bounded queue would serve a public server better.
        thread::spawn(move || {
            let count = (2..below).filter(|&n| is_prime(n)).count();
            // If the peer has left, neither is heard, and that is fine.
            let _ = send.send(count);
            let _ = waker.wake();
        });
        Reply::later(move |_| match result.try_recv() {
            Ok(count) => Poll::Ready(Ok(Response::new(Status::OK).text(format!("{count}\n")))),
            Err(TryRecvError::Empty) => Poll::Pending,
            // The thread has panicked: 500, and this in the log.
            Err(error) => Poll::Ready(Err(io::Error::other(error))),
        })
    }
}

fn is_prime(n: u32) -> bool {
    (2..).take_while(|d| d * d <= n).all(|d| n % d != 0)
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Site).run()
}
