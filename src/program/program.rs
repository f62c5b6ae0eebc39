//! What the program is to the server: files, and Python's log on stderr.

use std::time::Instant;

use sprat::limits::{FILE_CACHE_BYTES_MAX, LISTING_NAME_BYTES_MAX, LISTINGS_MAX};
use sprat::log::PENDING_BYTES_MAX;
use sprat::{
    Builder, CommonHeaders, Cx, FileServer, FileServerBuilder, Handler, Headers, Limits, Log,
    Memory, Policy, Reply, Request, Response, Version,
};
#[cfg(feature = "cgi")]
use sprat::{Cgi, CgiBuilder, CgiObstacle, Failure, Method, Status};

use crate::cli::{Charset, Config, cannot_serve};
use crate::exit::Fatal;
use crate::log_file::ProgramLog;

/// What the program and its libraries write to by themselves, in bytes: measured 210 KB on Linux,
/// 300 KB in a debug build.
pub const PROGRAM_BYTES: usize = 512 * 1024;

/// What the log takes, in bytes: lines that wait, in a buffer that doubles, and the one at hand.
const LOG_BYTES: usize = 2 * PENDING_BYTES_MAX + 64 * 1024;

/// Names that listings sort for each connection that there may be, in bytes: 1,500 of usual length.
/// So few connections never take much memory for listings.
const LISTING_NAME_BYTES_EACH: usize = 64 * 1024;

/// How many large listings there may be at once, and how many bytes of names they sort.
pub fn listings_max(config: &Config) -> (usize, usize) {
    match config.limits.connections_max {
        0 => (LISTINGS_MAX, LISTING_NAME_BYTES_MAX),
        few => {
            let name_bytes = few.saturating_mul(LISTING_NAME_BYTES_EACH);
            (
                LISTINGS_MAX.min(few),
                LISTING_NAME_BYTES_MAX.min(name_bytes),
            )
        }
    }
}

/// What the files that are remembered take for each connection that there may be, in bytes.
const FILE_CACHE_BYTES_EACH: usize = 4 * 1024;

/// What they take in all.
pub fn file_cache_max(config: &Config) -> usize {
    match config.limits.connections_max {
        _ if !config.file_cache => 0,
        0 => FILE_CACHE_BYTES_MAX,
        few => FILE_CACHE_BYTES_MAX.min(few.saturating_mul(FILE_CACHE_BYTES_EACH)),
    }
}

/// What is to be served.
fn files(config: &Config) -> FileServerBuilder {
    let mut types = config.mime.clone().default_type(&config.content_type);
    types = match (&config.charset, config.protocol) {
        (Charset::Given(charset), _) => types.charset(charset.clone()),
        (Charset::Usual, Version::Http10) => types.charset(None),
        (Charset::Usual, Version::Http11) => types,
    };
    let (places, name_bytes) = listings_max(config);
    let mut files = FileServer::builder(config.root())
        .symlinks(config.symlinks)
        .index_pages(config.index_pages.clone())
        .clean_urls(config.clean_urls)
        .hide_dotfiles(config.hide_dotfiles)
        .etags(config.etags)
        .etag_content_max(config.etag_content_bytes_max)
        .precompressed(config.precompressed)
        .markdown(config.markdown)
        .listings_max(places, name_bytes)
        .file_cache_max(file_cache_max(config))
        .mime(types);
    if let Some(style) = config.listing {
        files = files.listing(style);
    }
    if let Some(path) = &config.spa {
        files = files.spa(path);
    }
    if let Some(path) = &config.not_found {
        files = files.not_found(path);
    }
    for [glob, name, value] in &config.headers_for {
        files = files.header_for(glob, name, value);
    }
    files
}

/// The builder with what the configuration says of connections and of the end.
pub fn configured(builder: Builder, config: &Config) -> Builder {
    let mut builder = builder
        .limits(config.limits.clone())
        .protocol(config.protocol)
        .drain_delay(config.drain_delay)
        .trusted_proxies(
            config
                .proxies
                .clone()
                .fields(config.forwarded)
                .proxy_protocol(config.proxy_protocol),
        );
    if let Some(time) = config.idle_end {
        builder = builder.drain_when_deserted(time, config.drain_grace());
    }
    if config.once {
        builder = builder.drain_when_taken(config.drain_grace());
    }
    match &config.health {
        Some(path) => builder.health(path.clone()),
        None => builder,
    }
}

/// The fields that every answer has.
fn headers(config: &Config) -> Result<CommonHeaders, Fatal> {
    let mut headers = CommonHeaders::default();
    for (name, value) in &config.headers {
        headers = headers
            .header(name.clone(), value.clone())
            .map_err(|error| Fatal::usage(format_args!("argument -H/--header: {error}")))?;
    }
    Ok(headers)
}

/// Opens where scripts are, if they are to be run.
#[cfg(feature = "cgi")]
fn open_cgi(config: &Config) -> Result<Option<Cgi>, Fatal> {
    if !config.cgi.on {
        return Ok(None);
    }
    let opened = cgi(config).build().map_err(|error| {
        Fatal::usage(format_args!(
            "cannot run CGI scripts: {}",
            crate::exit::cause(&error)
        ))
    })?;
    sprat::keep_descriptors_from_children()
        .map_err(|error| Fatal::system("cannot keep descriptors from scripts", &error))?;
    sprat::keep_exits_of_children()
        .map_err(|error| Fatal::system("cannot learn of exits of scripts", &error))?;
    Ok(Some(opened))
}

#[cfg(feature = "cgi")]
fn cgi(config: &Config) -> CgiBuilder {
    let options = &config.cgi;
    let mut cgi = Cgi::builder(config.root())
        .symlinks(config.symlinks)
        .directories(options.directories.clone())
        .hide_dotfiles(config.hide_dotfiles)
        .index_pages(config.index_pages.clone())
        .timeout(options.timeout)
        .max(options.scripts_max)
        .max_per_peer(options.scripts_per_peer_max)
        .pass_authorization(options.pass_authorization)
        .max_body(options.body_bytes_max)
        .spool_max(options.spool_bytes_max)
        .spool_max_per_peer(options.spool_per_peer_bytes_max);
    if let Some(user) = &options.user {
        cgi = cgi.user(user);
    }
    for (name, value) in &options.variables {
        cgi = cgi.env(name, value.clone());
    }
    cgi
}

/// An obstacle, and what to do.
#[cfg(feature = "cgi")]
fn with_hint(obstacle: &CgiObstacle) -> String {
    let hint = match obstacle {
        CgiObstacle::User(_) => {
            "dropped capabilities or a user namespace? --cgi-user names another user"
        }
        CgiObstacle::Signals(_) => "keep CAP_KILL, or run sprat itself as the scripts' user",
        CgiObstacle::Directory(..) => {
            "--cgi-directories takes URL paths, in place of /cgi-bin and /htbin"
        }
        _ => return obstacle.to_string(),
    };
    format!("{obstacle} ({hint})")
}

/// As in Python, a POST to what is no script is 501 with a message of its own.
#[cfg(feature = "cgi")]
fn no_script_to_post_to() -> Reply {
    let failure = Failure::new(Status::NOT_IMPLEMENTED)
        .message("Can only POST to CGI scripts")
        .cause("no CGI script");
    let response = Response::error(failure);
    response.header("Allow", "GET, HEAD, OPTIONS").into()
}

/// The program's handler.
pub struct Program {
    #[cfg(feature = "cgi")]
    cgi: Option<Cgi>,
    files: FileServer,
    policy: Policy,
    headers: CommonHeaders,
    /// `None` is `--quiet`: then no line is even made.
    log: Option<ProgramLog>,
}

impl Program {
    /// Opens what the configuration names, but the log, which is open.
    ///
    /// # Errors
    /// What of it cannot be served.
    pub fn open(config: &Config, log: Option<ProgramLog>) -> Result<Program, Fatal> {
        let files = files(config);
        #[cfg(feature = "cgi")]
        let cgi = open_cgi(config);
        #[cfg(feature = "cgi")]
        let files = match &cgi {
            Ok(Some(cgi)) => files.guard(cgi.guard()),
            _ => files,
        };
        // What is wrong with the directory is said of the directory, not of scripts.
        let files = files
            .open()
            .map_err(|error| Fatal::usage(cannot_serve(&config.directory, &error)))?;
        Ok(Program {
            #[cfg(feature = "cgi")]
            cgi: cgi?,
            files,
            policy: config.policy.clone(),
            headers: headers(config)?,
            log,
        })
    }

    /// What will keep it from doing all that it was asked for, and what to do, a line for each.
    pub fn obstacles(&self) -> Vec<String> {
        let missing = self.files.missing_pages().into_iter().map(|path| {
            format!("{path:?} is not in the directory now (--spa and --not-found need it there)")
        });
        #[cfg(feature = "cgi")]
        let missing = missing.chain(
            (self.cgi.iter())
                .flat_map(|cgi| cgi.obstacles().iter().map(with_hint).collect::<Vec<_>>()),
        );
        missing.collect()
    }

    /// From now on the log is out of reach by its path.
    pub fn keep_log(&mut self) {
        if let Some(log) = &mut self.log {
            log.keep();
        }
    }

    /// Opens the log anew: it was rotated.
    pub fn reopen_log(&mut self) {
        if let Some(log) = &mut self.log {
            log.reopen();
        }
    }

    /// The children that are the server's to reap.
    pub fn children(&self) -> Vec<u32> {
        #[cfg(feature = "cgi")]
        if let Some(cgi) = &self.cgi {
            return cgi.children();
        }
        Vec::new()
    }

    /// The most memory that it takes, the server under these limits included.
    pub fn memory(&self, limits: &Limits) -> Memory {
        let log = self.log.as_ref().map_or(0, |_| LOG_BYTES);
        let own = Memory::default()
            .plus("the program", PROGRAM_BYTES, 0)
            .plus("log lines", log, 0)
            // The buffer of a response doubles.
            .plus("fields of -H", 0, 2 * self.headers.bytes())
            .plus("fields for other origins", 0, 2 * self.policy.bytes())
            .and(limits.memory());
        #[cfg(feature = "cgi")]
        if let Some(cgi) = &self.cgi {
            return own.and(self.files.memory().or(cgi.memory(limits)));
        }
        own.and(self.files.memory())
    }
}

impl Handler for Program {
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        if let Some(response) = self.policy.serve(req) {
            return response.into();
        }
        #[cfg(feature = "cgi")]
        if let Some(cgi) = &self.cgi {
            // A script may be the index page of a directory: to know that takes more than a look.
            if req.url_path().is_directory() {
                if let Some(response) = self.files.recalled(req, cx) {
                    return response.into();
                }
            }
            if let Some(reply) = cgi.serve(req, cx) {
                return self.files.with_not_found_page(req, reply);
            }
            if req.method() == Method::Post {
                return no_script_to_post_to();
            }
        }
        self.files.handle(req, cx)
    }

    fn finish(&mut self, fields: Headers<'_>, response: &mut Response) {
        self.policy.apply(fields, response);
        self.headers.apply(response);
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Some(log) = &mut self.log {
            log.entry(&entry);
        }
    }

    fn work(&mut self, now: Instant) -> Option<Instant> {
        self.files.work(now)
    }

    fn turn_ended(&mut self) {
        if let Some(log) = &mut self.log {
            log.flush();
        }
    }
}

#[cfg(all(test, feature = "cgi"))]
mod tests;
