//! Listings of one's own, of directories that take their time.

use std::fs::{self, File};

use sprat::testing::{Peer, Site};
use sprat::{Cx, DirectoryEntry, Failure, FileServer, Request, Response, Status};
use tempfile::TempDir;

/// How many entries the large directory has: more than are looked at before a page is left to other
/// turns, a count.
const LARGE: usize = 4000;

const GET_LARGE: &str = "GET /mounted/large/?x HTTP/1.1\r\nHost: h\r\n\r\n";

/// What was asked for, and a name in each line.
fn page(req: &Request<'_>, entries: Vec<DirectoryEntry>) -> Response {
    let query = String::from_utf8_lossy(req.query().unwrap_or_default());
    let names = entries.iter().map(|entry| entry.name_in_html() + "\n");
    let names: String = names.collect();
    Response::new(Status::OK).text(format!("{} {query}\n{names}", req.path()))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap()
}

#[test]
fn a_large_directory_is_read_in_turns_and_its_page_knows_the_request() {
    let dir = TempDir::new().unwrap();
    for name in ["large", "small"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    for number in 0..LARGE {
        File::create(dir.path().join(format!("large/{number}"))).unwrap();
    }
    File::create(dir.path().join("small/one")).unwrap();
    let files = FileServer::builder(dir.path()).listing_page(page);
    let files = files
        .listings_max(1, 0)
        .header("X-All", "1")
        .open()
        .unwrap();
    let mut site = Site::new(sprat::handler(move |req: &Request<'_>, cx: &mut Cx<'_>| {
        let below = req.below("/mounted", |req| files.serve(req, cx));
        below
            .flatten()
            .unwrap_or_else(|| Failure::new(Status::GONE).into())
    }));
    let peers: [Peer; 3] = [(); 3].map(|()| site.connect());
    peers[0].send(GET_LARGE);
    peers[1].send(GET_LARGE);
    peers[2].send("GET /mounted/small/ HTTP/1.1\r\nHost: h\r\n\r\n");
    site.settle();
    let [one, other, small] = peers.map(|peer| peer.answer().unwrap());
    assert_eq!(first_line(&one.text()), "/large/ x");
    assert_eq!(one.text().lines().count(), 1 + LARGE);
    assert_eq!(one.header("X-All"), Some("1"));
    // There is one place, and what is small needs none.
    assert_eq!(
        (other.status, other.header("Retry-After")),
        (503, Some("1"))
    );
    assert_eq!(small.text(), "/small/ \none\n");
    // The place is free again, also after a peer that has left.
    let gone = site.connect();
    gone.send(GET_LARGE);
    gone.cut();
    site.settle();
    assert_eq!(site.ask(GET_LARGE).status, 200);
}
