//! How long the loop is held up by the start of a script: the time of every turn that starts one,
//! beside those of the turns that send a small file. `cargo bench --bench script_start [SCRIPTS]`.
//!
//! Figures are wall time, in microseconds: on a busy machine the longest ones are its, not ours.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use mio::unix::SourceFd;
use sprat::{Builder, Cgi, Cx, FileServer, Handler, Reply, Request, Turn};

struct Site {
    cgi: Cgi,
    files: FileServer,
    started: bool,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match self.cgi.serve(req, cx) {
            Some(reply) => {
                self.started = true;
                reply
            }
            None => self.files.handle(req, cx),
        }
    }
}

/// Asks for a script and for a file in turn, so many times.
fn ask(addr: SocketAddr, times: usize) -> io::Result<()> {
    for _ in 0..times {
        for path in ["/cgi-bin/hello", "/small.txt"] {
            let mut stream = TcpStream::connect(addr)?;
            write!(
                stream,
                "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            assert!(
                answer.starts_with(b"HTTP/1.1 200"),
                "{}",
                answer.escape_ascii()
            );
        }
    }
    Ok(())
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_micros();
    println!(
        "{name:12} {:6} turns: p50 {} p90 {} p99 {} max {} us",
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}

fn main() -> io::Result<()> {
    // Cargo passes `--bench`.
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let scripts = words
        .next_back()
        .map_or(1000, |word| word.parse().expect("a count"));
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    fs::create_dir(folder.path().join("cgi-bin"))?;
    fs::write(folder.path().join("small.txt"), [b'x'; 1024])?;
    let script = folder.path().join("cgi-bin/hello");
    fs::write(
        &script,
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello\\n'\n",
    )?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let site = Site {
        cgi: Cgi::builder(folder.path()).build()?,
        files: FileServer::builder(folder.path()).open()?,
        started: false,
    };
    let builder = Builder::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let addr = builder.local_addrs()[0];
    let handle = builder.handle();
    let mut server = builder.serve(site);
    let client = thread::spawn(move || {
        let asked = ask(addr, scripts);
        handle.drain(Duration::ZERO).and(asked)
    });
    let (mut starts, mut others) = (Vec::new(), Vec::new());
    // The wait is not a part of the turn.
    let mut poll = mio::Poll::new()?;
    let fd = server.as_fd().as_raw_fd();
    let source = &mut SourceFd(&fd);
    poll.registry()
        .register(source, mio::Token(0), mio::Interest::READABLE)?;
    let mut events = mio::Events::with_capacity(1);
    let mut wait = Some(Duration::ZERO);
    loop {
        poll.poll(&mut events, wait)?;
        let begun = Instant::now();
        let turn = server.turn(Some(Duration::ZERO))?;
        let took = begun.elapsed();
        if std::mem::take(&mut server.handler_mut().started) {
            starts.push(took);
        } else {
            others.push(took);
        }
        wait = match turn {
            Turn::More => Some(Duration::ZERO),
            Turn::Idle(wait) => wait,
            Turn::Stopped => break,
        };
    }
    client.join().expect("the client")?;
    report("script start", starts);
    report("others", others);
    Ok(())
}
