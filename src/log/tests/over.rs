//! Records of requests that are over, for the tests of the formats that have a line for them.

use std::time::{Duration, Instant};

use crate::handler::{Cause, End, Origin, Record};
use crate::http::head::Head;
use crate::http::headers::Headers;
use crate::http::limits::Limits;
use crate::http::scheme::Scheme;
use crate::http::status::Status;

/// What is over, and how.
pub struct Over<'a> {
    pub peer: Option<&'a str>,
    /// The request's head, or what came instead of one.
    pub head: &'a [u8],
    pub status: Option<u16>,
    pub body_bytes: u64,
    pub cause: Option<&'a Cause>,
}

impl Over<'_> {
    /// Gives its record to `show`: the second request of connection 7, over after 1.5 ms.
    pub fn show<R>(&self, show: impl FnOnce(Record<'_>) -> R) -> R {
        let head = Head::parse(self.head, &Limits::default()).ok();
        let none = Headers {
            buf: &[],
            fields: &[],
        };
        let began = Instant::now();
        show(Record {
            origin: Origin {
                peer: self.peer.map(|peer| peer.parse().unwrap()),
                scheme: Scheme::Http,
                connection: 7,
                request: 2,
            },
            request_line: match &head {
                Some(head) => head.request_line(self.head),
                None => self.head,
            },
            fields: (head.as_ref()).map_or(none, |head| head.headers(self.head)),
            status: self.status.map(|code| Status::new(code).unwrap()),
            framing_bytes: 100,
            bytes_sent: self.status.map_or(0, |_| self.body_bytes + 100),
            bytes_taken: self.status.map_or(0, |_| 30),
            began,
            first_byte: self.status.map(|_| began + Duration::from_micros(250)),
            over: began + Duration::from_micros(1500),
            end: self.cause.map_or(End::Complete, End::Cut),
        })
    }
}
