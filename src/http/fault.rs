//! What a peer did wrong, and the status that tells it so (RFC 9110 section 15.5, RFC 9112).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::limits::QUOTED_BYTES_MAX;
use super::status::Status;

/// Why a request cannot be served: the peer's fault, with the status to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum Fault {
    /// Not method, target and version, or a byte that no request line can hold.
    BadRequestLine,
    /// Not `HTTP/` digit `.` digit, or HTTP/0.
    BadVersion,
    /// HTTP/2 and up.
    VersionUnsupported,
    /// A target of no known form, or with a NUL.
    BadTarget,
    TargetTooLong,
    /// A field that is not `name ":" value`, holds NUL or bare CR, or is folded.
    BadField,
    FieldsTooMany,
    HeadTooLarge,
    HostMissing,
    HostRepeated,
    HostInvalid,
    /// A Content-Length that is not one number.
    BadLength,
    /// Content-Length beside Transfer-Encoding.
    LengthConflict,
    /// A transfer coding other than chunked.
    TransferCodingUnknown,
    /// Transfer-Encoding in a way that leaves the body's end in doubt.
    BadTransferCoding,
    /// An Expect other than 100-continue.
    ExpectationUnknown,
    BadChunk,
    TrailersTooLarge,
    BodyTooLarge,
    HeadTimeout,
    BodyTimeout,
    /// The peer ended the stream inside a body.
    BodyTruncated,
}

impl Fault {
    /// The status to answer with.
    pub fn status(self) -> Status {
        match self {
            Fault::BadRequestLine
            | Fault::BadVersion
            | Fault::BadTarget
            | Fault::BadField
            | Fault::HostMissing
            | Fault::HostRepeated
            | Fault::HostInvalid
            | Fault::BadLength
            | Fault::LengthConflict
            | Fault::BadTransferCoding
            | Fault::BadChunk
            | Fault::TrailersTooLarge
            | Fault::BodyTruncated => Status::BAD_REQUEST,
            Fault::HeadTimeout | Fault::BodyTimeout => Status::REQUEST_TIMEOUT,
            Fault::BodyTooLarge => Status::PAYLOAD_TOO_LARGE,
            Fault::TargetTooLong => Status::URI_TOO_LONG,
            Fault::ExpectationUnknown => Status::EXPECTATION_FAILED,
            Fault::FieldsTooMany | Fault::HeadTooLarge => Status::HEADER_FIELDS_TOO_LARGE,
            Fault::TransferCodingUnknown => Status::NOT_IMPLEMENTED,
            Fault::VersionUnsupported => Status::VERSION_NOT_SUPPORTED,
        }
    }

    /// The message for the peer, in Python's words where Python has some; `line` is the request
    /// line as far as it is known.
    ///
    /// It is the reason phrase too, so it holds printable ASCII only.
    pub fn message(self, line: &[u8]) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Fault::BadRequestLine => {
                if let Some(method) = method_of_http09(line) {
                    let method = quoted(method);
                    return Cow::Owned(format!("Bad HTTP/0.9 request type ({method})"));
                }
                return Cow::Owned(format!("Bad request syntax ({})", quoted(line)));
            }
            Fault::BadVersion => {
                let version = quoted(last_word(line));
                return Cow::Owned(format!("Bad request version ({version})"));
            }
            Fault::VersionUnsupported => {
                let version = last_word(line);
                let number = version.strip_prefix(b"HTTP/").unwrap_or(version);
                return Cow::Owned(format!("Invalid HTTP version ({})", escaped(number, None)));
            }
            Fault::BadTarget => "Bad request target",
            Fault::TargetTooLong => "URI Too Long",
            Fault::BadField => "Bad header field",
            Fault::FieldsTooMany => "Too many headers",
            Fault::HeadTooLarge => "Line too long",
            Fault::HostMissing => "Missing Host header",
            Fault::HostRepeated => "More than one Host header",
            Fault::HostInvalid => "Bad Host header",
            Fault::BadLength => "Bad Content-Length",
            Fault::LengthConflict => "Content-Length with Transfer-Encoding",
            Fault::TransferCodingUnknown => "Unsupported transfer coding",
            Fault::BadTransferCoding => "Bad Transfer-Encoding",
            Fault::ExpectationUnknown => "Unsupported expectation",
            Fault::BadChunk => "Bad chunked body",
            Fault::TrailersTooLarge => "Trailers too large",
            Fault::BodyTooLarge => "Request body too large",
            Fault::HeadTimeout | Fault::BodyTimeout => "Request timed out",
            Fault::BodyTruncated => "Request body cut short",
        })
    }

    /// The cause for the log: a few lower-case words.
    pub fn cause(self) -> &'static str {
        match self {
            Fault::BadRequestLine => "not a request line",
            Fault::BadVersion => "not an HTTP version",
            Fault::VersionUnsupported => "not HTTP/1",
            Fault::BadTarget => "not a request target",
            Fault::TargetTooLong => "target too long",
            Fault::BadField => "not a header field",
            Fault::FieldsTooMany => "too many fields",
            Fault::HeadTooLarge => "head too large",
            Fault::HostMissing => "no host",
            Fault::HostRepeated => "several hosts",
            Fault::HostInvalid => "not a host",
            Fault::BadLength => "not one content length",
            Fault::LengthConflict => "content length with transfer encoding",
            Fault::TransferCodingUnknown => "unknown transfer coding",
            Fault::BadTransferCoding => "end of body in doubt",
            Fault::ExpectationUnknown => "unknown expectation",
            Fault::BadChunk => "bad chunk",
            Fault::TrailersTooLarge => "trailers too large",
            Fault::BodyTooLarge => "body too large",
            Fault::HeadTimeout => "head timed out",
            Fault::BodyTimeout => "body timed out",
            Fault::BodyTruncated => "body cut short",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause())
    }
}

impl std::error::Error for Fault {}

/// The last of a request line's words, where its version stands.
fn last_word(line: &[u8]) -> &[u8] {
    line.rsplit(|&byte| byte == b' ').next().unwrap_or(line)
}

/// Peer bytes in quotes as Python's `repr` chooses them: double ones only where that saves escapes.
/// All but plain ASCII is escaped, for messages become reason phrases, and no more is quoted than
/// [`QUOTED_BYTES_MAX`].
pub fn quoted(bytes: &[u8]) -> String {
    let quote = match bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        true => '"',
        false => '\'',
    };
    format!("{quote}{}{quote}", escaped(bytes, Some(quote)))
}

/// Peer bytes as printable ASCII, at most [`QUOTED_BYTES_MAX`] of them.
fn escaped(bytes: &[u8], quote: Option<char>) -> String {
    let bytes = &bytes[..bytes.len().min(QUOTED_BYTES_MAX)];
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        let letter = char::from(byte);
        if letter == '\\' || Some(letter) == quote {
            text.push('\\');
            text.push(letter);
        } else if matches!(byte, b' '..=b'~') {
            text.push(letter);
        } else {
            let _ = write!(text, "\\x{byte:02x}"); // writing to a String cannot fail
        }
    }
    text
}

/// The method of a request of two words, which would be HTTP/0.9 if it were GET.
fn method_of_http09(line: &[u8]) -> Option<&[u8]> {
    let mut words = line
        .split(|&byte| byte == b' ')
        .filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(method), Some(_), None) if method != b"GET" => Some(method),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
