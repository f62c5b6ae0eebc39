//! What a peer did wrong, and the status that tells it so.

use std::borrow::Cow;

use super::status::Status;

/// Why a request cannot be served: the peer's fault, with the status to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Fault {
    /// Not method, target and version, or a byte that no request line can hold.
    BadRequestLine,
    /// Not `HTTP/` digit `.` digit.
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
        let _ = self;
        Status::BAD_REQUEST
    }

    /// The message for the peer, in Python's words where Python has some; `line` is the request
    /// line as far as it is known.
    pub fn message(self, line: &[u8]) -> Cow<'static, str> {
        let _ = line;
        Cow::Borrowed("")
    }

    /// The cause for the log: a few lower-case words.
    pub fn cause(self) -> &'static str {
        ""
    }
}
