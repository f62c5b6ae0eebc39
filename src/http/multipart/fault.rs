//! What is wrong with a form, and what its sender is told.

use crate::http::status::Status;

/// Why a form cannot be read: the peer's fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormFault {
    /// Not `multipart/form-data`.
    NoForm,
    /// A boundary that is missing, repeated, too long, or holds what none can.
    BadBoundary,
    /// A line that begins with the boundary and goes on in another way than a delimiter.
    BadDelimiter,
    /// A part's head that is not of fields, each on a line with CRLF.
    BadHead,
    HeadTooLarge,
    FieldsTooMany,
    /// A part without `Content-Disposition: form-data` and one name.
    NoName,
    /// A transfer encoding that changes the bytes.
    Encoded,
    PartsTooMany,
    /// The body has ended before the form did.
    Truncated,
}

impl FormFault {
    /// The status to answer with.
    pub fn status(self) -> Status {
        match self {
            FormFault::NoForm | FormFault::Encoded => Status::UNSUPPORTED_MEDIA_TYPE,
            FormFault::HeadTooLarge | FormFault::FieldsTooMany | FormFault::PartsTooMany => {
                Status::PAYLOAD_TOO_LARGE
            }
            FormFault::BadBoundary
            | FormFault::BadDelimiter
            | FormFault::BadHead
            | FormFault::NoName
            | FormFault::Truncated => Status::BAD_REQUEST,
        }
    }

    /// A sentence for whoever has sent it.
    pub fn explain(self) -> &'static str {
        match self {
            FormFault::NoForm => "The body must be multipart/form-data.",
            FormFault::BadBoundary => "The form has no valid boundary.",
            FormFault::BadDelimiter => "A boundary in the form is not the whole of its line.",
            FormFault::BadHead => "The head of a part of the form is malformed.",
            FormFault::HeadTooLarge => "The head of a part of the form is too long.",
            FormFault::FieldsTooMany => "The head of a part of the form has too many fields.",
            FormFault::NoName => "A part of the form has no name.",
            FormFault::Encoded => "A part of the form has a transfer encoding.",
            FormFault::PartsTooMany => "The form has too many parts.",
            FormFault::Truncated => "The form has no end.",
        }
    }
}
