//! Fields that every answer of a site has, and those that an answer decides itself.

use std::io;

use super::body::Body;
use super::response::Response;
use crate::http::fields::is_single;
use crate::http::grammar::{is_token, is_value, same_word};

/// Fields that say how an answer is framed or what a file is, in lower case: only the server
/// writes them, as in Python.
const NEVER: [&str; 12] = [
    "accept-ranges",
    "connection",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "keep-alive",
    "last-modified",
    "server",
    "trailer",
    "transfer-encoding",
];

/// Fields that an answer decides itself where it has them, in lower case.
const DECIDED: [&str; 9] = [
    "allow",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "location",
    "proxy-authenticate",
    "retry-after",
    "www-authenticate",
];

/// What a field takes besides its name and value, in bytes.
const FIELD_BYTES_EXTRA: usize = ": \r\n".len();

/// Fields that every answer of a site has: for caches, security policies, search engines. (For
/// pages of other origins there is [`Policy`](crate::Policy).)
///
/// ```
/// # use sprat::{CommonHeaders, Cx, FileServer, Handler, Headers, Reply, Request, Response};
/// struct Site {
///     files: FileServer,
///     headers: CommonHeaders,
/// }
///
/// impl Handler for Site {
///     fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
///         self.files.handle(req, cx)
///     }
///
///     fn finish(&mut self, _: Headers<'_>, response: &mut Response) {
///         self.headers.apply(response);
///     }
/// }
/// # fn open() -> std::io::Result<Site> {
/// let headers = CommonHeaders::default().header("X-Robots-Tag", "noindex")?;
/// # Ok(Site { files: FileServer::new(".")?, headers })
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CommonHeaders {
    fields: Vec<(String, String)>,
}

impl CommonHeaders {
    /// Adds a field; one that is no list takes the place of an earlier one.
    ///
    /// # Errors
    /// `InvalidInput` for a name that is no token, for one that only the server writes (its type,
    /// `Connection`, `Content-Length`, `Date` and the like), and for a value with a control
    /// character.
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> io::Result<CommonHeaders> {
        let (name, value) = (name.into(), value.into());
        if !is_token(name.as_bytes()) {
            return Err(invalid(format!("not a header name: {name:?}")));
        }
        if is_one_of(&NEVER, &name) {
            return Err(invalid(format!("only the server writes {name:?}")));
        }
        if !is_value(value.as_bytes()) {
            return Err(invalid(format!("not a header value: {value:?}")));
        }
        if is_single(&name) || is_one_of(&DECIDED, &name) {
            self.fields.retain(|(other, _)| !same_word(other, &name));
        }
        self.fields.push((name, value));
        Ok(self)
    }

    /// Puts the fields on a response, beside others with their names, and none that it has with the
    /// same value. An answer keeps what it has decided itself: its `Allow`, `Location`,
    /// `Retry-After`, `WWW-Authenticate` and fields that begin with `Content-`.
    /// Only files get `Content-Encoding`, because the server's own pages are not encoded.
    pub fn apply(&self, response: &mut Response) {
        for (name, value) in &self.fields {
            let is_file = matches!(
                response.body,
                Body::File { .. } | Body::Parts { .. } | Body::Held { .. }
            );
            let is_decided = is_one_of(&DECIDED, name) && response.header_value(name).is_some();
            let is_there =
                |(other, has): (&str, &[u8])| same_word(other, name) && has == value.as_bytes();
            let is_decided =
                is_decided || response.is_fixed(name) || response.headers().any(is_there);
            if !is_decided && (is_file || !same_word(name, "content-encoding")) {
                response.add_header(name.clone(), value.clone());
            }
        }
    }

    /// What they add to a response, in bytes.
    pub fn bytes(&self) -> usize {
        let each = |(name, value): &(String, String)| name.len() + value.len() + FIELD_BYTES_EXTRA;
        self.fields.iter().map(each).sum()
    }
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|other| same_word(other, name))
}

/// What is wrong with a value that was given.
pub(crate) fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests;
