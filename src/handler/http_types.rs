//! From and to the types of the crate `http` (feature `http`).
//!
//! What these cannot say gets lost: the case of field names and the order of fields with different
//! names, reason phrases, where a request came from.

use ::http_types as http;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::body::Body;
use super::builder::OwnedRequest;
use super::failure::Failure;
use super::request::Request;
use super::response::{Response, Role};
use crate::http::fault::Fault;
use crate::http::headers::Headers;
use crate::http::method::{Method, Version};
use crate::http::status::Status;

/// Feature `http`. Both sides have the codes from 100 to 999.
impl From<Status> for StatusCode {
    fn from(status: Status) -> StatusCode {
        StatusCode::from_u16(status.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Feature `http`. Both sides have the codes from 100 to 999.
impl From<StatusCode> for Status {
    fn from(status: StatusCode) -> Status {
        Status::new(status.as_u16()).unwrap_or(Status::INTERNAL_SERVER_ERROR)
    }
}

/// Feature `http`.
impl TryFrom<Method<'_>> for http::Method {
    type Error = http::method::InvalidMethod;

    /// # Errors
    /// A [`Method::Other`] that is no token; one that was received is.
    fn try_from(method: Method<'_>) -> Result<http::Method, Self::Error> {
        http::Method::from_bytes(method.name().as_bytes())
    }
}

/// Feature `http`.
impl<'a> From<&'a http::Method> for Method<'a> {
    fn from(method: &'a http::Method) -> Method<'a> {
        Method::from_name(method.as_str())
    }
}

/// Feature `http`.
impl From<Version> for http::Version {
    fn from(version: Version) -> http::Version {
        match version {
            Version::Http10 => http::Version::HTTP_10,
            Version::Http11 => http::Version::HTTP_11,
        }
    }
}

/// Feature `http`.
impl TryFrom<http::Version> for Version {
    type Error = Fault;

    /// # Errors
    /// [`Fault::VersionUnsupported`] for all that is not HTTP/1.
    fn try_from(version: http::Version) -> Result<Version, Fault> {
        match version {
            http::Version::HTTP_10 => Ok(Version::Http10),
            http::Version::HTTP_11 => Ok(Version::Http11),
            _ => Err(Fault::VersionUnsupported),
        }
    }
}

/// Feature `http`. Names are in lower case there, and fields that have the same name together.
impl From<Headers<'_>> for HeaderMap {
    fn from(headers: Headers<'_>) -> HeaderMap {
        let fields = headers.raw().filter_map(|(name, value)| {
            // All that our parser takes can be had there.
            let name = HeaderName::from_bytes(name).ok()?;
            Some((name, HeaderValue::from_bytes(value).ok()?))
        });
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        map
    }
}

/// Feature `http`.
impl TryFrom<&Request<'_>> for http::Request<()> {
    type Error = http::Error;

    /// The head of a request; its body goes to the exchange. Where the request came from can be
    /// put into its extensions.
    ///
    /// ```
    /// # use http_types as http;
    /// # use sprat::Request;
    /// let made = Request::builder().target("/a?b").header("X-One", "1").build()?;
    /// let head = http::Request::try_from(&made.request())?;
    /// assert_eq!((head.uri().path(), head.uri().query()), ("/a", Some("b")));
    /// assert_eq!(head.headers()["x-one"], "1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A target that is no URI for that crate: some bytes that we take are none.
    fn try_from(req: &Request<'_>) -> Result<http::Request<()>, http::Error> {
        let mut head = http::Request::new(());
        *head.method_mut() = req.method().try_into()?;
        *head.uri_mut() = req.target().try_into()?;
        *head.version_mut() = req.version().into();
        *head.headers_mut() = req.headers().into();
        Ok(head)
    }
}

/// Feature `http`.
impl<B> TryFrom<&http::Request<B>> for OwnedRequest {
    type Error = Fault;

    /// The head alone: a body is framed by the fields that are there. Without a Host it gets that
    /// of its URI, or else `localhost`, as all that [`Request::builder`] makes.
    ///
    /// ```
    /// # use http_types as http;
    /// # use sprat::{Fault, OwnedRequest};
    /// let asked = http::Request::get("http://example.org/a").body(()).unwrap();
    /// let made = OwnedRequest::try_from(&asked)?;
    /// let req = made.request();
    /// assert_eq!((req.path(), req.host()), ("/a", Some(&b"example.org"[..])));
    /// # Ok::<(), Fault>(())
    /// ```
    ///
    /// # Errors
    /// What the server would answer an error for; all that is not HTTP/1.
    fn try_from(asked: &http::Request<B>) -> Result<OwnedRequest, Fault> {
        let mut builder = Request::builder()
            .method(asked.method().as_str())
            .target(asked.uri().to_string())
            .version(asked.version().try_into()?);
        if !asked.headers().contains_key(http::header::HOST) {
            let authority = asked.uri().authority().map(|authority| authority.as_str());
            let host = authority.and_then(|authority| authority.rsplit('@').next());
            builder = host
                .into_iter()
                .fold(builder, |builder, host| builder.header("Host", host));
        }
        for (name, value) in asked.headers() {
            builder = builder.header(name.as_str(), value.as_bytes());
        }
        builder.build()
    }
}

/// Feature `http`.
impl TryFrom<Response> for http::Response<Body> {
    type Error = Failure;

    /// Status, fields and body; a failure has its stock page. The framing is up to whoever sends
    /// it.
    ///
    /// ```
    /// # use http_types as http;
    /// # use sprat::{Failure, Response, Status};
    /// let ours = Response::new(Status::OK).text("hello\n");
    /// let theirs = http::Response::try_from(ours)?;
    /// assert_eq!(theirs.headers()["content-type"], "text/plain; charset=utf-8");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    /// 500 for a field that cannot be sent, and for what is no response there: one that is
    /// [raw](Response::raw), [rerouted](Response::reroute) or a
    /// [switch](Response::upgrade).
    fn try_from(mut response: Response) -> Result<http::Response<Body>, Failure> {
        if let Some(failure) = response.failure() {
            let mut page = failure.page();
            page.take_fields(response.take_all_fields());
            response = page;
        }
        let unfit = |what: &'static str| Failure::new(Status::INTERNAL_SERVER_ERROR).cause(what);
        if !matches!(response.role, Role::Answer(_)) {
            return Err(unfit("not a response of the crate http"));
        }
        let mut theirs = http::Response::new(response.take_body());
        *theirs.status_mut() = response.status().into();
        let text_type = response.content_type().map(HeaderValue::from_bytes);
        for (name, value) in response.headers() {
            let name = HeaderName::from_bytes(name.as_bytes());
            let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) else {
                return Err(unfit("a field that cannot be sent"));
            };
            theirs.headers_mut().append(name, value);
        }
        if let Some(Ok(text_type)) = text_type {
            theirs
                .headers_mut()
                .insert(http::header::CONTENT_TYPE, text_type);
        }
        Ok(theirs)
    }
}

/// Feature `http`.
impl<B: Into<Body>> From<http::Response<B>> for Response {
    /// Status, fields and body. The server writes the framing: fields that are about it are left
    /// out. The version and the extensions count for nothing.
    ///
    /// ```
    /// # use http_types as http;
    /// # use sprat::{Response, Status};
    /// let theirs = http::Response::builder().status(404).header("X-One", "1").body("none\n");
    /// let ours = Response::from(theirs.unwrap());
    /// assert_eq!(ours.status(), Status::NOT_FOUND);
    /// assert_eq!(ours.header_value("X-One"), Some(&b"1"[..]));
    /// ```
    fn from(theirs: http::Response<B>) -> Response {
        let (parts, body) = theirs.into_parts();
        let mut response = Response::new(parts.status.into()).with_body(body.into());
        for (name, value) in &parts.headers {
            let (name, value) = (name.as_str().to_owned(), value.as_bytes().to_vec());
            response = response.header_bytes(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests;
