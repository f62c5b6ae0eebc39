//! How a request ended: its record for the log, and why a connection was cut.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::stream::Told;
use crate::http::fault::Fault;
use crate::http::headers::Headers;
use crate::http::scheme::Scheme;
use crate::http::status::Status;

/// How a response ended.
#[derive(Debug)]
pub enum End<'a> {
    /// All of it was given to the system, or queued behind responses that are.
    Complete,
    /// The connection was closed before.
    Cut(&'a Cause),
}

/// Why a connection was closed before its response was complete.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The peer has reset the connection, or cannot be reached.
    PeerGone(io::Error),
    /// The peer took none of the response for this time,
    /// [`Limits::stall_time`](crate::Limits::stall_time).
    PeerStalled(Duration),
    /// The peer took fewer bytes a second of the response than this,
    /// [`Limits::response_rate_min`](crate::Limits::response_rate_min).
    PeerSlow(u64),
    /// The peer sent none of its body for too long, or too slowly, while it was being answered.
    BodyStalled,
    /// The peer ended its stream inside its body, while it was being answered.
    BodyTruncated,
    /// What the peer sent of its body is wrong or too much, while it was being answered.
    BodyRefused(Fault),
    /// After a [switch](crate::Response::upgrade) to another protocol nothing was sent or received
    /// for this time, [`Limits::stall_time`](crate::Limits::stall_time), and the exchange had no
    /// deadline set.
    Idle(Duration),
    /// The source of the body, or the exchange, gave an error.
    Source(io::Error),
    /// The body is shorter than it was announced.
    TooShort,
    /// The body is longer than it was announced.
    TooLong,
    /// The file that is sent has become shorter, or was changed in place.
    FileChanged,
    /// The file that is sent cannot be read.
    File(io::Error),
    /// Nothing is left that could wake the exchange or the source.
    Forgotten,
    /// The handler, the exchange or the source has panicked.
    Panicked,
    /// The grace of a drain is over, or the server was dropped.
    Drained,
    /// Others wait for a connection, and there may be no more of them.
    Shed,
    /// Memory was needed for others.
    Memory,
}

impl Cause {
    /// Whether it needs no line in the log: a peer may leave as it likes, and what is wrong with a
    /// handler or its source may be in the log already.
    pub(crate) fn is_told(&self) -> bool {
        match self {
            Cause::PeerGone(_) | Cause::Forgotten | Cause::Panicked => true,
            Cause::Source(error) => error.get_ref().is_some_and(|inner| inner.is::<Told>()),
            _ => false,
        }
    }
}

/// Seconds, with as many decimals as it takes. (std prints an `f64` so, with 15 KB of code.)
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:09}", self.0.subsec_nanos());
        match part.trim_end_matches('0') {
            "" => write!(f, "{}", self.0.as_secs()),
            part => write!(f, "{}.{part}", self.0.as_secs()),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = |f: &mut fmt::Formatter<'_>, fault: &Fault| {
            write!(f, "request body: {}", fault.cause())
        };
        match self {
            Cause::PeerGone(error) => write!(f, "its peer has gone: {error}"),
            Cause::PeerStalled(time) => {
                write!(f, "its peer took nothing for {} s", Seconds(*time))
            }
            Cause::PeerSlow(least) => {
                write!(f, "its peer took less than {least} bytes a second")
            }
            Cause::Idle(time) => write!(f, "nothing was sent or received for {} s", Seconds(*time)),
            Cause::BodyStalled => body(f, &Fault::BodyTimeout),
            Cause::BodyTruncated => body(f, &Fault::BodyTruncated),
            Cause::BodyRefused(fault) => body(f, fault),
            Cause::Source(error) => write!(f, "source: {error}"),
            Cause::TooShort => f.write_str("its body is shorter than announced"),
            Cause::TooLong => f.write_str("its body is longer than announced"),
            Cause::FileChanged => f.write_str("the file was changed or cut short meanwhile"),
            Cause::File(error) => write!(f, "file: {error}"),
            Cause::Forgotten => f.write_str("bug: nothing is left that could wake its source"),
            Cause::Panicked => f.write_str("bug: it has panicked"),
            Cause::Drained => f.write_str("the server ends"),
            Cause::Shed => f.write_str("others wait for a connection"),
            Cause::Memory => f.write_str("memory is needed for others"),
        }
    }
}

/// One request, when it is over: the access record of a log with sizes, times and causes.
///
/// ```
/// use sprat::{End, Log, Record};
///
/// /// A line of the combined log format, with the time in all and how it ended.
/// fn line(record: &Record<'_>) -> String {
///     let text = |bytes: Option<&[u8]>| match bytes {
///         Some(bytes) => bytes.escape_ascii().to_string(),
///         None => "-".into(),
///     };
///     let peer = record.peer().map_or("-".into(), |peer| peer.ip().to_string());
///     let status = record.status().map_or(0, |status| status.code());
///     let end = match record.end() {
///         End::Complete => "complete".into(),
///         End::Cut(cause) => format!("cut: {cause}"),
///     };
///     format!(
///         "{peer} \"{}\" {status} {} \"{}\" \"{}\" {:?} {end}",
///         text(Some(record.request_line())),
///         record.body_bytes_sent(),
///         text(record.referer()),
///         text(record.user_agent()),
///         record.over_after(),
///     )
/// }
///
/// # struct Site;
/// # impl sprat::Handler for Site {
/// #     fn handle(&mut self, _: &sprat::Request<'_>, _: &mut sprat::Cx<'_>) -> sprat::Reply {
/// #         sprat::Response::new(sprat::Status::OK).into()
/// #     }
/// fn log(&mut self, entry: Log<'_>) {
///     if let Log::Over(record) = entry {
///         println!("{}", line(&record));
///     }
/// }
/// # }
/// ```
pub struct Record<'a> {
    pub(crate) origin: Origin,
    pub(crate) request_line: &'a [u8],
    pub(crate) fields: Headers<'a>,
    pub(crate) status: Option<Status>,
    /// Of the head, and around the chunks of the body.
    pub(crate) framing_bytes: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_taken: u64,
    pub(crate) began: Instant,
    pub(crate) first_byte: Option<Instant>,
    pub(crate) over: Instant,
    pub(crate) end: End<'a>,
}

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub peer: Option<SocketAddr>,
    pub scheme: Scheme,
    pub connection: u32,
    pub request: u32,
}

impl<'a> Record<'a> {
    /// Who asked, as [`Request::peer`](crate::Request::peer) has it.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.origin.peer
    }

    /// How it came, as [`Request::scheme`](crate::Request::scheme) has it.
    pub fn scheme(&self) -> Scheme {
        self.origin.scheme
    }

    /// The number of its connection, in the order in which the server has taken them, from 1 on;
    /// after 4,294,967,295 come 0 and 1.
    pub fn connection(&self) -> u32 {
        self.origin.connection
    }

    /// Its number among the requests of its connection, from 1 on.
    pub fn request(&self) -> u32 {
        self.origin.request
    }

    /// The first line of the request; empty if it was too long to keep.
    pub fn request_line(&self) -> &'a [u8] {
        self.request_line
    }

    /// A field of the request, in any case of letters; of a head with a fault there are none.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.fields.get(name)
    }

    /// The `Host` field of the request.
    pub fn host(&self) -> Option<&'a [u8]> {
        self.header("Host")
    }

    /// The page that led here, as the peer says (`Referer`).
    pub fn referer(&self) -> Option<&'a [u8]> {
        self.header("Referer")
    }

    /// The peer's program, as the peer says (`User-Agent`).
    pub fn user_agent(&self) -> Option<&'a [u8]> {
        self.header("User-Agent")
    }

    /// The status that was sent; `None` if the request ended before one was known.
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// Bytes of the response that were given to the system, its head and framing included.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    /// Bytes of its body among them: without the head and the framing of chunks, of which a cut
    /// response may have had a few less (`%b` of the common log formats).
    pub fn body_bytes_sent(&self) -> u64 {
        self.bytes_sent.saturating_sub(self.framing_bytes)
    }

    /// Bytes that its exchange has taken: of the request's body, without the framing of chunks, and
    /// of what came after a [switch](crate::Response::upgrade) to another protocol. What is skipped
    /// of a body that nobody reads does not count.
    pub fn bytes_taken(&self) -> u64 {
        self.bytes_taken
    }

    /// From the end of the request's head to the first byte that was given to the system.
    pub fn first_byte_after(&self) -> Option<Duration> {
        let at = self.first_byte?;
        Some(at.saturating_duration_since(self.began))
    }

    /// From the end of the request's head to the end of the response.
    pub fn over_after(&self) -> Duration {
        self.over.saturating_duration_since(self.began)
    }

    /// How it ended.
    pub fn end(&self) -> &End<'a> {
        &self.end
    }
}

#[cfg(test)]
mod tests;
