//! The formats of a log.

/// How the lines of a log look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum LogFormat {
    /// Python's: a line when the status is known, see [`append_line`](super::append_line).
    #[default]
    Python,
    /// Apache's `common`: `%h %l %u %t "%r" %>s %b`, a line when the response is over. The bytes
    /// are those of the body that were sent. Errors have lines of their own, with their message
    /// in place of what follows the time.
    Common,
    /// Apache's `combined`: the same, with `"%{Referer}i" "%{User-agent}i"`.
    Combined,
    /// A JSON object a line, when the response is over, with the members `time` (RFC 3339, in UTC,
    /// with microseconds), `peer`, `method`, `target`, `version`, `status`, `bytes` (of the body
    /// that were sent), `taken` (of the request's body, by who reads it), `ttfb_us` and
    /// `duration_us` (from the end of the request's head), `end` (`complete` or `cut`), `cause`,
    /// `host`, `referer`, `agent`, `scheme`, `conn` and `req` (the numbers of the connection, and
    /// of the request on it). What is not known is `null`. Of a connection that was
    /// [switched](crate::Response::upgrade) the bytes of both ways after that are in `bytes` and
    /// `taken`. Errors and dropped lines are objects with `time`, `level` and `message`.
    Json,
}
