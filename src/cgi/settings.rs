//! What a program sets for its scripts.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::spawn;
use super::environment::Environment;
use super::find::ScriptPlaces;
use super::job::RunSettings;
use super::limits::{SCRIPTS_MAX, SILENCE_TIME, SPACE_BYTES_MAX, SPOOL_BYTES_MAX, WAITING_TIME};
use super::obstacles::{self, USUAL_DIRECTORIES};
use super::queue::Queue;
use super::serve::Cgi;
use super::space::Space;
use super::user::User;
use crate::http::target::UrlPath;
use crate::sys::account::Account;
use crate::sys::limits::descriptors_max;
use crate::sys::open::Symlinks;
use crate::sys::own::{effective_group, effective_user};
use crate::tree::{Guard, Root};

/// Variables of the server's own environment that every script gets.
const INHERITED: [&str; 3] = ["PATH", "LANG", "TZ"];

/// PATH for scripts of a server that has none.
const PATH: &[u8] = b"/usr/local/bin:/usr/bin:/bin";

/// Builds a [`Cgi`].
#[derive(Clone, Debug)]
pub struct CgiBuilder {
    root: PathBuf,
    symlinks: Symlinks,
    directories: Vec<String>,
    index_pages: Vec<String>,
    hide_dotfiles: bool,
    variables: Vec<(OsString, Option<OsString>)>,
    user: Option<String>,
    timeout: Duration,
    scripts_max: usize,
    scripts_per_peer_max: usize,
    pass_authorization: bool,
    spool_bytes_max: u64,
    space_bytes_max: u64,
    space_per_peer_bytes_max: u64,
}

impl Cgi {
    /// A handler for scripts beneath this directory, which is the one that files are served from.
    pub fn builder(root: impl Into<PathBuf>) -> CgiBuilder {
        CgiBuilder {
            root: root.into(),
            symlinks: Symlinks::default(),
            directories: USUAL_DIRECTORIES.map(String::from).into(),
            index_pages: vec!["index.html".into(), "index.htm".into()],
            hide_dotfiles: false,
            variables: Vec::new(),
            user: None,
            timeout: SILENCE_TIME,
            scripts_max: SCRIPTS_MAX,
            scripts_per_peer_max: 0,
            pass_authorization: false,
            spool_bytes_max: SPOOL_BYTES_MAX,
            space_bytes_max: SPACE_BYTES_MAX,
            space_per_peer_bytes_max: 0,
        }
    }
}

impl CgiBuilder {
    /// The URL paths whose files are scripts, at any depth, in place of `/cgi-bin` and `/htbin`.
    /// One that names a file is itself a script.
    pub fn directories(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> CgiBuilder {
        self.directories = paths.into_iter().map(Into::into).collect();
        self
    }

    /// The names of index pages, as [`FileServerBuilder::index_pages`] has them: one that is a
    /// script is run for its directory.
    ///
    /// [`FileServerBuilder::index_pages`]: crate::FileServerBuilder::index_pages
    pub fn index_pages(mut self, names: Vec<String>) -> CgiBuilder {
        self.index_pages = names;
        self
    }

    /// Whether scripts are 404 that have a name on their path which begins with a dot, as
    /// [`FileServerBuilder::hide_dotfiles`](crate::FileServerBuilder::hide_dotfiles) has files.
    pub fn hide_dotfiles(mut self, hide: bool) -> CgiBuilder {
        self.hide_dotfiles = hide;
        self
    }

    /// What to do with symbolic links; the default is to follow those that stay inside.
    pub fn symlinks(mut self, symlinks: Symlinks) -> CgiBuilder {
        self.symlinks = symlinks;
        self
    }

    /// Gives scripts a variable: with this value, or with the one it has in the server's own
    /// environment. It wins over a meta-variable of the same name, and over one that a field of the
    /// request would be; with neither value, scripts have no such variable at all. The last of
    /// several of one name counts.
    pub fn env(mut self, name: impl Into<OsString>, value: Option<OsString>) -> CgiBuilder {
        self.variables.push((name.into(), value));
        self
    }

    /// The user that scripts run as, as [`Account::look_up`] takes it; of its groups they are in
    /// the first alone. Only root can change it; for root the default is `nobody`.
    pub fn user(mut self, name: impl Into<String>) -> CgiBuilder {
        self.user = Some(name.into());
        self
    }

    /// How long a script may be silent; zero means for ever. The default is 300 s. A request waits
    /// for its turn no longer than this either.
    pub fn timeout(mut self, timeout: Duration) -> CgiBuilder {
        self.timeout = timeout;
        self
    }

    /// How many scripts may run at once, at least one. The default is 32. More requests wait:
    /// peers are served in turn, and of each peer that one first of whose body enough was in first;
    /// see [`Cgi::run`]. A peer is who asks ([`Request::peer`](crate::Request::peer)): an IPv4
    /// address, or the first 64 bits of one of IPv6.
    ///
    /// Where [as many as may](crate::cgi_limits::WAITING_MAX) wait, the newest of the peer with
    /// most that wait is answered 503 for a newcomer of a peer with fewer.
    pub fn max(mut self, scripts: usize) -> CgiBuilder {
        self.scripts_max = scripts.max(1);
        self
    }

    /// How many of them may run for one peer; 0, the default, means as many as there may be at all.
    /// Its other requests wait.
    pub fn max_per_peer(mut self, scripts: usize) -> CgiBuilder {
        self.scripts_per_peer_max = scripts;
        self
    }

    /// Whether scripts see `Authorization`, as HTTP_AUTHORIZATION. By default they do not.
    pub fn pass_authorization(mut self, pass: bool) -> CgiBuilder {
        self.pass_authorization = pass;
        self
    }

    /// The longest chunked request body, in bytes; it takes a temporary file of that size. The
    /// default is 1 GiB. Bodies of a declared length are streamed and have no limit here. In a
    /// program that lives under a limit on file sizes, SIGXFSZ must not have its default action.
    pub fn max_body(mut self, bytes: u64) -> CgiBuilder {
        self.spool_bytes_max = bytes;
        self
    }

    /// How many bytes all chunked request bodies may have in temporary files together; past it
    /// the answer is 507. The default is 1 GiB. One of up to 64 KiB needs no file. The room of a
    /// body is taken until its request is over and its script has ended.
    pub fn spool_max(mut self, bytes: u64) -> CgiBuilder {
        self.space_bytes_max = bytes;
        self
    }

    /// How many of these bytes those of one peer may have; past it the answer is 507. 0, the
    /// default, means all. A peer is who asks, as for [`max_per_peer`](CgiBuilder::max_per_peer).
    pub fn spool_max_per_peer(mut self, bytes: u64) -> CgiBuilder {
        self.space_per_peer_bytes_max = bytes;
        self
    }

    /// Opens the root and looks the user up. Scripts will have the soft limit on descriptors that
    /// there is now: raise it [later](crate::raise_descriptor_limit), for many old programs handle
    /// no more than 1,024 of them.
    ///
    /// # Errors
    /// `NotFound`, `PermissionDenied` or `NotADirectory` for a root that is not there, cannot be
    /// read or is a file; `NotFound` for an unknown user; `PermissionDenied` for another user than
    /// its own where the server is not root; `InvalidInput` for a CGI directory or a variable that
    /// has no valid name.
    pub fn build(self) -> io::Result<Cgi> {
        let root = Root::open(&self.root, self.symlinks)?;
        if root.single_file().is_some() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let mut variables = Environment::default();
        // The last of several wins, and the first that is given stays.
        for (name, value) in self.variables.into_iter().rev() {
            let value = value.or_else(|| std::env::var_os(&name));
            let (name, value) = (name.into_vec(), value.map(OsString::into_vec));
            if name.is_empty() || name.iter().any(|byte| b"=\0".contains(byte)) {
                return Err(invalid("a variable has no valid name"));
            }
            if value.iter().flatten().any(|&byte| byte == 0) {
                return Err(invalid("a variable holds NUL"));
            }
            match value {
                Some(value) => variables.give(name, value),
                // The program's all the same: a peer must not fill it in by a field.
                None => variables.withhold(name),
            }
        }
        inherit(&mut variables);
        let user: Option<User> = match (self.user, effective_user()) {
            (Some(name), 0) => Some(Account::look_up(&name)?.into()),
            // As in Python.
            (None, 0) => Some(Account::nobody().into()),
            (None, _) => None,
            (Some(name), own) if is_own(&name, Account::look_up(&name)?.into(), own) => None,
            (Some(_), _) => {
                let message = "only root can run scripts as another user";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
            }
        };
        let user =
            user.filter(|user| (user.uid, user.gid) != (effective_user(), effective_group()));
        let directories = directories(&self.directories)?;
        let obstacles = obstacles::look(&root, user, &directories);
        let each_max = match self.scripts_per_peer_max {
            0 => self.scripts_max,
            most => most,
        };
        let silence = (!self.timeout.is_zero()).then_some(self.timeout);
        Ok(Cgi {
            guard: Guard::new(root.clone(), &directories),
            places: ScriptPlaces {
                real_places: real_places(&root.path(), &directories),
                directories,
                index_pages: self.index_pages,
            },
            root,
            hide_dotfiles: self.hide_dotfiles,
            runs: RunSettings {
                variables,
                user,
                descriptors_max: descriptors_max() as u64,
                pass_authorization: self.pass_authorization,
                silence,
                patience: silence.map_or(WAITING_TIME, |silence| silence.min(WAITING_TIME)),
                start: spawn,
            },
            obstacles,
            spool_bytes_max: self.spool_bytes_max,
            space: Space::new(self.space_bytes_max, self.space_per_peer_bytes_max),
            queue: Queue::new(self.scripts_max, each_max),
        })
    }
}

/// The CGI directories as decided paths without a slash at their end.
fn directories(paths: &[String]) -> io::Result<Vec<Vec<u8>>> {
    paths
        .iter()
        .map(|path| {
            let path = UrlPath::decode(format!("/{path}").as_bytes());
            let path = path.map_err(|_| invalid("a CGI directory is no valid path"))?;
            let bytes = path.as_bytes();
            Ok(bytes.strip_suffix(b"/").unwrap_or(bytes).to_vec())
        })
        .collect()
}

/// The other paths beneath the root, but the root itself, that CGI directories have for being or
/// lying behind symbolic links.
fn real_places(root: &Path, directories: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let real_place = |directory: &Vec<u8>| {
        let path = root.join(OsStr::from_bytes(directory.get(1..)?));
        let real = path.canonicalize().ok()?;
        let relative = real.strip_prefix(root).ok()?.as_os_str().as_bytes();
        let place = [b"/", relative].concat();
        (!relative.is_empty() && place != *directory).then_some(place)
    };
    directories.iter().filter_map(real_place).collect()
}

/// Adds what scripts get of the server's own environment.
fn inherit(variables: &mut Environment) {
    for name in INHERITED {
        let value = std::env::var_os(name).map(OsString::into_vec);
        let value = match name {
            "PATH" => Some(value.unwrap_or_else(|| PATH.to_vec())),
            _ => value,
        };
        if let Some(value) = value {
            variables.give(name.into(), value);
        }
    }
}

/// Whether this is the server's own user; without a group named, in whichever group it is.
fn is_own(name: &str, user: User, own: u32) -> bool {
    user.uid == own && (!name.contains(':') || user.gid == effective_group())
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
