//! What the program is to the server: files, and Python's log on stderr.

use std::fmt;
use std::io::{self, Stderr, stderr};

use sprat::log::ServerLog;
use sprat::{Cx, FileServer, Handler, Log, MimeMap, Reply, Request, Version};

use crate::cli::{Charset, Config};

/// Why the program ends, in one line.
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub exit_code: u8,
    /// What went wrong.
    pub line: String,
}

impl Failure {
    /// The arguments are wrong.
    pub fn usage(cause: impl fmt::Display) -> Failure {
        Failure {
            exit_code: 2,
            line: format!("error: {cause}"),
        }
    }

    /// The system refuses something.
    pub fn system(what: impl fmt::Display, error: &io::Error) -> Failure {
        Failure {
            exit_code: 1,
            line: format!("{what}: {}", cause(error)),
        }
    }
}

/// What the system says, without the number that std adds.
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].into(),
        None => text,
    }
}

/// Opens what is to be served.
pub fn open_files(config: &Config) -> Result<FileServer, Failure> {
    let mut types = MimeMap::default().default_type(&config.content_type);
    types = match (&config.charset, config.protocol) {
        (Charset::Given(charset), _) => types.charset(charset.clone()),
        (Charset::Usual, Version::Http10) => types.charset(None),
        (Charset::Usual, Version::Http11) => types,
    };
    for (extension, media_type) in &config.media_types {
        types = types.extension(extension, media_type);
    }
    let mut files = FileServer::builder(&config.directory)
        .symlinks(config.symlinks)
        .index_pages(config.index_pages.clone())
        .listing(config.listing)
        .mime(types);
    for (name, value) in &config.headers {
        files = files.header(name.clone(), value.clone());
    }
    files.open().map_err(|error| {
        Failure::usage(format_args!(
            "argument -d/--directory: cannot serve {:?}: {}",
            config.directory,
            cause(&error)
        ))
    })
}

/// The program's handler.
pub struct Program {
    files: FileServer,
    /// `None` is `--quiet`: then no line is even made.
    log: Option<ServerLog<Stderr>>,
}

impl Program {
    /// Serves these files as the configuration says.
    pub fn new(config: &Config, files: FileServer) -> Program {
        Program {
            files,
            log: (!config.quiet).then(|| ServerLog::new(stderr())),
        }
    }
}

impl Handler for Program {
    fn handle(&mut self, req: &Request<'_>, _cx: &mut Cx<'_>) -> Reply {
        self.files.serve(req)
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Some(log) = &mut self.log {
            log.entry(&entry);
        }
    }

    fn turn_ended(&mut self) {
        if let Some(log) = &mut self.log {
            log.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_have_no_numbers() {
        let error = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(cause(&error), "entity not found");
        let error = std::fs::File::open("/nonexistent/file").unwrap_err();
        assert_eq!(cause(&error), "No such file or directory");
    }
}
