//! A body that is asked for its bytes, and framed while it comes.

use crate::handler::{BodySource, Cause, Cx, Exchange, Pull, Sink};
use crate::http::limits::OUT_BYTES_MAX;
use crate::http::response::{
    CHUNK_BYTES_MAX, CHUNK_END, CHUNK_HEAD_BYTES, Framing, LAST_CHUNK, fill_chunk_head,
};

const _: () = assert!(OUT_BYTES_MAX <= CHUNK_BYTES_MAX + 1);
// What `Sink` promises.
const _: () = assert!(OUT_BYTES_MAX - CHUNK_HEAD_BYTES >= 60 * 1024);

/// A source, or the exchange, and what was announced of it.
pub struct Puller {
    /// `None`: the exchange is asked.
    source: Option<Box<dyn BodySource>>,
    chunked: bool,
    /// Bytes promised and not yet pulled; `None` if nothing was promised.
    left: Option<u64>,
}

impl Puller {
    /// Bytes of a source. In chunks, whatever it has announced does not matter.
    pub fn of_source(source: Box<dyn BodySource>, framing: Framing) -> Puller {
        let chunked = framing == Framing::Chunked;
        let left = if chunked { None } else { source.len() };
        Puller {
            source: Some(source),
            chunked,
            left,
        }
    }

    /// Bytes of the exchange, which has announced so many.
    pub fn of_exchange(left: Option<u64>, framing: Framing) -> Puller {
        Puller {
            source: None,
            chunked: framing == Framing::Chunked,
            left,
        }
    }

    /// Whether only the end of the connection tells its length.
    pub fn ends_with_connection(&self) -> bool {
        !self.chunked && self.left.is_none()
    }

    /// Asks once, and says how many bytes it has put around a chunk.
    ///
    /// # Errors
    /// What the source says, or that it holds more than was announced.
    pub fn pull(
        &mut self,
        buf: &mut Vec<u8>,
        exchange: Option<&mut Box<dyn Exchange>>,
        cx: &mut Cx<'_>,
    ) -> Result<(Pull, u32), Cause> {
        let before = buf.len();
        if self.chunked {
            buf.extend_from_slice(&[0; CHUNK_HEAD_BYTES]);
        }
        let start = buf.len();
        let mut sink = Sink::new(buf, OUT_BYTES_MAX.saturating_sub(start));
        let result = match (&mut self.source, exchange) {
            (Some(source), _) => source.pull(&mut sink, cx),
            (None, Some(exchange)) => exchange.pull(&mut sink, cx),
            (None, None) => return Err(Cause::Forgotten),
        };
        let result = result.map_err(Cause::Source)?;
        let len = buf.len() - start;
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(len as u64).ok_or(Cause::TooLong)?;
        }
        if self.chunked && len == 0 {
            buf.truncate(before);
        } else if self.chunked {
            fill_chunk_head(&mut buf[before..start], len);
            buf.extend_from_slice(CHUNK_END);
        }
        Ok((result, (buf.len() - before).saturating_sub(len) as u32))
    }

    /// It has come to its end; says how many bytes that has taken.
    ///
    /// # Errors
    /// It holds less than was announced.
    pub fn end(&self, buf: &mut Vec<u8>) -> Result<u32, Cause> {
        if self.left.is_some_and(|left| left > 0) {
            return Err(Cause::TooShort);
        }
        if !self.chunked {
            return Ok(0);
        }
        buf.extend_from_slice(LAST_CHUNK);
        Ok(LAST_CHUNK.len() as u32)
    }
}
