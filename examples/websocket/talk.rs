//! The exchange of a connection that speaks WebSocket (RFC 6455), and a handle to its peer.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use sprat::{Cx, Exchange, ExchangeWaker, Failure, Pull, Request, Response, Sink, Status};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Bytes, Error, Message};

use crate::wire::Wire;

/// Longest message, in bytes. While so many wait for a peer, none are taken of it.
const BYTES_MAX: usize = 64 * 1024;

/// Past so many bytes nobody else's messages wait for it: its own answers are fewer.
const WAITING_BYTES_MAX: usize = 3 * BYTES_MAX;

/// So many bytes are taken in together.
const PIECE_BYTES: usize = 4096;

/// So often each peer is sent a ping: one that has vanished does not acknowledge it, and is cut.
const PING_TIME: Duration = Duration::from_secs(30);

/// A peer, to whom others may speak as well.
#[derive(Clone)]
pub struct Peer(Rc<RefCell<WebSocket<Wire>>>, ExchangeWaker);

impl Peer {
    /// Sends a message. Who does not read misses what is said meanwhile, and who leaves as well.
    pub fn send(&self, message: Message) {
        let mut socket = self.0.borrow_mut();
        if socket.get_ref().waiting.len() < WAITING_BYTES_MAX && socket.send(message).is_ok() {
            // It fails only if the server's poller does.
            let _ = self.1.wake();
        }
    }

    /// Whether it has left.
    pub fn is_over(&self) -> bool {
        self.1.is_over()
    }

    fn is_full(&self) -> bool {
        self.0.borrow().get_ref().waiting.len() >= BYTES_MAX
    }
}

struct Talk<F> {
    peer: Peer,
    hear: F,
    ended: bool,
}

/// The peer, and the answer that switches; `hear` is called with each text and each binary message.
/// A peer that does not ask for WebSocket is told so by the server.
pub fn talk(
    req: &Request<'_>,
    cx: &mut Cx<'_>,
    hear: impl FnMut(&Peer, Message) + 'static,
) -> (Peer, Response) {
    let mut config = WebSocketConfig::default();
    (config.max_message_size, config.max_frame_size) = (Some(BYTES_MAX), Some(BYTES_MAX));
    let socket = WebSocket::from_raw_socket(Wire::default(), Role::Server, Some(config));
    let peer = Peer(Rc::new(RefCell::new(socket)), cx.waker());
    cx.set_deadline(Some(cx.now() + PING_TIME));
    let exchange = Talk {
        peer: peer.clone(),
        hear,
        ended: false,
    };
    let response = Response::upgrade("websocket", exchange);
    let key = req.header("Sec-WebSocket-Key");
    let is_ours = req.header("Sec-WebSocket-Version") == Some(b"13");
    let response = match key.filter(|_| is_ours) {
        Some(key) => response.header("Sec-WebSocket-Accept", derive_accept_key(key)),
        None if req.asks_for_upgrade("websocket") => bad_handshake(),
        None => response,
    };
    (peer, response)
}

/// The answer to one who speaks another version (RFC 6455 section 4.2.2), or has no key.
fn bad_handshake() -> Response {
    let response = Response::from(Failure::new(Status::BAD_REQUEST));
    response.header("Sec-WebSocket-Version", "13")
}

impl<F: FnMut(&Peer, Message)> Talk<F> {
    /// Takes in some bytes, and what they make whole.
    fn take(&mut self, bytes: &[u8]) {
        self.peer.0.borrow_mut().get_mut().came.extend(bytes);
        let read = self.read();
        let mut socket = self.peer.0.borrow_mut();
        if !matches!(read, Err(Error::Io(_))) {
            // Both have said that they close, or what has come is wrong.
            let _ = socket.close(None);
            self.ended = true;
        }
        let _ = socket.flush();
    }

    fn read(&mut self) -> tungstenite::Result<()> {
        loop {
            let message = self.peer.0.borrow_mut().read()?;
            if message.is_text() || message.is_binary() {
                (self.hear)(&self.peer, message);
            }
        }
    }
}

impl<F: FnMut(&Peer, Message)> Exchange for Talk<F> {
    fn on_body(&mut self, chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
        let mut taken = 0;
        // In pieces, so that what they are answered with is bounded.
        for piece in chunk.chunks(PIECE_BYTES) {
            match self.ended {
                true => {}
                false if self.peer.is_full() => break,
                false => self.take(piece),
            }
            taken += piece.len();
        }
        Ok(taken)
    }

    fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
        self.ended = true;
        Ok(())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.peer.send(Message::Ping(Bytes::new()));
        cx.set_deadline(Some(cx.now() + PING_TIME));
        Ok(())
    }

    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        let mut socket = self.peer.0.borrow_mut();
        if cx.is_draining() {
            let _ = socket.close(None);
        }
        let waiting = &mut socket.get_mut().waiting;
        let put = out.put(waiting.make_contiguous());
        waiting.drain(..put);
        Ok(match waiting.is_empty() {
            true if self.ended => Pull::Done,
            true => Pull::Pending,
            false => Pull::More,
        })
    }
}
