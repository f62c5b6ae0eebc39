//! A handler's answer: a response, or an exchange that will give one.

use std::io;
use std::task::Poll;
use std::time::Duration;

use super::cx::Cx;
use super::exchange::Exchange;
use super::failure::Failure;
use super::multipart::{FormReading, MultipartForm};
use super::request::Request;
use super::response::Response;
use super::stock::{Collect, CollectAnswer, Later, Mapped, too_large};
use super::timed::Timed;
use crate::http::framing::BodyLen;
use crate::http::method::Method;
use crate::http::multipart::FormEvent;
use crate::http::status::Status;

/// A handler's answer to a request.
#[non_exhaustive]
pub enum Reply {
    /// The response is known.
    Respond(Response),
    /// The body must be read first, or the response comes later.
    Exchange(Box<dyn Exchange>),
}

impl From<Response> for Reply {
    fn from(response: Response) -> Reply {
        Reply::Respond(response)
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Reply {
        Reply::Respond(Response::error(failure))
    }
}

impl Reply {
    /// Answers by an exchange.
    pub fn exchange(exchange: impl Exchange + 'static) -> Reply {
        Reply::Exchange(Box::new(exchange))
    }

    /// Answers the methods that a resource has. HEAD goes where GET does, and as GET: the server
    /// leaves the body out. OPTIONS is answered 204, and any other method 405, both with the
    /// methods that there are in `Allow` (RFC 9110 sections 9.3.2, 9.3.7 and 15.5.6), unless they
    /// are among those given.
    ///
    /// ```
    /// # use sprat::{Method, Reply, Request, Response, Status};
    /// fn orders(req: &Request<'_>) -> Reply {
    ///     Reply::when(req, &[Method::Get, Method::Post], |method| match method {
    ///         Method::Post => Response::new(Status::CREATED),
    ///         _ => Response::new(Status::OK).text("no orders\n"),
    ///     })
    /// }
    /// ```
    pub fn when<'a, R: Into<Reply>>(
        req: &Request<'a>,
        methods: &[Method<'_>],
        answer: impl FnOnce(Method<'a>) -> R,
    ) -> Reply {
        let method = req.method();
        if methods.contains(&method) {
            return answer(method).into();
        }
        if method == Method::Head && methods.contains(&Method::Get) {
            return answer(Method::Get).into();
        }
        let allow = allowed(methods);
        match method {
            Method::Options => Response::new(Status::NO_CONTENT)
                .header("Allow", allow)
                .into(),
            _ => Failure::new(Status::METHOD_NOT_ALLOWED).allow(allow).into(),
        }
    }

    /// Reads the whole body, then calls `respond` with it, which may again answer later. A body
    /// longer than `bytes_max`, in bytes, is answered 413: before any of it is read if its length
    /// was declared.
    ///
    /// Memory grows with what has arrived, not with what was announced.
    ///
    /// ```
    /// # use sprat::{Failure, Reply, Request, Response, Status};
    /// fn double(req: &Request<'_>) -> Reply {
    ///     Reply::collect(req, 100, |body, _| {
    ///         let text = std::str::from_utf8(&body).unwrap_or_default();
    ///         match text.parse::<u32>() {
    ///             Ok(n) => Response::new(Status::OK).text((2 * u64::from(n)).to_string()),
    ///             Err(_) => Failure::new(Status::UNPROCESSABLE_CONTENT).into(),
    ///         }
    ///     })
    /// }
    /// ```
    pub fn collect<R: Into<Reply>>(
        req: &Request<'_>,
        bytes_max: usize,
        respond: impl FnOnce(Vec<u8>, &mut Cx<'_>) -> R + 'static,
    ) -> Reply {
        match req.body_len() {
            BodyLen::Exact(len) if len > bytes_max as u64 => too_large().into(),
            _ => Reply::exchange(Collect::new(
                bytes_max,
                move |body, cx: &mut Cx<'_>| match respond(body, cx).into() {
                    Reply::Respond(response) => CollectAnswer::Now(response),
                    Reply::Exchange(exchange) => CollectAnswer::Later(exchange),
                },
            )),
        }
    }

    /// Reads a form with files (`multipart/form-data`, RFC 7578) while it arrives, and calls
    /// `on_event` with each [`FormEvent`] of it: nothing is held but the head of one part, and no
    /// file is made. What `on_event` returns is answered; at the [end](FormEvent::End) it must
    /// return something, and before it may, without reading the rest. Until the end has come the
    /// form may still be broken off: what was made of its parts is to be undone when `on_event` is
    /// dropped. For its limits see [`MultipartForm`].
    ///
    /// A request that has no form is answered 415, one that is malformed 400, one past a limit 413.
    ///
    /// ```
    /// use sprat::{FormEvent, Reply, Request, Response, Status, testing::Site};
    ///
    /// /// Tells how long each part is.
    /// fn lengths(req: &Request<'_>) -> Reply {
    ///     let (mut told, mut len) = (String::new(), 0);
    ///     Reply::form(req, move |event, _| {
    ///         match event {
    ///             FormEvent::Part(part) => told.push_str(part.name()),
    ///             FormEvent::Data(data) => len += data.len(),
    ///             FormEvent::PartEnd => told += &format!("={}\n", std::mem::take(&mut len)),
    ///             _ => return Ok(Some(Response::new(Status::OK).text(told.clone()))),
    ///         }
    ///         Ok(None)
    ///     })
    /// }
    ///
    /// let mut site = Site::new(sprat::handler(|req, _| lengths(req)));
    /// let head = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n";
    /// let body = format!("{head}hello\r\n--b--\r\n");
    /// let answer = site.ask(format!(
    ///     "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n\
    ///      Content-Length: {}\r\n\r\n{body}",
    ///     body.len(),
    /// ));
    /// assert_eq!(answer.text(), "note=5\n");
    /// ```
    pub fn form<F>(req: &Request<'_>, on_event: F) -> Reply
    where
        F: FnMut(FormEvent<'_>, &mut Cx<'_>) -> Result<Option<Response>, Failure> + 'static,
    {
        match MultipartForm::for_request(req) {
            Ok(form) => Reply::exchange(FormReading::new(form, on_event)),
            Err(failure) => failure.into(),
        }
    }

    /// Answers when `poll` has a response: it is asked now, and again whenever this exchange is
    /// [woken](Cx::waker) or its [deadline](Cx::set_deadline) passes. An error is answered 500. If
    /// the request has a body, it is read and dropped.
    ///
    /// ```
    /// # use std::{io, sync::mpsc, task::Poll, thread};
    /// # use sprat::{Cx, Reply, Response, Status};
    /// fn slow_sum(cx: &mut Cx<'_>) -> Reply {
    ///     let (waker, (send, sum)) = (cx.waker(), mpsc::channel());
    ///     thread::spawn(move || {
    ///         let _ = send.send((1..=1_000_000_u64).sum::<u64>());
    ///         let _ = waker.wake();
    ///     });
    ///     Reply::later(move |_| match sum.try_recv() {
    ///         Ok(sum) => Poll::Ready(Ok(Response::new(Status::OK).text(sum.to_string()))),
    ///         Err(mpsc::TryRecvError::Empty) => Poll::Pending,
    ///         // The thread has panicked.
    ///         Err(error) => Poll::Ready(Err(io::Error::other(error))),
    ///     })
    /// }
    /// ```
    pub fn later(poll: impl FnMut(&mut Cx<'_>) -> Poll<io::Result<Response>> + 'static) -> Reply {
        Reply::exchange(Later(poll))
    }

    /// Gives the response so much time, from when the request was routed. When that is over without
    /// one, the exchange is [closed](Exchange::on_close), its children are ended, and what
    /// `fallback` makes is answered, be it a [`Response`] or a [`Failure`]. A body that is still to
    /// come has no time of its own, and one that is sent has no limit by this.
    ///
    /// It does not touch the [deadline](Cx::set_deadline) of the exchange, and there may be
    /// several, one around the other: the first that is over answers. A response that is ready at
    /// that moment still counts. Of a response that is known already it changes nothing.
    ///
    /// ```
    /// # use std::{task::Poll, time::Duration};
    /// # use sprat::{Failure, Reply, Status, testing::Site};
    /// let mut site = Site::new(sprat::handler(|_, _| {
    ///     Reply::later(|_| Poll::Pending)
    ///         .timeout(Duration::from_secs(3600), |_| Failure::new(Status::GATEWAY_TIMEOUT))
    /// }));
    /// let peer = site.connect();
    /// peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    /// site.pass(Duration::from_secs(3600));
    /// assert_eq!(peer.answer().unwrap().status, 504);
    /// ```
    pub fn timeout<R: Into<Response>>(
        self,
        time: Duration,
        fallback: impl FnOnce(&mut Cx<'_>) -> R + 'static,
    ) -> Reply {
        match self {
            Reply::Respond(response) => Reply::Respond(response),
            Reply::Exchange(exchange) => {
                let fallback = |cx: &mut Cx<'_>| fallback(cx).into();
                Reply::exchange(Timed::new(exchange, time, fallback))
            }
        }
    }

    /// Changes the response, be it known already or not: to add a field, to set a cookie. It sees
    /// one answer, and once: also that which the server gives in place of an exchange (500 for its
    /// error or because nothing would wake it, 408 and 413 for a body that did not come whole). It
    /// sees none where the connection is cut instead: after a panic, or when the peer has gone.
    ///
    /// The pages of errors are made later, with the fields of the response that named the error. So
    /// the order is: `map`, from the inside out;
    /// [`Handler::error_page`](crate::Handler::error_page);
    /// [`Handler::finish`](crate::Handler::finish). A field that a later one gives with the same
    /// value is there once, and one of those that a response has only once is the last one's.
    ///
    /// ```
    /// # use sprat::{Reply, Response, Status};
    /// let reply = Reply::from(Response::new(Status::OK));
    /// let reply = reply.map(|response| response.header("X-Frame-Options", "DENY"));
    /// ```
    pub fn map(self, change: impl FnOnce(Response) -> Response + 'static) -> Reply {
        match self {
            Reply::Respond(response) => Reply::Respond(change(response)),
            Reply::Exchange(exchange) => Reply::exchange(Mapped::new(exchange, change)),
        }
    }
}

/// The methods of a resource for `Allow`: those that it has, and those that it has by them.
fn allowed(methods: &[Method<'_>]) -> String {
    let mut names: Vec<&str> = Vec::with_capacity(methods.len() + 2);
    for &method in methods.iter().chain(&[Method::Options]) {
        let by_get = (method == Method::Get).then_some(Method::Head);
        for method in [method].into_iter().chain(by_get) {
            if !names.contains(&method.name()) {
                names.push(method.name());
            }
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
