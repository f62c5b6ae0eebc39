//! What went wrong with a request.

use std::borrow::Cow;
use std::fmt;

use crate::http::status::Status;

/// What went wrong, for the page and for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The status to answer with.
    pub status: Status,
    /// One phrase: the reason phrase of the status line and the page's message.
    pub message: Cow<'static, str>,
    /// A sentence for the page; safe to show to a peer.
    pub explain: Cow<'static, str>,
    /// Why, for the log only: never sent.
    pub cause: Cow<'static, str>,
    /// The methods that there are, for the field `Allow`; none leaves it out.
    pub allow: Cow<'static, str>,
}

impl Failure {
    /// A failure with the status's own phrase and explanation.
    pub fn new(status: Status) -> Failure {
        Failure {
            status,
            message: status.reason().into(),
            explain: status.explain().into(),
            cause: "".into(),
            allow: "".into(),
        }
    }

    /// Sets the message.
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Failure {
        self.message = message.into();
        self
    }

    /// Sets the explanation.
    pub fn explain(mut self, explain: impl Into<Cow<'static, str>>) -> Failure {
        self.explain = explain.into();
        self
    }

    /// Sets the cause, which only the log shows.
    pub fn cause(mut self, cause: impl Into<Cow<'static, str>>) -> Failure {
        self.cause = cause.into();
        self
    }

    /// Names the methods that there are: an answer 405 must (RFC 9110 section 15.5.6).
    ///
    /// ```
    /// # use sprat::{Failure, Response, Status};
    /// let failure = Failure::new(Status::METHOD_NOT_ALLOWED).allow("GET, HEAD");
    /// let answer = Response::error(failure);
    /// assert_eq!(answer.header_value("Allow"), Some(&b"GET, HEAD"[..]));
    /// ```
    pub fn allow(mut self, methods: impl Into<Cow<'static, str>>) -> Failure {
        self.allow = methods.into();
        self
    }
}

/// Status, message and cause: for a log, and not for a peer.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.code(), self.message)?;
        match &*self.cause {
            "" => Ok(()),
            cause => write!(f, " ({cause})"),
        }
    }
}

impl std::error::Error for Failure {}
