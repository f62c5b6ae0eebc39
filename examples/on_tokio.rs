//! A server inside of tokio's loop: a task of it answers `/slow`, and another one ticks meanwhile.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{TryRecvError, channel};
use std::task::Poll;
use std::time::Duration;

use sprat::{Builder, Cx, Failure, Handler, Reply, Request, Response, Server, Status, Turn};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{sleep, timeout};

const TICK_TIME: Duration = Duration::from_millis(1);
const SLOW_TIME: Duration = Duration::from_millis(100);

/// Serves until the server is stopped. It blocks nobody else on this thread.
async fn serve<H: Handler>(mut server: Server<H>) -> io::Result<()> {
    let fd = server.as_fd().try_clone_to_owned()?;
    // What tokio has since 1.54 in its place is unsafe, for those who do not own the descriptor.
    #[allow(deprecated)]
    let fd = AsyncFd::with_interest(fd, Interest::READABLE)?;
    loop {
        let wait = match server.turn(Some(Duration::ZERO))? {
            Turn::Stopped => return Ok(()),
            // The others have their turn first.
            Turn::More => {
                tokio::task::yield_now().await;
                continue;
            }
            Turn::Idle(wait) => wait.unwrap_or(Duration::MAX),
        };
        // Until it is readable, or its own next timer. What comes after the readiness is cleared
        // makes it readable again.
        if let Ok(ready) = timeout(wait, fd.readable()).await {
            ready?.clear_ready();
        }
    }
}

/// Answers when a task of tokio has slept.
fn slow(cx: &mut Cx<'_>) -> Reply {
    let (waker, (send, told)) = (cx.waker(), channel());
    tokio::spawn(async move {
        sleep(SLOW_TIME).await;
        let _ = send.send("at last\n");
        let _ = waker.wake();
    });
    Reply::later(move |_| match told.try_recv() {
        Ok(text) => Poll::Ready(Ok(Response::new(Status::OK).text(text))),
        Err(TryRecvError::Empty) => Poll::Pending,
        Err(error) => Poll::Ready(Err(io::Error::other(error))),
    })
}

async fn host(address: String) -> io::Result<()> {
    let ticks = Arc::new(AtomicU64::new(0));
    let count = ticks.clone();
    tokio::spawn(async move {
        loop {
            sleep(TICK_TIME).await;
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    let site = sprat::handler(move |req: &Request<'_>, cx: &mut Cx<'_>| match req.path() {
        "/" => {
            let text = format!("tick {}\n", ticks.load(Ordering::Relaxed));
            Response::new(Status::OK).text(text).into()
        }
        "/slow" => slow(cx),
        _ => Failure::new(Status::NOT_FOUND).into(),
    });
    serve(builder.serve(site)).await
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(host(address))
}
