//! How long a request's body is, and whether its connection lives on (RFC 9112 sections 3.2, 6.3
//! and 9.3).

use super::fault::Fault;
use super::head::Head;
use super::limits::Limits;

/// The declared length of a request body (RFC 9112 section 6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyLen {
    /// Neither Content-Length nor Transfer-Encoding, or a length of zero.
    None,
    /// This many bytes.
    Exact(u64),
    /// Chunked.
    Chunked,
}

/// What a head says about its message and its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Framing {
    /// The body's length.
    pub body: BodyLen,
    /// Whether the peer wants the connection to live on.
    pub keep_alive: bool,
    /// Whether the peer waits for `100 Continue`.
    pub expects_continue: bool,
}

/// Decides the framing of a request, and checks its Host.
///
/// # Errors
/// A fault for every framing that is in doubt, and for a Host that is missing or bad.
pub fn decide(head: &Head, buf: &[u8], limits: &Limits) -> Result<Framing, Fault> {
    let _ = (head, buf, limits);
    Err(Fault::HostMissing)
}

/// Reads decimal digits, and nothing but digits; `None` on overflow too. (`str::parse` takes `+`.)
pub fn digits(bytes: &[u8]) -> Option<u64> {
    let _ = bytes;
    None
}
