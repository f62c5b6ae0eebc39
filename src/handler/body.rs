//! Where the bytes of a response come from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::shared::SharedFile;
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
    /// Several ranges of a file as `multipart/byteranges` (RFC 9110 section 14.6): made by
    /// [`FileServer::send`](crate::FileServer::send) alone.
    #[doc(hidden)]
    Parts {
        /// The open file.
        file: SharedFile,
        /// Ranges, part heads and the total length.
        parts: Box<Multipart>,
    },
    /// A range of a file that is held in memory: made by
    /// [`FileServer`](crate::FileServer) alone.
    #[doc(hidden)]
    Held {
        /// The whole file; `None` where only the length counts, as for HEAD.
        bytes: Option<Arc<[u8]>>,
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
