//! WebSocket: what comes to /echo goes back, what comes to /room goes to all who are there.
//! Pages of other sites are refused.

mod talk;
mod wire;

use std::cell::RefCell;
use std::rc::Rc;

use sprat::{Builder, Cx, Failure, Handler, Method, Reply, Request, Response, Status};
use talk::{Peer, talk};

/// Those who are in the room, and some who have left.
type Room = Rc<RefCell<Vec<Peer>>>;

#[derive(Default)]
struct Site {
    room: Room,
}

impl Handler for Site {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match (req.method(), req.path()) {
            (Method::Get | Method::Head, "/") => {
                let page = Response::new(Status::OK).bytes(&include_bytes!("page.html")[..]);
                page.header("Content-Type", "text/html").into()
            }
            (Method::Get, "/echo" | "/room") if !is_own_page(req) => {
                Failure::new(Status::FORBIDDEN)
                    .cause("a page of another site")
                    .into()
            }
            (Method::Get, "/echo") => talk(req, cx, |peer, message| peer.send(message)).1.into(),
            (Method::Get, "/room") => {
                let room = Rc::clone(&self.room);
                let (peer, response) = talk(req, cx, move |_, message| {
                    room.borrow_mut().retain(|peer| !peer.is_over());
                    for peer in &*room.borrow() {
                        peer.send(message.clone());
                    }
                });
                let mut room = self.room.borrow_mut();
                room.retain(|peer| !peer.is_over());
                room.push(peer);
                response.into()
            }
            (_, "/" | "/echo" | "/room") => {
                let failure = Failure::new(Status::METHOD_NOT_ALLOWED);
                Response::error(failure).header("Allow", "GET").into()
            }
            _ => Failure::new(Status::NOT_FOUND).into(),
        }
    }
}

/// Whether no page of another site asks. A browser lets any page open a WebSocket to any site, with
/// that site's cookies, and says whose page it is (RFC 6455 section 10.2); other programs need not.
fn is_own_page(req: &Request<'_>) -> bool {
    let Some(origin) = req.header("Origin") else {
        return true;
    };
    let origin = origin.to_ascii_lowercase();
    let schemes = [&b"http://"[..], b"https://"];
    let host = schemes
        .iter()
        .find_map(|scheme| origin.strip_prefix(*scheme));
    // Behind a proxy that ends TLS the scheme may be another one; the host and its port are not.
    host.is_some_and(|host| req.host().is_some_and(|own| own.eq_ignore_ascii_case(host)))
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let builder = Builder::bind(address)?;
    println!("http://{}/", builder.local_addrs()[0]);
    builder.serve(Site::default()).run()
}
