//! What one run of a script is to do: made from a request, and then independent of it.

use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::child::{Plan, Start};
use super::env::{self, RequestFacts};
use super::environment::Environment;
use super::script::Script;
use super::user::User;
use crate::handler::Request;
use crate::http::framing::BodyLen;
use crate::http::grammar::digits;
use crate::http::method::Method;
use crate::http::peer::PeerKey;

/// What all runs have in common.
pub struct RunSettings {
    /// What every script gets, whatever its request says.
    pub variables: Environment,
    /// The user that scripts run as; `None` for the server's own.
    pub user: Option<User>,
    /// Their soft limit on descriptors, a count.
    pub descriptors_max: u64,
    /// Whether they see `Authorization`.
    pub pass_authorization: bool,
    /// How long a script may be silent; `None` for ever.
    pub silence: Option<Duration>,
    /// How long a request waits for its turn.
    pub patience: Duration,
    /// How they are started.
    pub start: Start,
}

/// One run.
pub struct Job {
    /// The script's URL path, for the log.
    pub name: String,
    /// Who asks for it.
    pub peer: PeerKey,
    /// Where it is found when its turn has come.
    pub script: Script,
    /// What to start.
    pub plan: Plan,
    /// How to start it.
    pub start: Start,
    /// Whether the request is a HEAD.
    pub is_head: bool,
    /// Whether the script's output is the whole message (`nph-`).
    pub speaks_http: bool,
    /// How long the script may be silent; `None` for ever.
    pub silence: Option<Duration>,
    /// How long the request waits for its turn.
    pub patience: Duration,
}

impl Job {
    /// The run of this script for this request.
    pub fn new(req: &Request<'_>, script: Script, settings: &RunSettings) -> Job {
        let file_name = script.file().file_name().unwrap_or_default();
        Job {
            name: String::from_utf8_lossy(script.name()).into_owned(),
            peer: PeerKey::of(req.peer()),
            is_head: req.method() == Method::Head,
            speaks_http: file_name.as_bytes().starts_with(b"nph-"),
            silence: settings.silence,
            patience: settings.patience,
            start: settings.start,
            plan: Plan {
                file: script.file().to_owned(),
                arguments: env::arguments(req.method().name(), req.query()),
                variables: variables(req, &script, settings),
                user: settings.user,
                descriptors_max: settings.descriptors_max,
            },
            script,
        }
    }
}

/// The whole environment of a script.
fn variables(req: &Request<'_>, script: &Script, settings: &RunSettings) -> Environment {
    // Below a prefix, the peer knows the script by its whole path.
    let whole = req.whole_path().as_bytes();
    let shown = &whole[..whole.len() - script.path_info().len()];
    let script_name = [shown, script.index_page()].concat();
    let facts = RequestFacts {
        method: req.method().name(),
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
        scheme: req.scheme(),
        local: req.local_addr(),
        script_name: &script_name,
        path_info: script.path_info(),
        script_file: script.file().as_os_str().as_bytes(),
        document_root: script.root().as_os_str().as_bytes(),
        pass_authorization: settings.pass_authorization,
    };
    let mut variables = settings.variables.clone();
    variables.extend(env::variables(&facts));
    variables
}
