//! A Prometheus exporter, as the crate `prometheus_exporter` makes them: each request waits until
//! a thread has read numbers from files anew, or the thread does so every so many seconds:
//! `cargo run --example exporter 127.0.0.1:9184 0 /proc/loadavg /proc/uptime`

mod metrics;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError};
use std::task::Poll;
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use metrics::{FILE_NUMBER, Metrics, REQUEST_DURATION, REQUESTS, RESPONSE_SIZE, UPDATES, label};
use sprat::{Builder, Cx, ExchangeWaker, Failure, Handler, Reply, Request, Response, Status};

/// Most requests that wait for the thread, a count; others are answered 503.
const SCRAPES_MAX: usize = 16;

struct Exporter(SyncSender<Scrape>);

/// A request that waits: since when, and how it gets its answer.
struct Scrape(Instant, Sender<String>, ExchangeWaker);

impl Handler for Exporter {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        if req.target() != b"/metrics" {
            let redirect = Response::new(Status::MOVED_PERMANENTLY);
            let redirect = redirect.header("Location", "/metrics");
            return redirect.text("try /metrics for metrics\n").into();
        }
        let (sender, text) = mpsc::channel();
        let scrape = Scrape(Instant::now(), sender, cx.waker());
        if self.0.try_send(scrape).is_err() {
            return Failure::new(Status::SERVICE_UNAVAILABLE).into();
        }
        Reply::later(move |_| match text.try_recv() {
            Ok(text) => {
                let response = Response::new(Status::OK).text(text);
                let format = "text/plain; version=0.0.4";
                Poll::Ready(Ok(response.header("Content-Type", format)))
            }
            Err(TryRecvError::Empty) => Poll::Pending,
            // The thread has panicked.
            Err(error) => Poll::Ready(Err(io::Error::other(error))),
        })
    }
}

/// Answers requests, and updates the metrics: each time, or with a period as often as that.
fn work(scrapes: &Receiver<Scrape>, period: Duration, paths: &[String]) {
    let (mut metrics, mut due) = (Metrics::default(), Instant::now() + period);
    loop {
        let scrape = match period {
            Duration::ZERO => scrapes.recv().map_err(RecvTimeoutError::from),
            _ => scrapes.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        if scrape.is_ok() {
            *metrics.sample(REQUESTS, "") += 1.0;
        }
        if period.is_zero() || Instant::now() >= due {
            update(&mut metrics, paths);
            due = Instant::now() + period;
        }
        match scrape {
            Ok(Scrape(start, sender, waker)) => {
                metrics.observe(REQUEST_DURATION, start.elapsed().as_secs_f64());
                let text = metrics.text();
                *metrics.sample(RESPONSE_SIZE, "") = text.len() as f64;
                // If its peer has left, neither is heard, and that is fine.
                let _ = sender.send(text);
                let _ = waker.wake();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn update(metrics: &mut Metrics, paths: &[String]) {
    for path in paths {
        let text = fs::read_to_string(path).unwrap_or_default();
        let number = text.split_whitespace().next();
        let number = number.and_then(|number| number.parse().ok());
        *metrics.sample(FILE_NUMBER, label("path", path)) = number.unwrap_or(f64::NAN);
    }
    *metrics.sample(UPDATES, "") += 1.0;
}

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let builder = Builder::bind(arguments.next().unwrap_or("127.0.0.1:9184".into()))?;
    println!("http://{}/", builder.local_addrs()[0]);
    let seconds = arguments.next().unwrap_or("0".into()).parse();
    let period = Duration::try_from_secs_f64(seconds.map_err(io::Error::other)?);
    let (period, paths) = (period.map_err(io::Error::other)?, Vec::from_iter(arguments));
    let (sender, scrapes) = mpsc::sync_channel(SCRAPES_MAX);
    thread::spawn(move || work(&scrapes, period, &paths));
    builder.serve(Exporter(sender)).run()
}
