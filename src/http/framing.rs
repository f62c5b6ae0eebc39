//! How long a request's body is, and whether its connection lives on (RFC 9112 sections 3.2, 6.3
//! and 9.3; Expect: RFC 9110 section 10.1.1).
//!
//! What another server could read differently is refused: that is how requests are smuggled.

use super::fault::Fault;
use super::grammar::{digits, is_token, trim};
use super::head::Head;
use super::headers::Elements;
use super::host::is_host;
use super::limits::Limits;
use super::method::Version;

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
pub struct RequestFraming {
    /// The body's length.
    pub body: BodyLen,
    /// Whether the peer wants the connection to live on.
    pub keep_alive: bool,
    /// Whether it says `Expect: 100-continue`, with a body or without.
    pub expects: bool,
    /// Whether the peer waits for `100 Continue`.
    pub expects_continue: bool,
}

/// The fields that matter here, as one pass over the head finds them.
#[derive(Default)]
struct Seen<'a> {
    host: Option<&'a [u8]>,
    hosts_repeated: bool,
    length: Option<&'a [u8]>,
    lengths_differ: bool,
    coding: Option<&'a [u8]>,
    codings_repeated: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    expects_else: bool,
}

/// Decides the framing of a request, and checks its Host.
///
/// # Errors
/// A fault for every framing that is in doubt, and for a Host that is missing or bad.
pub fn decide(head: &Head, buf: &[u8], limits: &Limits) -> Result<RequestFraming, Fault> {
    let version = head.version();
    let seen = Seen::of(head, buf);
    match seen.host {
        _ if seen.hosts_repeated => return Err(Fault::HostRepeated),
        Some(host) if !is_host(host) => return Err(Fault::HostInvalid),
        None if version == Version::Http11 => return Err(Fault::HostMissing),
        _ => {}
    }
    let body = match (seen.length, seen.coding) {
        (None, None) => BodyLen::None,
        (Some(_), Some(_)) => return Err(Fault::LengthConflict),
        (Some(length), None) => match digits(length) {
            Some(_) if seen.lengths_differ => return Err(Fault::BadLength),
            None => return Err(Fault::BadLength),
            Some(0) => BodyLen::None,
            Some(len) => BodyLen::Exact(len),
        },
        // HTTP/1.0 has no transfer codings: someone on the way may have ignored it.
        (None, Some(_)) if version == Version::Http10 => return Err(Fault::BadTransferCoding),
        (None, Some(coding)) => {
            if seen.codings_repeated || !coding.eq_ignore_ascii_case(b"chunked") {
                let values = head.headers(buf).get_all("Transfer-Encoding");
                return Err(coding_fault(values.flat_map(Elements::new)));
            }
            BodyLen::Chunked
        }
    };
    // A server must ignore Expect from HTTP/1.0 (RFC 9110 section 10.1.1).
    let may_expect = version == Version::Http11;
    if may_expect && seen.expects_else {
        return Err(Fault::ExpectationUnknown);
    }
    if matches!(body, BodyLen::Exact(len) if len > limits.body_bytes_max) {
        return Err(Fault::BodyTooLarge);
    }
    Ok(RequestFraming {
        body,
        keep_alive: !seen.close && (seen.keep_alive || version == Version::Http11),
        expects: may_expect && seen.expects_continue,
        expects_continue: may_expect && seen.expects_continue && body != BodyLen::None,
    })
}

impl<'a> Seen<'a> {
    fn of(head: &'a Head, buf: &'a [u8]) -> Seen<'a> {
        let mut seen = Seen::default();
        for (name, value) in head.headers(buf).raw() {
            // Each of these lengths belongs to one name only, so most fields cost one jump.
            match name.len() {
                4 if name.eq_ignore_ascii_case(b"host") => {
                    seen.hosts_repeated |= seen.host.replace(value).is_some();
                }
                6 if name.eq_ignore_ascii_case(b"expect") => seen.expectations(value),
                10 if name.eq_ignore_ascii_case(b"connection") => seen.options(value),
                14 if name.eq_ignore_ascii_case(b"content-length") => {
                    // Repeats of one value are one value (RFC 9110 section 8.6).
                    let earlier = seen.length.replace(value);
                    seen.lengths_differ |= earlier.is_some_and(|earlier| earlier != value);
                }
                17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                    seen.codings_repeated |= seen.coding.replace(value).is_some();
                }
                _ => {}
            }
        }
        seen
    }

    fn options(&mut self, value: &[u8]) {
        for option in Elements::new(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn expectations(&mut self, value: &[u8]) {
        // Empty elements are none (RFC 9110 section 5.6.1.2).
        for expectation in Elements::new(value).filter(|element| !element.is_empty()) {
            let known = expectation.eq_ignore_ascii_case(b"100-continue");
            self.expects_continue |= known;
            self.expects_else |= !known;
        }
    }
}

/// Why these transfer codings, which are not just `chunked`, are refused (RFC 9112 sections 6.1
/// and 6.3): one that is unknown is 501, unless the body's end is in doubt besides.
fn coding_fault<'a>(codings: impl Iterator<Item = &'a [u8]>) -> Fault {
    let mut chunked = false;
    let mut fault = Fault::BadTransferCoding;
    for coding in codings {
        let name_end = coding
            .iter()
            .position(|&byte| byte == b';')
            .unwrap_or(coding.len());
        let name = trim(&coding[..name_end]);
        // Chunked comes once, last, and has no parameters.
        if chunked || !is_token(name) {
            return Fault::BadTransferCoding;
        }
        chunked = name.eq_ignore_ascii_case(b"chunked");
        if !chunked {
            fault = Fault::TransferCodingUnknown;
        } else if name.len() != coding.len() {
            return Fault::BadTransferCoding;
        }
    }
    fault
}

#[cfg(test)]
mod tests;
