//! The handler: which request is for a script, and the start of its run.

use super::failures::{crowded, refusal, response};
use super::find::{Decision, ScriptPlaces};
use super::job::{Job, RunSettings};
use super::limits::START_BYTES;
use super::obstacles::CgiObstacle;
use super::queue::Queue;
use super::run::{ScriptRun, Until, waker};
use super::script::{Glance, Script};
use super::space::Space;
use super::spool::Spool;
use crate::handler::{Cx, Failure, Reply, Request};
use crate::http::framing::BodyLen;
use crate::http::method::Method;
use crate::http::status::Status;
use crate::reactor::clock::later;
use crate::tree::{Guard, Refused, Root, is_hidden};

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
    pub(super) places: ScriptPlaces,
    pub(super) hide_dotfiles: bool,
    pub(super) runs: RunSettings,
    /// What was found at the start.
    pub(super) obstacles: Vec<CgiObstacle>,
    pub(super) spool_bytes_max: u64,
    pub(super) space: Space,
    pub(super) queue: Queue,
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

    /// What the file server must know to show no script under another name:
    /// [`FileServerBuilder::guard`](crate::FileServerBuilder::guard).
    pub fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Answers a request that is for a script, or must not reach the file handler; `None` for any
    /// other. Whoever takes the place of Python's server answers a POST to what is no script 501.
    pub fn serve(&self, req: &Request<'_>, cx: &mut Cx<'_>) -> Option<Reply> {
        match self.script_for(req) {
            CgiMatch::Script(script) => Some(self.run(req, script, cx)),
            CgiMatch::Refused(failure) => Some(response(failure).into()),
            CgiMatch::NotCgi => None,
        }
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
        let tree = Glance::new(&self.root, &self.guard);
        let hides = |path: &[u8]| self.hide_dotfiles && is_hidden(&path[1..]);
        match self.places.decide(path, &tree) {
            Decision::Script(at) if hides(&at.path[..at.name_len]) => {
                CgiMatch::Refused(refusal(path, Refused::Hidden))
            }
            Decision::Refused(_) if hides(path) => {
                CgiMatch::Refused(refusal(path, Refused::Hidden))
            }
            Decision::NotCgi => CgiMatch::NotCgi,
            Decision::Refused(failure) => CgiMatch::Refused(failure),
            Decision::Script(at) => match tree.view() {
                Ok(view) => CgiMatch::Script(Script::new(at, view.clone())),
                Err(refused) => CgiMatch::Refused(refusal(path, refused)),
            },
        }
    }

    /// Runs a script for a request: when enough of its body is in, and its turn has come.
    ///
    /// Enough is all of a body of up to [`START_BYTES`](crate::cgi_limits::START_BYTES), so many
    /// bytes of a longer one, and all of a chunked one: no peer holds a place by sending slowly.
    pub fn run(&self, req: &Request<'_>, script: Script, cx: &mut Cx<'_>) -> Reply {
        let job = Job::new(req, script, &self.runs);
        let (bytes_max, until) = match req.body_len() {
            BodyLen::None => return self.run_bodiless(job, cx),
            BodyLen::Chunked => (self.spool_bytes_max, Until::End),
            BodyLen::Exact(bytes) if bytes <= START_BYTES as u64 => (bytes, Until::End),
            BodyLen::Exact(bytes) => (bytes, Until::Start),
        };
        if self.queue.is_full_for(job.peer) {
            // It may not be by the time that the body is in; but a peer would rather know now.
            return response(crowded()).into();
        }
        let spool = Spool::new(self.space.share(job.peer), bytes_max);
        let run = ScriptRun::gathering(self.queue.clone(), job, spool, until);
        Reply::Exchange(Box::new(run))
    }

    fn run_bodiless(&self, job: Job, cx: &mut Cx<'_>) -> Reply {
        let Some(ticket) = self.queue.enter(job.peer, || waker(cx)) else {
            return response(crowded()).into();
        };
        let until = later(cx.now(), self.runs.patience);
        let run = ScriptRun::waiting(self.queue.clone(), job, ticket, until);
        Reply::Exchange(Box::new(run))
    }
}
