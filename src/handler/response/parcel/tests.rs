//! Responses on their way to another thread.

use super::*;
use crate::handler::stream::{BodySource, Pull, Sink};
use crate::handler::{Cx, Exchange};

struct Nothing;

impl BodySource for Nothing {
    fn pull(&mut self, _: &mut Sink<'_>, _: &mut Cx<'_>) -> std::io::Result<Pull> {
        Ok(Pull::Done)
    }
}

impl Exchange for Nothing {}

/// Makes a response on another thread.
fn brought(make: impl FnOnce() -> Response + Send + 'static) -> Response {
    let packed = std::thread::spawn(|| Parcel::pack(make()));
    packed.join().unwrap().expect("it may go").unpack()
}

fn fields(response: &Response) -> Vec<(String, Vec<u8>)> {
    let fields = response.headers();
    fields
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .collect()
}

#[test]
fn an_answer_arrives_as_it_was_made() {
    let make = || {
        let response = Response::new(Status::CREATED).reason("Made").text("a");
        response.header("Location", "/b").close()
    };
    let (made, came) = (make(), brought(make));
    assert_eq!(came.status(), Status::CREATED);
    assert_eq!(came.reason_phrase(), "Made");
    assert_eq!(fields(&came), fields(&made));
    assert_eq!(came.content_type(), made.content_type());
    assert!(came.close);
    assert!(matches!(came.body(), Body::Bytes(bytes) if **bytes == *b"a"));
}

#[test]
fn an_error_keeps_its_failure_its_fields_and_its_page() {
    let failure = Failure::new(Status::METHOD_NOT_ALLOWED).allow("GET");
    let own = failure.clone();
    let came = brought(move || {
        let page = Response::new(Status::OK).bytes(&b"page"[..]);
        Response::error(failure).header("X-A", "1").with_page(page)
    });
    assert_eq!(came.failure(), Some(&own));
    assert_eq!(came.header_value("Allow"), Some(&b"GET"[..]));
    assert_eq!(came.header_value("X-A"), Some(&b"1"[..]));
    let Role::Error(Blame::Paged(paged)) = &came.role else {
        panic!("its page is lost");
    };
    assert!(matches!(paged.1.body(), Body::Bytes(bytes) if **bytes == *b"page"));
}

#[test]
fn what_belongs_to_its_thread_stays_there() {
    let source = Response::new(Status::OK).source(Nothing);
    assert!(Parcel::pack(source).is_none());
    assert!(Parcel::pack(Response::upgrade("echo", Nothing)).is_none());
    assert!(matches!(
        brought(|| Response::reroute("/b")).role,
        Role::Reroute(_)
    ));
    assert!(matches!(
        brought(|| Response::raw(Status::OK)).role,
        Role::Raw
    ));
}
