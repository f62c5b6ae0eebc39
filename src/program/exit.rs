//! Why the program ends, and what it warns of, in one line.

use std::fmt;
use std::io;
use std::os::fd::AsFd;

use sprat::log::LineSink;

/// Why the program ends, in one line.
#[derive(Debug)]
pub struct Fatal {
    /// The exit status.
    pub code: u8,
    /// What went wrong.
    pub line: String,
}

impl Fatal {
    /// The arguments are wrong.
    pub fn usage(cause: impl fmt::Display) -> Fatal {
        Fatal {
            code: 2,
            line: format!("error: {cause}"),
        }
    }

    /// The system refuses something.
    pub fn system(what: impl fmt::Display, error: &io::Error) -> Fatal {
        Fatal {
            code: 1,
            line: format!("{what}: {}", cause(error)),
        }
    }

    /// It ends before what it was started for has come to pass.
    pub fn not_taken() -> Fatal {
        Fatal {
            code: 3,
            line: "ended before anybody took the whole file (--once)".into(),
        }
    }
}

/// Tells on stderr what is not as it was asked for, or should not be so. Nobody is waited for.
pub fn warn(what: impl fmt::Display) {
    offer(io::stderr(), &format!("sprat: warning: {what}\n"));
}

/// Prints what nobody may be there to read: a closed or a full descriptor does not stop it.
pub fn offer(fd: impl AsFd, text: &str) {
    let mut sink = LineSink::new(fd);
    sink.line(text.as_bytes());
    sink.flush();
}

/// The text of a system error, without the number that std adds.
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].into(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
