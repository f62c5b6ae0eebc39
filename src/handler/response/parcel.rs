//! Responses that are made on one thread and sent by another.

use std::borrow::Cow;
use std::ops::Range;

use super::{Blame, Fixed, Response, Role};
use crate::handler::body::{Body, Ranged};
use crate::handler::failure::Failure;
use crate::handler::shared::{SharedBytes, SharedFile};
use crate::http::range::Multipart;
use crate::http::response::Field;
use crate::http::status::Status;

/// A response, taken apart into what may go to another thread.
pub struct Parcel {
    status: Status,
    reason: Option<Cow<'static, str>>,
    fields: Vec<Field>,
    content: Content,
    aim: Aim,
    close: bool,
    is_text: bool,
    is_whole_file: bool,
}

/// A [`Body`] that belongs to no thread.
enum Content {
    Empty,
    Bytes(Cow<'static, [u8]>),
    File(SharedFile, Range<u64>),
    Parts(Ranged, Box<Multipart>),
    Held(Option<SharedBytes>, Range<u64>),
    Streamed(Option<u64>),
}

/// A [`Role`] that belongs to no thread.
enum Aim {
    Answer(Option<Fixed>),
    Error(Box<Failure>, Option<Box<Parcel>>),
    Reroute(String),
    Raw,
}

impl Parcel {
    /// Takes a response apart; `None` for one that belongs to its thread: pulled from a source, or
    /// switching to another protocol.
    pub fn pack(mut response: Response) -> Option<Parcel> {
        let content = match response.take_body() {
            Body::Empty => Content::Empty,
            Body::Bytes(bytes) => Content::Bytes(bytes),
            Body::File { file, range } => Content::File(file, range),
            Body::Parts { of, parts } => Content::Parts(of, parts),
            Body::Held { bytes, range } => Content::Held(bytes, range),
            Body::Streamed(len) => Content::Streamed(len),
            Body::Source(_) => return None,
        };
        let fields = response.take_all_fields();
        let aim = match response.role {
            Role::Answer(fixed) => Aim::Answer(fixed),
            Role::Error(Blame::Paged(paged)) => {
                let (failure, page) = *paged;
                Aim::Error(Box::new(failure), Some(Box::new(Parcel::pack(page)?)))
            }
            Role::Error(blame) => Aim::Error(Box::new(blame.into_failure()), None),
            Role::Reroute(target) => Aim::Reroute(*target),
            Role::Raw => Aim::Raw,
            Role::Switch(_) => return None,
        };
        Some(Parcel {
            status: response.status,
            reason: response.reason,
            fields,
            content,
            aim,
            close: response.close,
            is_text: response.is_text,
            is_whole_file: response.is_whole_file,
        })
    }

    /// Has the body come from the exchange that sends it; of so many bytes, if that is known.
    pub fn stream(mut self, len: Option<u64>) -> Parcel {
        self.content = Content::Streamed(len);
        self
    }

    /// Puts the response together again.
    pub fn unpack(self) -> Response {
        let role = match self.aim {
            Aim::Answer(fixed) => Role::Answer(fixed),
            Aim::Error(failure, None) => Role::Error(Blame::Own(failure)),
            Aim::Error(failure, Some(page)) => {
                Role::Error(Blame::Paged(Box::new((*failure, page.unpack()))))
            }
            Aim::Reroute(target) => Role::Reroute(Box::new(target)),
            Aim::Raw => Role::Raw,
        };
        let body = match self.content {
            Content::Empty => Body::Empty,
            Content::Bytes(bytes) => Body::Bytes(bytes),
            Content::File(file, range) => Body::File { file, range },
            Content::Parts(of, parts) => Body::Parts { of, parts },
            Content::Held(bytes, range) => Body::Held { bytes, range },
            Content::Streamed(len) => Body::Streamed(len),
        };
        Response {
            reason: self.reason,
            headers: self.fields,
            body,
            role,
            close: self.close,
            is_text: self.is_text,
            is_whole_file: self.is_whole_file,
            ..Response::new(self.status)
        }
    }
}

#[cfg(test)]
mod tests;
