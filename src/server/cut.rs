//! Why a response is cut that has begun, where that is not the peer's own doing: somebody should
//! know. An error without such a cause is a peer that has left.

use std::fmt;
use std::io;

use crate::handler::Told;

/// What an error that ends a connection is to say in the log.
#[derive(Debug)]
pub struct Cut(String);

impl Cut {
    /// An error with this cause.
    pub fn because(kind: io::ErrorKind, cause: impl Into<String>) -> io::Error {
        io::Error::new(kind, Cut(cause.into()))
    }

    /// An error of a file that is being sent.
    pub fn file(error: io::Error) -> io::Error {
        Cut::because(error.kind(), format!("file: {error}"))
    }

    /// A file that is not what it was.
    pub fn changed() -> io::Error {
        let cause = "the file was changed or cut short meanwhile";
        Cut::because(io::ErrorKind::UnexpectedEof, cause)
    }

    /// An error of a source or an exchange, unless it has told its cause itself.
    pub fn source(error: io::Error) -> io::Error {
        let inner = error.get_ref();
        if inner.is_some_and(|inner| inner.is::<Told>() || inner.is::<Cut>()) {
            return error;
        }
        Cut::because(error.kind(), format!("source: {error}"))
    }

    /// The cause in an error, if it has one.
    pub fn in_error(error: &io::Error) -> Option<&str> {
        let cut = error.get_ref()?.downcast_ref::<Cut>()?;
        Some(&cut.0)
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cut {}

#[cfg(test)]
mod tests;
