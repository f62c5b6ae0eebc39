//! Where the bytes of a response come from.

use std::borrow::Cow;
use std::ops::Range;

use super::shared::{SharedBytes, SharedFile};
use super::stream::BodySource;
use crate::http::range::Multipart;

/// Where response bytes come from.
#[non_exhaustive]
pub enum Body {
    /// No bytes: `Content-Length: 0` where the status allows a body.
    Empty,
    /// Bytes in memory.
    Bytes(Cow<'static, [u8]>),
    /// A range of an open regular file.
    File {
        /// The open file; it is read with `pread` or `sendfile`, its position does not matter.
        file: SharedFile,
        /// The byte range to send, which must lie within the file.
        range: Range<u64>,
    },
    /// Several ranges of one thing as `multipart/byteranges` (RFC 9110 section 14.6): made by
    /// [`FileServer::send`](crate::FileServer::send) and [`Asset::send`](crate::Asset::send) alone.
    #[doc(hidden)]
    Parts {
        /// What they are ranges of.
        of: Ranged,
        /// Ranges, part heads and the total length.
        parts: Box<Multipart>,
    },
    /// A range of what is in memory, and shared by responses: made by
    /// [`FileServer`](crate::FileServer) and [`Asset`](crate::Asset) alone.
    #[doc(hidden)]
    Held {
        /// All of it; `None` where only the length counts, as for HEAD.
        bytes: Option<SharedBytes>,
        /// The range of it to send.
        range: Range<u64>,
    },
    /// A stream that is pulled while the peer reads.
    Source(Box<dyn BodySource>),
    /// From the exchange that made this response: its `pull` is asked. `Some` = exact length. In a
    /// response that no exchange made, it is answered 500.
    Streamed(Option<u64>),
}

impl From<()> for Body {
    fn from(_: ()) -> Body {
        Body::Empty
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body::Bytes(bytes.into())
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Body {
        Body::Bytes(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        text.into_bytes().into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Body {
        text.as_bytes().into()
    }
}

/// What ranges are taken of.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Ranged {
    /// An open regular file.
    File(SharedFile),
    /// Bytes in memory.
    Held(SharedBytes),
}
