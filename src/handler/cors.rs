//! What pages of other origins may read (Fetch, "CORS protocol").

use std::io;

use super::common::invalid;
use super::failure::Failure;
use super::request::Request;
use super::response::Response;
use crate::http::grammar::is_token;
use crate::http::headers::Headers;
use crate::http::limits::PREFLIGHT_BYTES_MAX;
use crate::http::method::Method;
use crate::http::origin::origin;
use crate::http::status::Status;

/// What a page may read of an answer beside its body and the few fields that Fetch names: how long
/// it is, which part of what, and of which version.
const EXPOSED: &str = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag";

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";

/// The origins whose pages may read all that is served.
#[derive(Clone, Debug)]
pub enum Cors {
    /// All of them.
    Any,
    /// These.
    Origins(Vec<String>),
}

impl Cors {
    /// These origins, and those that were allowed before.
    pub fn and(before: Option<Cors>, text: &str) -> io::Result<Cors> {
        let mut origins = match (before, text) {
            (_, "*") | (Some(Cors::Any), _) => return Ok(Cors::Any),
            (Some(Cors::Origins(origins)), _) => origins,
            (None, _) => Vec::new(),
        };
        let origin =
            origin(text).map_err(|why| invalid(format!("{text:?} is not an origin: {why}")))?;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
        Ok(Cors::Origins(origins))
    }

    /// Whether answers differ by who asks. One origin is named to everyone, which a cache may keep
    /// for all.
    fn varies(&self) -> bool {
        matches!(self, Cors::Origins(origins) if origins.len() > 1)
    }

    /// What an answer says of who may read it; `None` if that is nobody who asks.
    fn allowed(&self, fields: Headers<'_>) -> Option<&str> {
        match self {
            Cors::Any => Some("*"),
            Cors::Origins(origins) => match &origins[..] {
                [origin] => Some(origin),
                several => {
                    let asks = asker(fields)?;
                    let mut several = several.iter();
                    several
                        .find(|origin| origin.as_bytes() == asks)
                        .map(|s| &**s)
                }
            },
        }
    }

    /// Puts the fields on an answer, unless it says itself who may read it.
    pub fn apply(&self, fields: Headers<'_>, response: &mut Response) {
        if response.header_value(ALLOW_ORIGIN).is_some() {
            return;
        }
        if self.varies() {
            response.vary("Origin");
        }
        if let Some(origin) = self.allowed(fields) {
            response.add_header(ALLOW_ORIGIN, origin.to_owned());
            response.add_header("Access-Control-Expose-Headers", EXPOSED);
        }
    }

    /// The answer to a preflight: a question, before a request, whether it may be asked. Whatever
    /// is asked for, what answers the request itself can still refuse it.
    pub fn preflight(&self, req: &Request<'_>) -> Option<Response> {
        let fields = req.headers();
        let method = fields.get("Access-Control-Request-Method")?;
        if req.method() != Method::Options || asker(fields).is_none() {
            return None;
        }
        let names: Vec<&[u8]> = fields.list("Access-Control-Request-Headers").collect();
        let bytes = method.len() + names.iter().map(|name| name.len() + 2).sum::<usize>();
        if bytes > PREFLIGHT_BYTES_MAX {
            let failure = Failure::new(Status::HEADER_FIELDS_TOO_LARGE);
            return Some(failure.cause("preflight for too many fields").into());
        }
        if !is_token(method) || !names.iter().all(|name| is_token(name)) {
            let failure = Failure::new(Status::BAD_REQUEST);
            return Some(failure.cause("preflight for what is no field name").into());
        }
        let mut response = Response::new(Status::NO_CONTENT);
        if self.allowed(fields).is_some() {
            response = response.header_bytes("Access-Control-Allow-Methods", method.to_vec());
            if !names.is_empty() {
                let names = names.join(&b", "[..]);
                response = response.header_bytes("Access-Control-Allow-Headers", names);
            }
        }
        Some(response)
    }

    /// The most that this adds to an answer, in bytes.
    pub fn bytes(&self) -> usize {
        const NAMES: usize = 256;
        let longest = match self {
            Cors::Any => 1,
            Cors::Origins(origins) => origins.iter().map(String::len).max().unwrap_or(0),
        };
        NAMES + longest + PREFLIGHT_BYTES_MAX
    }
}

/// The origin of the page that asks: of several, or none, nothing is known.
fn asker(fields: Headers<'_>) -> Option<&[u8]> {
    let mut origins = fields.get_all("Origin");
    let first = origins.next()?;
    origins.next().is_none().then_some(first)
}
