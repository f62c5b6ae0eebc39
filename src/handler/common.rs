//! Fields that every answer of a site has, and which of them an answer decides itself.

use std::io;

use super::response::{Body, Response};
use crate::http::fields::is_single;
use crate::http::grammar::{is_token, is_value};

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

/// What a field takes beside its name and value, in bytes.
const FIELD_BYTES_EXTRA: usize = ": \r\n".len();

/// Fields that every answer of a site has: for other origins (CORS), caches, security policies.
///
/// ```
/// # use sprat::{CommonHeaders, Cx, FileServer, Handler, Reply, Request, Response};
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
///     fn finish(&mut self, response: &mut Response) {
///         self.headers.apply(response);
///     }
/// }
/// # fn open() -> std::io::Result<Site> {
/// let headers = CommonHeaders::default().header("Access-Control-Allow-Origin", "*")?;
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
    /// `InvalidInput` for a name that is no token, and a value with a control character.
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> io::Result<CommonHeaders> {
        let (name, value) = (name.into(), value.into());
        if !is_token(name.as_bytes()) {
            return Err(invalid(format!("not a header name: {name:?}")));
        }
        if !is_value(value.as_bytes()) {
            return Err(invalid(format!("not a header value: {value:?}")));
        }
        if is_single(&name) || is_one_of(&DECIDED, &name) {
            self.fields
                .retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        }
        if !is_one_of(&NEVER, &name) {
            self.fields.push((name, value));
        }
        Ok(self)
    }

    /// Puts the fields on a response, before others of their names. Left alone is what the answer
    /// decides: its type, length and date, its validators, what it has of `Allow`, `Location`,
    /// `Retry-After`, `WWW-Authenticate` and of the names that begin with `Content-`; and
    /// `Content-Encoding` is given to files alone, for a page of the server's is not encoded.
    pub fn apply(&self, response: &mut Response) {
        for (name, value) in &self.fields {
            let is_file = matches!(response.body, Body::File { .. } | Body::Parts { .. });
            let is_decided = is_one_of(&DECIDED, name) && response.header_value(name).is_some();
            if !is_decided && (is_file || !name.eq_ignore_ascii_case("content-encoding")) {
                response.add_header(name.clone(), value.clone());
            }
        }
    }

    /// What they take on a response, in bytes.
    pub fn bytes(&self) -> usize {
        let each = |(name, value): &(String, String)| name.len() + value.len() + FIELD_BYTES_EXTRA;
        self.fields.iter().map(each).sum()
    }
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::status::Status;

    fn common(fields: &[(&str, &str)]) -> CommonHeaders {
        let none = CommonHeaders::default();
        let add = |all: CommonHeaders, field: &(&str, &str)| all.header(field.0, field.1).unwrap();
        fields.iter().fold(none, add)
    }

    fn applied(fields: &[(&str, &str)], mut response: Response) -> Vec<String> {
        common(fields).apply(&mut response);
        let lines = response.headers();
        let lines = lines.map(|(name, value)| format!("{name}: {}", value.escape_ascii()));
        lines.collect()
    }

    #[test]
    fn the_operators_field_wins_unless_the_answer_must_decide() {
        let file = || Body::File {
            file: std::fs::File::open("Cargo.toml").unwrap().into(),
            range: 0..1,
        };
        for (given, own, body, want) in [
            (
                ("X-A", "1"),
                ("X-B", "2"),
                Body::Empty,
                &["X-B: 2", "X-A: 1"][..],
            ),
            (
                ("x-frame-options", "DENY"),
                ("X-Frame-Options", "b"),
                Body::Empty,
                &["x-frame-options: DENY"],
            ),
            (
                ("Vary", "Origin"),
                ("Vary", "Accept"),
                Body::Empty,
                &["Vary: Accept", "Vary: Origin"],
            ),
            (
                ("Location", "/x"),
                ("location", "/own"),
                Body::Empty,
                &["location: /own"],
            ),
            (
                ("Allow", "PUT"),
                ("Allow", "GET"),
                Body::Empty,
                &["Allow: GET"],
            ),
            (
                ("Content-Type", "a/b"),
                ("X-B", "2"),
                Body::Empty,
                &["X-B: 2"],
            ),
            (("ETag", "\"x\""), ("X-B", "2"), file(), &["X-B: 2"]),
            (
                ("Content-Encoding", "br"),
                ("X-B", "2"),
                Body::Empty,
                &["X-B: 2"],
            ),
            (
                ("Content-Encoding", "br"),
                ("X-B", "2"),
                file(),
                &["X-B: 2", "Content-Encoding: br"],
            ),
            (
                ("Content-Encoding", "br"),
                ("Content-Encoding", "gzip"),
                file(),
                &["Content-Encoding: gzip"],
            ),
        ] {
            let response = Response::new(Status::OK).header(own.0, own.1).body(body);
            assert_eq!(applied(&[given], response), want, "{given:?}");
        }
    }

    #[test]
    fn a_field_given_twice_stands_once_if_it_is_no_list() {
        let given = [
            ("Refresh", "1"),
            ("Link", "<a>"),
            ("REFRESH", "2"),
            ("Link", "<b>"),
            ("Location", "/a"),
            ("Location", "/b"),
        ];
        let want = ["Link: <a>", "REFRESH: 2", "Link: <b>", "Location: /b"];
        assert_eq!(applied(&given, Response::new(Status::OK)), want);
        assert_eq!(common(&given[..2]).bytes(), 7 + 1 + 4 + 4 + 3 + 4);
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for (name, value) in [("", "x"), ("a b", "x"), ("a", "x\r\ny"), ("Date", "\0")] {
            assert!(CommonHeaders::default().header(name, value).is_err());
        }
    }
}
