//! Which URL is which script, and what to answer where there is none.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::{Plan, Start};
use super::env;
use super::environment::Environment;
use super::failures::{crowded, missing, not_plain, refusal, response};
use super::find::{Place, place, split};
use super::job::Job;
use super::limits::START_BYTES;
use super::obstacles::CgiObstacle;
use super::queue::Queue;
use super::run::{Run, Until, waker};
use super::space::Space;
use super::spool::Spool;
use super::user::User;
use crate::handler::{Cx, Failure, Reply, Request, Response};
use crate::http::fault::quoted;
use crate::http::framing::BodyLen;
use crate::http::grammar::digits;
use crate::http::method::Method;
use crate::http::status::Status;
use crate::reactor::clock::later;
use crate::sys::file::Kind;
use crate::tree::{Guard, Refused, Root, View};

/// Runs scripts beneath its directories (Python's `CGIHTTPRequestHandler`).
///
/// Put it in front of the file handler, and let that have its [`guard`](Cgi::guard), or it would
/// hand out the scripts' source:
///
/// ```no_run
/// # use sprat::{Cgi, Cx, FileServer, Handler, Reply, Request};
/// struct Site {
///     cgi: Cgi,
///     files: FileServer,
/// }
///
/// impl Handler for Site {
///     fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
///         match self.cgi.serve(req, cx) {
///             Some(reply) => reply,
///             None => self.files.handle(req, cx),
///         }
///     }
/// }
/// # fn main() -> std::io::Result<()> {
/// let cgi = Cgi::builder("/srv/www").directories(["/cgi-bin"]).build()?;
/// let files = FileServer::builder("/srv/www").guard(cgi.guard()).open()?;
/// let site = Site { cgi, files };
/// # Ok(()) }
/// ```
///
/// Scripts are looked up beneath the root with the policy for links, and a file that is reached
/// through a CGI directory is never anything but run. What has another name as well (by a link, a
/// mount, or a file system that takes several spellings for one) is refused by a file server that
/// has the guard. A hard link to a file in a CGI directory is not known for one.
///
/// A script starts in its directory as it was opened beneath the root, whatever is renamed in the
/// meantime, where the system can do that (Linux); elsewhere its path is resolved twice. Whoever
/// can write to that directory can have another program run; but so can whoever can write a script.
pub struct Cgi {
    pub(super) root: Root,
    pub(super) guard: Guard,
    pub(super) index_pages: Vec<String>,
    pub(super) directories: Vec<Vec<u8>>,
    /// Where those that are links really are: there, the file server would hand out scripts.
    pub(super) real_places: Vec<Vec<u8>>,
    /// What every script gets, whatever its request says.
    pub(super) variables: Environment,
    pub(super) user: Option<User>,
    /// What was found at the start.
    pub(super) obstacles: Vec<CgiObstacle>,
    pub(super) descriptors_max: u64,
    pub(super) silence: Option<Duration>,
    pub(super) patience: Duration,
    pub(super) pass_authorization: bool,
    pub(super) spool_bytes_max: u64,
    pub(super) space: Space,
    pub(super) queue: Queue,
    pub(super) start: Start,
}

/// What a request is to the CGI handler (Python's `is_cgi`).
#[derive(Debug)]
#[non_exhaustive]
pub enum CgiMatch {
    /// Not beneath a CGI directory: it is for another handler.
    NotCgi,
    /// A script is to be run.
    Script(Script),
    /// Beneath a CGI directory, but no script: answer this.
    Refused(Failure),
}

/// A script, and how the path of a request splits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    path: Vec<u8>,
    name_len: usize,
    /// The last bytes of its name that the request leaves out, for it is an index page.
    index_len: usize,
    file: PathBuf,
    view: View,
}

impl Script {
    /// The URL path of the script, decoded (SCRIPT_NAME).
    pub fn name(&self) -> &[u8] {
        &self.path[..self.name_len]
    }

    /// What follows it in the path, decoded: empty, or with a leading slash (PATH_INFO).
    pub fn path_info(&self) -> &[u8] {
        &self.path[self.name_len..]
    }

    /// Its file, an absolute path (SCRIPT_FILENAME).
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl Cgi {
    /// What will keep scripts from working as they should, as far as it was known when this was
    /// built: a program says it at its start.
    pub fn obstacles(&self) -> &[CgiObstacle] {
        &self.obstacles
    }

    /// The processes of scripts that are not reaped, for [`reap_orphans`](crate::reap_orphans).
    pub fn children(&self) -> Vec<u32> {
        self.queue.children()
    }

    /// Says what a request is, without starting anything.
    ///
    /// The decided path counts, as the file handler sees it: `/cgi-bin%2fx` and `/a/../cgi-bin/x`
    /// are `/cgi-bin/x`. A CGI directory itself, without a slash, is for the file handler, which
    /// redirects; with one, its listing is refused.
    pub fn script_for(&self, req: &Request<'_>) -> CgiMatch {
        match self.look_up(req.url_path().as_bytes()) {
            // A success would make a tunnel of the connection (RFC 9110 section 9.3.6).
            CgiMatch::Script(_) if req.method() == Method::Connect => {
                let failure = Failure::new(Status::NOT_IMPLEMENTED);
                let failure = failure.message("Unsupported method ('CONNECT')");
                CgiMatch::Refused(failure.cause("no method for scripts"))
            }
            found => found,
        }
    }

    pub(super) fn look_up(&self, path: &[u8]) -> CgiMatch {
        let start = match place(path, &self.directories) {
            Place::Outside if place(path, &self.real_places) == Place::Outside => {
                let view = self.root.view().ok();
                let index = view.and_then(|view| self.index(&view, path));
                return index.unwrap_or(CgiMatch::NotCgi);
            }
            Place::Outside => {
                return CgiMatch::Refused(missing(path, "real place of a CGI directory"));
            }
            Place::Alike => {
                return CgiMatch::Refused(missing(path, "CGI directory in other letter case"));
            }
            Place::Within(start) => start,
        };
        let view = match self.root.view() {
            Ok(view) => view,
            Err(_) if start == path.len() => return CgiMatch::NotCgi,
            Err(refused) => return CgiMatch::Refused(refusal(path, refused)),
        };
        let mut mode = 0;
        let end = split(path, start, &mut |relative| {
            let (kind, bits) = view.kind_of(relative)?;
            mode = bits;
            Ok(kind)
        });
        let end = match end {
            Ok(None) | Err(_) if start == path.len() => return CgiMatch::NotCgi,
            Ok(end) => end,
            Err(refused) => return CgiMatch::Refused(refusal(path, refused)),
        };
        match end {
            None => {
                let index = self.index(&view, path);
                index.unwrap_or_else(|| CgiMatch::Refused(not_plain(path, "directory")))
            }
            Some((end, Kind::Regular)) => script(view, path.to_vec(), end, mode),
            Some((end, _)) => CgiMatch::Refused(not_plain(&path[..end], "not a regular file")),
        }
    }

    /// What the file server must know to show no script under another name:
    /// [`FileServerBuilder::guard`](crate::FileServerBuilder::guard).
    pub fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// The index page of a directory, if that is a script, by its name or for what it is.
    fn index(&self, view: &View, path: &[u8]) -> Option<CgiMatch> {
        if !path.ends_with(b"/") {
            return None;
        }
        // The file server says why not.
        let closed = Guard::closed(std::slice::from_ref(&self.guard)).ok()?;
        for page in &self.index_pages {
            let page = [path, page.as_bytes()].concat();
            let (kind, mode, is_closed) = match view.judge(&page[1..], &closed) {
                Ok(found) => found,
                Err(Refused::NotFound | Refused::NotRegular) => continue,
                // The file server says so.
                Err(_) => return None,
            };
            let is_ours = matches!(place(&page, &self.directories), Place::Within(_));
            match kind {
                Kind::Regular if is_closed || is_ours => {
                    let end = page.len();
                    let mut found = script(view.clone(), page, end, mode);
                    if let CgiMatch::Script(script) = &mut found {
                        script.index_len = end - path.len();
                    }
                    return Some(found);
                }
                Kind::Regular => return None,
                _ => {}
            }
        }
        None
    }

    /// Answers a request that is for a script, or must not reach the file handler; `None` for any
    /// other.
    ///
    /// As in Python, a POST to what is no script is answered 501 here.
    pub fn serve(&self, req: &Request<'_>, cx: &mut Cx<'_>) -> Option<Reply> {
        match self.script_for(req) {
            CgiMatch::Script(script) => Some(self.run(req, script, cx)),
            CgiMatch::Refused(failure) => Some(response(failure).into()),
            CgiMatch::NotCgi if req.method() == Method::Post => {
                let failure = Failure::new(Status::NOT_IMPLEMENTED)
                    .message("Can only POST to CGI scripts")
                    .cause("no CGI script");
                let response = Response::error(failure);
                Some(response.header("Allow", "GET, HEAD, OPTIONS").into())
            }
            CgiMatch::NotCgi => None,
        }
    }

    /// Runs a script for a request: when enough of its body is in, and its turn has come.
    ///
    /// Enough is all of a body of up to [`START_BYTES`](crate::cgi_limits::START_BYTES), so many
    /// bytes of a longer one, and all of a chunked one: no peer holds a place by sending slowly.
    pub fn run(&self, req: &Request<'_>, script: Script, cx: &mut Cx<'_>) -> Reply {
        let job = self.job(req, &script);
        let (bytes_max, until) = match req.body_len() {
            BodyLen::None => return self.run_bodiless(job, cx),
            BodyLen::Chunked => (self.spool_bytes_max, Until::End),
            BodyLen::Exact(bytes) if bytes <= START_BYTES as u64 => (bytes, Until::End),
            BodyLen::Exact(bytes) => (bytes, Until::Start),
        };
        if self.queue.is_full() {
            // It may not be by the time that the body is in; but a peer would rather know now.
            return response(crowded()).into();
        }
        let spool = Spool::new(&self.space, bytes_max);
        let run = Run::gathering(self.queue.clone(), job, spool, until);
        Reply::Exchange(Box::new(run))
    }

    fn run_bodiless(&self, job: Job, cx: &mut Cx<'_>) -> Reply {
        let Some(ticket) = self.queue.enter(waker(cx)) else {
            return response(crowded()).into();
        };
        let until = later(cx.now(), self.patience);
        let run = Run::waiting(self.queue.clone(), job, ticket, until);
        Reply::Exchange(Box::new(run))
    }

    fn job(&self, req: &Request<'_>, script: &Script) -> Job {
        let method = req.method().name();
        let whole = req.whole_path().as_bytes();
        let root = script.view.path().as_os_str().as_bytes();
        let mut script_name = whole[..whole.len() - script.path_info().len()].to_vec();
        script_name.extend_from_slice(&script.path[script.path.len() - script.index_len..]);
        let facts = env::Facts {
            method,
            target: req.target(),
            query: req.query(),
            version: req.version().name(),
            fields: req.headers().iter().collect(),
            body_bytes: match req.body_len() {
                BodyLen::Exact(bytes) => Some(bytes),
                // A declared length of zero is a body, though an empty one.
                BodyLen::None => req
                    .header("Content-Length")
                    .and_then(digits)
                    .filter(|&bytes| bytes == 0),
                BodyLen::Chunked => None,
            },
            peer: req.peer(),
            local: req.local_addr(),
            // Below a prefix, the peer knows the script by its whole path.
            script_name: &script_name,
            path_info: script.path_info(),
            script_file: script.file().as_os_str().as_bytes(),
            document_root: root,
            pass_authorization: self.pass_authorization,
        };
        let mut variables = self.variables.clone();
        variables.extend(env::variables(&facts));
        let file_name = script.file.file_name().unwrap_or_default();
        Job {
            name: String::from_utf8_lossy(script.name()).into_owned(),
            is_head: req.method() == Method::Head,
            speaks_http: file_name.as_bytes().starts_with(b"nph-"),
            silence: self.silence,
            patience: self.patience,
            start: self.start,
            tree: script.view.clone(),
            script: script.name()[1..].to_vec(),
            plan: Plan {
                file: script.file.clone(),
                arguments: env::arguments(method, req.query()),
                variables,
                user: self.user,
                descriptors_max: self.descriptors_max,
            },
        }
    }
}

/// What a regular file in the place of a script is: its name is the first `end` bytes of the path.
fn script(view: View, path: Vec<u8>, end: usize, mode: u32) -> CgiMatch {
    if mode & 0o111 == 0 {
        let message = format!("CGI script is not executable ({})", quoted(&path[..end]));
        let failure = Failure::new(Status::FORBIDDEN).message(message);
        return CgiMatch::Refused(failure.cause("script not executable"));
    }
    CgiMatch::Script(Script {
        file: view.path().join(OsStr::from_bytes(&path[1..end])),
        path,
        name_len: end,
        index_len: 0,
        view,
    })
}
