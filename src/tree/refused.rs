//! Why nothing could be opened: what each error of the system means, in one table.

use std::borrow::Cow;
use std::io;

use crate::sys::open::{Errno, Why};

/// Why nothing could be opened.
///
/// To the peer, what passes by itself ([`is_busy`](Self::is_busy)) is 503, what is broken
/// ([`Failed`](Self::Failed)) 500 and everything else 404: a peer that mirrors a tree deletes what
/// is 404, so only what is known not to be there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// No such file, or a path that goes through a file.
    NotFound,
    /// A link leads outside the root.
    Outside,
    /// A link, and none may be followed.
    Link,
    /// A FIFO, socket or device.
    NotRegular,
    /// No permission.
    Denied,
    /// Out of descriptors, or the tree keeps changing.
    Busy,
    /// Somebody holds a lease on the file, and was asked to give it up (fcntl(2), `F_SETLEASE`).
    Leased,
    /// A CGI script, or in a directory of them, under another name: see
    /// [`Guard`](crate::Guard).
    Script,
    /// A name on the way begins with a dot, and such are hidden.
    Hidden,
    /// The root itself is not there.
    Gone,
    /// What has the root's path now is somebody else's, or a link where there was none.
    Foreign,
    /// The file system does not answer at present: the system's error number.
    Away(i32),
    /// The file system is broken, or says what nobody expects: the system's error number.
    Failed(i32),
}

impl Refused {
    /// The cause for the log.
    pub fn cause(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Refused::NotFound => "not found",
            Refused::Outside => "symlink leaves root, --symlinks follow allows it",
            Refused::Link => "symlink, --symlinks inside allows it",
            Refused::NotRegular => "not a regular file",
            Refused::Denied => "no read permission",
            Refused::Busy => "out of descriptors or memory, or the path keeps changing",
            Refused::Leased => "another program holds a lease on the file",
            Refused::Script => "CGI script under another name",
            Refused::Hidden => "hidden by --hide-dotfiles",
            Refused::Gone => "the served directory is not there",
            Refused::Foreign => "the served directory was replaced by somebody else's",
            Refused::Away(number) | Refused::Failed(number) => {
                let error = io::Error::from_raw_os_error(number).to_string();
                let end = error.find(" (os error ").unwrap_or(error.len());
                return Cow::Owned(error[..end].to_owned());
            }
        })
    }

    /// Whether another try may find it.
    pub fn is_busy(self) -> bool {
        matches!(self, Refused::Busy | Refused::Leased | Refused::Away(_))
    }

    /// Whether to the peer it is as if nothing were there.
    pub(crate) fn is_absence(self) -> bool {
        !self.is_busy() && !matches!(self, Refused::Failed(_))
    }

    /// What an error of the system means.
    pub(crate) fn of(error: Errno) -> Refused {
        match error {
            // The last three: names that the file system cannot have.
            Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG | Errno::INVAL | Errno::ILSEQ => {
                Refused::NotFound
            }
            Errno::ACCESS | Errno::PERM => Refused::Denied,
            Errno::XDEV => Refused::Outside,
            // A socket, a device without a driver.
            Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => Refused::NotRegular,
            Errno::MFILE | Errno::NFILE | Errno::NOMEM => Refused::Busy,
            Errno::AGAIN => Refused::Leased,
            // A server that does not answer; an automounter says ELOOP of one.
            Errno::STALE
            | Errno::NOTCONN
            | Errno::TIMEDOUT
            | Errno::LOOP
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::NETDOWN
            | Errno::NETUNREACH
            | Errno::CONNREFUSED
            | Errno::CONNABORTED
            | Errno::CONNRESET
            | Errno::INTR
            | Errno::BUSY => Refused::Away(error.raw_os_error()),
            _ => Refused::Failed(error.raw_os_error()),
        }
    }
}

impl From<Why> for Refused {
    fn from(why: Why) -> Refused {
        match why {
            Why::Link => Refused::Link,
            Why::Circle => Refused::NotFound,
            Why::Outside => Refused::Outside,
            Why::Changing => Refused::Busy,
            Why::System(error) => Refused::of(error),
        }
    }
}

#[cfg(test)]
mod tests;
