//! Layers over real sockets: a server is not tied to what its listeners take.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use super::net::Shared;
use super::records::{Peer, Records};
use super::tape::Tape;
use crate::handler::{Cx, Handler, Reply, Request, Response};
use crate::http::status::Status;
use crate::server::accept::Listen;
use crate::server::ends::Addrs;
use crate::server::{Builder, Turn};

/// A listener whose connections have layers.
struct Layered<L>(L, Shared<Tape>);

impl<L: Listen> Listen for Layered<L> {
    type Taken = Records<L::Taken>;

    fn accept(&mut self) -> io::Result<(Self::Taken, Addrs)> {
        let (taken, addrs) = self.0.accept()?;
        Ok((Records::new(taken, self.1.clone(), Rc::default()), addrs))
    }

    fn has_waiting(&self) -> bool {
        self.0.has_waiting()
    }

    fn register(
        taken: &mut Self::Taken,
        registry: &mio::Registry,
        token: mio::Token,
    ) -> io::Result<()> {
        L::register(taken.inner_mut(), registry, token)
    }
}

/// Answers with the scheme, and enough bytes for several records.
struct Site;

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let text = req.scheme().name().repeat(BYTES);
        Response::new(Status::OK).text(text).into()
    }
}

const BYTES: usize = 200_000;

#[test]
fn a_server_serves_over_layers_on_real_sockets() {
    let tape = Rc::new(RefCell::new(Tape::from_seed(1)));
    let builder = Builder::bind("127.0.0.1:0").unwrap();
    let addr = builder.local_addrs()[0];
    let mut server = builder.serve_over(Site, |listener| Layered(listener, tape.clone()));
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_nonblocking(true).unwrap();
    let (mut peer, mut text, mut buf) = (Peer::default(), Vec::new(), [0; 4096]);
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    stream.write_all(&peer.mark(request)).unwrap();
    loop {
        let turn = server.turn(Some(Duration::from_millis(10))).unwrap();
        assert_ne!(turn, Turn::Stopped);
        match stream.read(&mut buf) {
            Ok(0) => break,
            Ok(read) if peer.open(&buf[..read], &mut text) > 0 => {
                stream.write_all(&[peer.acknowledgement()]).unwrap();
            }
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }
    assert!(peer.heard_farewell);
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text:.100}");
    let body = text.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), "https".len() * BYTES);
    assert!(body.starts_with("httpshttps"));
}
