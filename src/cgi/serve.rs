//! Which URL is which script, and what to answer where there is none.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::Plan;
use super::env::{self, Variable};
use super::failures::{busy, response};
use super::find::{Place, place, quoted, split};
use super::process::{Given, Job};
use super::queue::Queue;
use super::run::{Run, waker};
use super::user::User;
use crate::handler::{Cx, Failure, Reply, Request, Response};
use crate::http::framing::BodyLen;
use crate::http::grammar::digits;
use crate::http::method::Method;
use crate::http::status::Status;
use crate::sys::file::{Kind, stat};
use crate::sys::open::{Errno, Symlinks, open_beneath, search_beneath};

/// Runs scripts beneath its directories (Python's `CGIHTTPRequestHandler`).
///
/// Put it in front of the file handler, which would hand out the scripts' source:
///
/// ```no_run
/// # use sprat::{Cgi, Cx, Handler, Reply, Request, Response, Status};
/// struct Site {
///     cgi: Cgi,
/// }
///
/// impl Handler for Site {
///     fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
///         match self.cgi.serve(req, cx) {
///             Some(reply) => reply,
///             None => Response::new(Status::OK).bytes(&b"no script"[..]).into(),
///         }
///     }
/// }
/// # fn main() -> std::io::Result<()> {
/// let site = Site { cgi: Cgi::builder("/srv/www").directories(["/cgi-bin"]).build()? };
/// # Ok(()) }
/// ```
///
/// Scripts are looked up beneath the root with the policy for links, and a file that is reached
/// through a CGI directory is never anything but run. A link *elsewhere* in the tree that leads
/// into a CGI directory is served by the file handler like any file: do not lay one.
///
/// Between the look and the start, a script's path is resolved twice. Whoever can change the tree
/// in between can have another program run; but so can whoever can write a script.
pub struct Cgi {
    pub(super) root: OwnedFd,
    pub(super) root_path: PathBuf,
    pub(super) symlinks: Symlinks,
    pub(super) directories: Vec<Vec<u8>>,
    pub(super) variables: Vec<Variable>,
    pub(super) overrides: Vec<Variable>,
    pub(super) user: Option<User>,
    pub(super) silence: Option<Duration>,
    pub(super) patience: Duration,
    pub(super) pass_authorization: bool,
    pub(super) spool_bytes_max: u64,
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

/// A script, and how the path of a request splits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    path: Vec<u8>,
    name_len: usize,
    file: PathBuf,
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
    /// Says what a request is, without starting anything.
    ///
    /// The decided path counts, as the file handler sees it: `/cgi-bin%2fx` and `/a/../cgi-bin/x`
    /// are `/cgi-bin/x`. A CGI directory itself, without a slash, is for the file handler, which
    /// redirects; with one, its listing is refused.
    pub fn script_for(&self, req: &Request<'_>) -> CgiMatch {
        self.look_up(req.url_path().as_bytes())
    }

    pub(super) fn look_up(&self, path: &[u8]) -> CgiMatch {
        let start = match place(path, &self.directories) {
            Place::Outside => return CgiMatch::NotCgi,
            Place::Alike => {
                return CgiMatch::Refused(missing(path, "CGI directory in other letter case"));
            }
            Place::Beneath(start) => start,
        };
        let mut mode = 0;
        let end = split(path, start, &mut |relative| {
            let (kind, bits) = self.kind_of(relative)?;
            mode = bits;
            Ok(kind)
        });
        let end: Option<(usize, Kind)> = match end {
            Ok(end) => end,
            Err(error) => return CgiMatch::Refused(self.refusal(path, &error)),
        };
        match end {
            None => CgiMatch::Refused(not_plain(path, "directory")),
            Some((end, Kind::Regular)) if mode & 0o111 == 0 => {
                let message = format!("CGI script is not executable ({})", quoted(&path[..end]));
                let failure = Failure::new(Status::FORBIDDEN).message(message);
                CgiMatch::Refused(failure.cause("script not executable"))
            }
            Some((end, Kind::Regular)) => CgiMatch::Script(Script {
                path: path.to_vec(),
                name_len: end,
                file: self.root_path.join(OsStr::from_bytes(&path[1..end])),
            }),
            Some((end, _)) => CgiMatch::Refused(not_plain(&path[..end], "not a regular file")),
        }
    }

    /// The kind and the permission bits of a path beneath the root, links followed by the policy.
    fn kind_of(&self, relative: &[u8]) -> io::Result<(Kind, u32)> {
        let (root, root_path) = (self.root.as_fd(), self.root_path.as_os_str().as_bytes());
        let opened = open_beneath(root, root_path, relative, self.symlinks);
        let fd = opened.or_else(|error| match error.kind() {
            // A directory that may only be searched is passed through all the same.
            io::ErrorKind::PermissionDenied => {
                search_beneath(root, root_path, relative, self.symlinks).map_err(|_| error)
            }
            _ => Err(error),
        })?;
        let stat = stat(fd.as_fd())?;
        Ok((stat.kind, stat.mode))
    }

    /// What to answer when a path beneath a CGI directory cannot be opened.
    fn refusal(&self, path: &[u8], error: &io::Error) -> Failure {
        match Errno::from_io_error(error) {
            Some(Errno::ACCESS | Errno::PERM) => {
                let message = format!("CGI script is not executable ({})", quoted(path));
                let failure = Failure::new(Status::FORBIDDEN).message(message);
                failure.cause("no read permission")
            }
            Some(Errno::XDEV) => missing(path, "symlink leaves root, --symlinks follow allows it"),
            Some(Errno::LOOP) if self.symlinks == Symlinks::Never => {
                missing(path, "symlink, --symlinks inside allows it")
            }
            Some(Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP) => {
                not_plain(path, "not a regular file")
            }
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN) => {
                busy("out of descriptors or memory, or the path keeps changing")
            }
            _ => missing(path, "not found"),
        }
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

    /// Runs a script for a request: at once, or when its turn comes.
    pub fn run(&self, req: &Request<'_>, script: Script, cx: &mut Cx<'_>) -> Reply {
        let job = self.job(req, &script);
        let given = match req.body_len() {
            BodyLen::Chunked => {
                let run = Run::spooling(self.queue.clone(), job, self.spool_bytes_max);
                return Reply::Exchange(Box::new(run));
            }
            BodyLen::None => Given::Nothing,
            BodyLen::Exact(_) => Given::Stream,
        };
        let Some(ticket) = self.queue.enter(waker(cx)) else {
            return response(busy("too many requests wait for a script")).into();
        };
        let until = cx.now() + self.patience;
        let run = Run::waiting(self.queue.clone(), job, given, ticket, until);
        Reply::Exchange(Box::new(run))
    }

    fn job(&self, req: &Request<'_>, script: &Script) -> Job {
        let method = req.method().name();
        let whole = req.whole_path().as_bytes();
        let root = self.root_path.as_os_str().as_bytes();
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
            script_name: &whole[..whole.len() - script.path_info().len()],
            path_info: script.path_info(),
            script_file: script.file().as_os_str().as_bytes(),
            document_root: root,
            pass_authorization: self.pass_authorization,
        };
        let mut variables = self.variables.clone();
        variables.extend(env::variables(&facts));
        variables.extend(self.overrides.iter().cloned());
        let file_name = script.file.file_name().unwrap_or_default();
        Job {
            name: String::from_utf8_lossy(script.name()).into_owned(),
            is_head: req.method() == Method::Head,
            speaks_http: file_name.as_bytes().starts_with(b"nph-"),
            silence: self.silence,
            patience: self.patience,
            plan: Plan {
                file: script.file.clone(),
                arguments: env::arguments(method, req.query()),
                variables,
                user: self.user,
            },
        }
    }
}

/// 404 in Python's words.
fn missing(path: &[u8], cause: &'static str) -> Failure {
    Failure::new(Status::NOT_FOUND)
        .message(format!("No such CGI script ({})", quoted(path)))
        .cause(cause)
}

/// 403 in Python's words.
fn not_plain(path: &[u8], cause: &'static str) -> Failure {
    Failure::new(Status::FORBIDDEN)
        .message(format!("CGI script is not a plain file ({})", quoted(path)))
        .cause(cause)
}
