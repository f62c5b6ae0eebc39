//! Forms with files, read while they arrive.

use std::io;
use std::task::Poll;

use super::cx::Cx;
use super::exchange::Exchange;
use super::failure::Failure;
use super::request::Request;
use super::response::Response;
use crate::http::multipart::{FormEvent, FormFault, Parser};

/// A form with files as it arrives, for an [`Exchange`] of one's own: one that writes elsewhere,
/// and must make its peer wait; or for a thread that reads a body (feature `blocking`). For all
/// others there is [`Reply::form`](crate::Reply::form).
///
/// It is `multipart/form-data` (RFC 7578, RFC 2046 section 5.1) by the letter: a body that others
/// might read in another way is refused. Of the form only the head of one part is held, up to
/// [`FORM_HEAD_BYTES_MAX`](crate::limits::FORM_HEAD_BYTES_MAX) with
/// [`FORM_FIELDS_MAX`](crate::limits::FORM_FIELDS_MAX) fields; there are no files. A form has up to
/// [`FORM_PARTS_MAX`](crate::limits::FORM_PARTS_MAX) parts, and as many bytes as
/// [`Limits::body_bytes_max`](crate::Limits::body_bytes_max) lets a body have.
///
/// ```
/// use std::{io, task::Poll};
/// use sprat::{Cx, Exchange, Failure, FormEvent, MultipartForm, Response, Status};
///
/// /// Counts the bytes of the parts.
/// struct Count {
///     form: MultipartForm,
///     bytes: usize,
///     answer: Option<Response>,
/// }
///
/// impl Exchange for Count {
///     fn on_body(&mut self, mut chunk: &[u8], _: &mut Cx<'_>) -> io::Result<usize> {
///         let offered = chunk.len();
///         loop {
///             match self.form.next_event(&mut chunk) {
///                 Ok(Some(FormEvent::Data(data))) => self.bytes += data.len(),
///                 Ok(Some(_)) => {}
///                 // All of it is used up.
///                 Ok(None) => break,
///                 Err(failure) => {
///                     self.answer = Some(Response::error(failure));
///                     break;
///                 }
///             }
///         }
///         Ok(offered - chunk.len())
///     }
///
///     fn on_body_end(&mut self, _: &mut Cx<'_>) -> io::Result<()> {
///         self.answer = Some(match self.form.finish() {
///             Ok(_) => Response::new(Status::OK).text(self.bytes.to_string()),
///             Err(failure) => Response::error(failure),
///         });
///         Ok(())
///     }
///
///     fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
///         self.answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
///     }
/// }
///
/// # use sprat::{Reply, testing::Site};
/// let mut site = Site::new(sprat::handler(|req, _| match MultipartForm::for_request(req) {
///     Ok(form) => Reply::exchange(Count { form, bytes: 0, answer: None }),
///     Err(failure) => failure.into(),
/// }));
/// # let body = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n12345\r\n--b--\r\n";
/// # let answer = site.ask(format!(
/// #     "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n\
/// #      Content-Length: {}\r\n\r\n{body}", body.len(),
/// # ));
/// # assert_eq!(answer.text(), "5");
/// ```
pub struct MultipartForm {
    parser: Parser,
}

impl MultipartForm {
    /// The form that this request has.
    ///
    /// # Errors
    /// 415 if it has none, 400 without a valid boundary.
    pub fn for_request(req: &Request<'_>) -> Result<MultipartForm, Failure> {
        let mut types = req.headers().get_all("Content-Type");
        let content_type = types.next().unwrap_or_default();
        // Others might take another one.
        if types.next().is_some() {
            return Err(failure(FormFault::BadBoundary));
        }
        let parser = Parser::new(content_type).map_err(failure)?;
        Ok(MultipartForm { parser })
    }

    /// The next event of these bytes of the body, which are taken off the front of `bytes`. `None`
    /// when they are used up. Whoever stops before has the rest offered again: see
    /// [`Exchange::on_body`].
    ///
    /// # Errors
    /// 400 where the grammar is broken, 413 past a limit, 415 for a part that is encoded. It stays
    /// so.
    pub fn next_event<'e, 'i: 'e>(
        &'e mut self,
        bytes: &mut &'i [u8],
    ) -> Result<Option<FormEvent<'e>>, Failure> {
        self.parser.next(bytes).map_err(failure)
    }

    /// The last event, [`FormEvent::End`], when the body has ended.
    ///
    /// # Errors
    /// 400 if the form has not, as if its sender was cut off; or what was wrong before.
    pub fn finish(&self) -> Result<FormEvent<'static>, Failure> {
        self.parser.finish().map_err(failure)
    }
}

fn failure(fault: FormFault) -> Failure {
    Failure::new(fault.status())
        .explain(fault.explain())
        .cause(fault.explain())
}

/// A form whose events are given to a function, until that has an answer.
pub struct FormReading<F> {
    form: MultipartForm,
    on_event: F,
    answer: Option<Response>,
    /// After an answer nothing more is taken.
    is_answered: bool,
}

impl<F> FormReading<F> {
    pub fn new(form: MultipartForm, on_event: F) -> FormReading<F> {
        FormReading {
            form,
            on_event,
            answer: None,
            is_answered: false,
        }
    }

    fn heed(&mut self, answer: Result<Option<Response>, Failure>) {
        self.answer = answer.unwrap_or_else(|failure| Some(Response::error(failure)));
        self.is_answered = self.answer.is_some();
    }
}

impl<F> Exchange for FormReading<F>
where
    F: FnMut(FormEvent<'_>, &mut Cx<'_>) -> Result<Option<Response>, Failure>,
{
    fn on_body(&mut self, mut chunk: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let offered = chunk.len();
        while !self.is_answered {
            let answer = match self.form.next_event(&mut chunk) {
                Ok(Some(event)) => (self.on_event)(event, cx),
                Ok(None) => break,
                Err(failure) => Err(failure),
            };
            self.heed(answer);
        }
        Ok(offered - chunk.len())
    }

    fn on_body_end(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        if !self.is_answered {
            let end = self.form.finish();
            let answer = end.and_then(|end| (self.on_event)(end, cx));
            self.heed(answer);
        }
        match self.is_answered {
            true => Ok(()),
            false => Err(io::Error::other("bug: a form without an answer at its end")),
        }
    }

    fn poll_response(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<Response>> {
        let answer = self.answer.take();
        answer.map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
    }
}

#[cfg(test)]
mod tests;
