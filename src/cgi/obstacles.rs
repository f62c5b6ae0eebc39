//! What keeps scripts from working as they should, as far as that is known at the start.

use std::fmt;
use std::io;

use super::user::User;
use crate::sys::spawn::{UserFault, try_user};
use crate::tree::{Refused, Root};

/// Where scripts are if nothing else is said, as in Python.
pub const USUAL_DIRECTORIES: [&str; 2] = ["/cgi-bin", "/htbin"];

/// What keeps scripts from working as they should: [`Cgi::obstacles`](crate::Cgi::obstacles).
#[derive(Debug)]
#[non_exhaustive]
pub enum CgiObstacle {
    /// No script can become the user that scripts run as, so each is answered 500: root without its
    /// capabilities, or in a user namespace.
    User(io::Error),
    /// Scripts can be started as their user but not be signalled (root without CAP_KILL): one whose
    /// time is up, or whose peer has left, goes on until it ends by itself.
    Signals(io::Error),
    /// Nothing can be reached beneath the root by the path of a CGI directory that was named.
    Directory(String, Refused),
}

impl fmt::Display for CgiObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CgiObstacle::User(error) => write!(f, "no CGI script will run: {error}"),
            CgiObstacle::Signals(error) => {
                write!(
                    f,
                    "no CGI script can be ended before it ends by itself: {error}"
                )
            }
            CgiObstacle::Directory(path, refused) => {
                write!(f, "no CGI script at {path}: {}", refused.cause())
            }
        }
    }
}

/// Looks for all of them: by a child that becomes the user, and by the paths of directories that
/// are not the usual ones, of which a site need not have any.
pub fn look(root: &Root, user: Option<User>, directories: &[Vec<u8>]) -> Vec<CgiObstacle> {
    let mut obstacles = Vec::new();
    match user.map(|user| try_user(user.uid, user.gid)) {
        None | Some(Ok(())) => {}
        Some(Err(UserFault::Become(error))) => obstacles.push(CgiObstacle::User(error)),
        Some(Err(UserFault::Signal(error))) => obstacles.push(CgiObstacle::Signals(error)),
    }
    let Ok(view) = root.view() else {
        return obstacles;
    };
    for path in directories {
        if path.is_empty()
            || USUAL_DIRECTORIES
                .iter()
                .any(|usual| usual.as_bytes() == path)
        {
            continue;
        }
        if let Err(refused) = view.kind_of(&path[1..]) {
            let path = String::from_utf8_lossy(path).into_owned();
            obstacles.push(CgiObstacle::Directory(path, refused));
        }
    }
    obstacles
}
