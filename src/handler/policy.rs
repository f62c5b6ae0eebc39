//! What a site says on all its answers, and refuses whatever is asked for: the rules of other
//! origins and of hosts. They hold for files, scripts and errors alike, so no handler has them.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;
use std::time::Instant;

use super::common::invalid;
use super::cors::Cors;
use super::failure::Failure;
use super::request::Request;
use super::response::Response;
use super::{Cx, Expectation, Handler, Log, Reply};
use crate::http::headers::Headers;
use crate::http::method::Version;
use crate::http::site_name::SiteName;
use crate::http::status::Status;

/// Rules that hold for a whole site: which origins may read it (CORS), whether its pages are
/// isolated, and which hosts it answers for.
///
/// Put it [around](Policy::around) a handler, or have a handler of one's own call
/// [`serve`](Policy::serve) first and [`apply`](Policy::apply) in
/// [`finish`](crate::Handler::finish).
///
/// ```no_run
/// use sprat::{Builder, FileServer, Policy};
///
/// let policy = Policy::default().cors("*")?.allow_host("tiles.example")?;
/// let site = policy.around(FileServer::new("public")?);
/// Builder::bind("127.0.0.1:8000")?.serve(site).run()
/// # ; std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Policy {
    cors: Option<Cors>,
    hosts: Vec<SiteName>,
    isolate: bool,
}

impl Policy {
    /// Lets pages of an origin read all answers, errors too; `*` is every origin. It may be called
    /// again for others.
    ///
    /// An answer that has its own `Access-Control-Allow-Origin` is left as it is. All others also
    /// let length, range and `ETag` be read. Preflights are answered, for whatever method and
    /// fields they name. Neither credentials nor private networks are allowed.
    ///
    /// # Errors
    /// `InvalidInput` for what is no origin: `https://example.org`, or with a port.
    pub fn cors(mut self, origin: &str) -> io::Result<Policy> {
        self.cors = Some(Cors::and(self.cors, origin)?);
        Ok(self)
    }

    /// Isolates pages from those of other origins, which browsers want before they give them
    /// precise clocks and `SharedArrayBuffer`: `Cross-Origin-Opener-Policy: same-origin`,
    /// `Cross-Origin-Embedder-Policy: require-corp`, and `Cross-Origin-Resource-Policy`, which is
    /// `same-origin`, or `cross-origin` with [`cors`](Self::cors). An answer keeps its own.
    pub fn isolate(mut self) -> Policy {
        self.isolate = true;
        self
    }

    /// Answers for this host, and for those of other calls; others get 421, so that no page can
    /// read the site under a name of its own (DNS rebinding). A port, case and the dot at a name's
    /// end do not count, and the authority of a target goes before `Host`.
    ///
    /// HTTP/1.0 without `Host` is served, and so are `localhost` and loopback addresses where they
    /// lead to: on a loopback address or a Unix socket.
    ///
    /// # Errors
    /// `InvalidInput` for what is no host, or has a port.
    pub fn allow_host(mut self, host: &str) -> io::Result<Policy> {
        let name = SiteName::given(host)
            .ok_or_else(|| invalid(format!("{host:?} is not a host without a port")))?;
        self.hosts.push(name);
        Ok(self)
    }

    /// Answers what no handler is to be asked: a request for another host, and a preflight.
    pub fn serve(&self, req: &Request<'_>) -> Option<Response> {
        if !self.allows(req) {
            const SHOWN_BYTES_MAX: usize = 100;
            let host = req.host().unwrap_or_default();
            let host = host[..host.len().min(SHOWN_BYTES_MAX)].escape_ascii();
            let failure = Failure::new(Status::MISDIRECTED_REQUEST);
            return Some(
                failure
                    .cause(format!("not a host of this site: {host}"))
                    .into(),
            );
        }
        self.cors.as_ref()?.preflight(req)
    }

    fn allows(&self, req: &Request<'_>) -> bool {
        if self.hosts.is_empty() {
            return true;
        }
        let Some(host) = req.host() else {
            return req.version() == Version::Http10;
        };
        SiteName::asked(host).is_some_and(|name| {
            self.hosts.contains(&name) || (name.is_loopback() && is_loopback(req))
        })
    }

    /// Puts the fields on an answer. `fields` are those of the request, as far as it was read.
    pub fn apply(&self, fields: Headers<'_>, response: &mut Response) {
        if let Some(cors) = &self.cors {
            cors.apply(fields, response);
        }
        if self.isolate {
            let resource = match self.cors {
                Some(_) => "cross-origin",
                None => "same-origin",
            };
            for (name, value) in [
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("Cross-Origin-Embedder-Policy", "require-corp"),
                ("Cross-Origin-Resource-Policy", resource),
            ] {
                if response.header_value(name).is_none() {
                    response.add_header(name, value);
                }
            }
        }
    }

    /// The same handler under these rules.
    pub fn around<H: Handler>(self, handler: H) -> Policed<H> {
        Policed {
            policy: self,
            handler,
        }
    }

    /// The most that this adds to an answer, in bytes.
    pub fn bytes(&self) -> usize {
        const ISOLATION: usize = 160;
        let cors = self.cors.as_ref().map_or(0, Cors::bytes);
        cors + if self.isolate { ISOLATION } else { 0 }
    }
}

/// Whether a request came to where only the machine itself gets to.
fn is_loopback(req: &Request<'_>) -> bool {
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    let local = req.local_addr();
    local.is_none_or(|address| is_loopback(address.ip()))
}

/// A handler under the rules of a [`Policy`].
#[derive(Debug)]
pub struct Policed<H> {
    policy: Policy,
    handler: H,
}

impl<H: Handler> Handler for Policed<H> {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        match self.policy.serve(req) {
            Some(response) => response.into(),
            None => self.handler.handle(req, cx),
        }
    }

    fn expect_continue(&mut self, req: &Request<'_>) -> Expectation {
        match self.policy.serve(req) {
            Some(response) => Expectation::Reject(response),
            None => self.handler.expect_continue(req),
        }
    }

    fn error_page(&mut self, failure: &Failure) -> Response {
        self.handler.error_page(failure)
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        self.handler.finish(fields, response);
        self.policy.apply(fields, response);
    }

    fn server_software(&self) -> Option<Cow<'static, str>> {
        self.handler.server_software()
    }

    fn log(&mut self, entry: Log<'_>) {
        self.handler.log(entry);
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        self.handler.work(now)
    }

    fn turn_ended(&mut self) {
        self.handler.turn_ended();
    }
}
