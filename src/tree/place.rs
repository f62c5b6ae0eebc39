//! Where a served tree is: the path it was given, and what is open of what has that path.
//!
//! The path is looked at before each request, so that a directory that was removed and made again,
//! replaced by another, or mounted over is found; what is open stays open for those who have begun.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};

use super::refused::Refused;
use crate::sys::absolute::open_absolute;
use crate::sys::directory::is_removed;
use crate::sys::file::{Identity, Kind, Node, node, node_at, node_in};
use crate::sys::filesystem::is_faithful;
use crate::sys::open::{Errno, Purpose, open_path};
use crate::sys::process::effective_user;

/// The number of root.
const ROOT: u32 = 0;

/// A path, and what is open there.
#[derive(Debug)]
pub(super) struct Place {
    /// The path that was given, made absolute at the start. Links in it are still links.
    given: PathBuf,
    kind: Kind,
    /// The links in it at the start: where in the path each ends.
    links: Vec<usize>,
    /// Who may put another directory there, beside the user that this process runs as.
    owners: Vec<u32>,
    current: Mutex<Arc<Ground>>,
}

/// What was open at some time.
#[derive(Debug)]
pub(super) struct Ground {
    /// The directory; of a single file, the one that it is in.
    pub fd: OwnedFd,
    pub identity: Identity,
    /// Its number is no other's while it is open.
    keeps_number: bool,
    /// Its absolute path without links.
    pub path: PathBuf,
    /// The single file, if one is served alone.
    pub single: Option<Single>,
}

/// A single file that was found.
#[derive(Debug)]
pub(super) struct Single {
    /// Its name in its directory.
    pub name: Vec<u8>,
    node: Node,
    /// Whether it has the same number whenever it is asked for.
    keeps_number: bool,
}

impl Single {
    /// Whether it is what was found. It is not held open, so its number may be another file's by
    /// now; but never that of a file which its owner did not make.
    fn is(&self, found: &Node) -> bool {
        self.node.identity == found.identity && self.node.owner == found.owner
    }

    /// Whether it is what was found a moment later by its name in its directory: where that is
    /// given another number each time, it has the same owner and has not changed.
    pub fn is_still(&self, found: &Node) -> bool {
        let has_stayed = || {
            let facts = |node: &Node| (node.kind, node.owner, node.changed);
            !self.keeps_number && facts(&self.node) == facts(found)
        };
        self.is(found) || has_stayed()
    }
}

impl Place {
    pub fn open(path: &Path) -> io::Result<Place> {
        let given = absolute(path)?;
        let (mut links, mut owners) = (Vec::new(), vec![ROOT]);
        let opened = open_absolute(
            given.as_os_str().as_bytes(),
            Purpose::Read,
            &mut |end, owner| {
                links.push(end);
                owners.push(owner);
                true
            },
        )?;
        let node = node(opened.as_fd())?;
        owners.push(node.owner);
        if !matches!(node.kind, Kind::Directory | Kind::Regular) {
            let message = "neither a directory nor a regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if node.kind == Kind::Directory {
            // Reading lists it; opening files in it takes search permission as well.
            node_in(opened.as_fd(), b".")?;
        }
        let ground = Ground::new(&given, opened, &node)?;
        Ok(Place {
            given,
            kind: node.kind,
            links,
            owners,
            current: Mutex::new(Arc::new(ground)),
        })
    }

    /// The name that was given.
    pub fn name(&self) -> Option<&OsStr> {
        self.given.file_name()
    }

    /// The path that was given, made absolute.
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// Whether another one is the same path, and the same directory was found there.
    pub fn is_same(&self, other: &Place) -> bool {
        self.given == other.given && self.current().identity == other.current().identity
    }

    pub fn is_single(&self) -> bool {
        self.kind == Kind::Regular
    }

    /// What was open when it was last looked at.
    pub fn current(&self) -> Arc<Ground> {
        let current = self.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the path, and opens what is there if that is another than what is open: one
    /// `stat(2)`, a third of a microsecond, and one `fstat(2)` where numbers are given anew.
    pub fn look(&self) -> Result<Arc<Ground>, Refused> {
        let current = self.current();
        let given = self.given.as_os_str().as_bytes();
        let refused = match node_at(given, true) {
            Ok(node) if current.is_still(&node) => return Ok(current),
            Ok(node) if node.kind == self.kind => match self.adopt() {
                Ok(ground) => {
                    let ground = Arc::new(ground);
                    let slot = self.current.lock();
                    *slot.unwrap_or_else(PoisonError::into_inner) = ground.clone();
                    return Ok(ground);
                }
                Err(refused) => refused,
            },
            Ok(_) => Refused::Gone,
            Err(Errno::NOENT | Errno::NOTDIR) => Refused::Gone,
            Err(error) => Refused::of(error),
        };
        // A directory that was renamed is served on.
        if current.single.is_none() && !is_removed(current.fd.as_fd()) {
            return Ok(current);
        }
        Err(refused)
    }

    /// Opens what has the path now. Whoever can write to the directory above could put anything
    /// there, so it must belong to somebody who is trusted, and links count only where there was
    /// one at the start.
    fn adopt(&self) -> Result<Ground, Refused> {
        let given = self.given.as_os_str().as_bytes();
        // It may have become another user since the start.
        let own = effective_user();
        let is_trusted = |owner| owner == own || self.owners.contains(&owner);
        let mut follows = |end, owner| self.links.contains(&end) && is_trusted(owner);
        let open = |purpose, follows: &mut dyn FnMut(usize, u32) -> bool| {
            open_absolute(given, purpose, follows).map_err(|error| match error {
                Errno::LOOP => Refused::Foreign,
                Errno::NOENT | Errno::NOTDIR => Refused::Gone,
                error => Refused::of(error),
            })
        };
        // One that cannot be read is served all the same: files in it may be.
        let opened = match open(Purpose::Read, &mut follows) {
            Err(Refused::Denied) => open(Purpose::Look, &mut follows)?,
            answer => answer?,
        };
        let node = node(opened.as_fd()).map_err(Refused::of)?;
        if node.kind != self.kind {
            return Err(Refused::Gone);
        }
        if !is_trusted(node.owner) {
            return Err(Refused::Foreign);
        }
        Ground::new(&self.given, opened, &node).map_err(|error| {
            // It was replaced meanwhile: the next look finds that.
            Errno::from_io_error(&error).map_or(Refused::Busy, Refused::of)
        })
    }
}

impl Ground {
    /// What was opened as `given`.
    fn new(given: &Path, opened: OwnedFd, node: &Node) -> io::Result<Ground> {
        let path = given.canonicalize()?;
        if node.kind == Kind::Directory {
            return Ok(Ground {
                keeps_number: is_faithful(opened.as_fd()),
                fd: opened,
                identity: node.identity,
                path,
                single: None,
            });
        }
        let (Some(directory), Some(file)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let fd = open_path(directory.as_os_str().as_bytes(), Purpose::Search)?;
        let keeps_number = is_faithful(fd.as_fd());
        let single = Single {
            name: file.as_bytes().to_vec(),
            node: *node,
            keeps_number,
        };
        // Their names were resolved twice, and one of them may have changed in between.
        if !single.is_still(&node_in(fd.as_fd(), file.as_bytes())?) {
            return Err(Errno::AGAIN.into());
        }
        Ok(Ground {
            keeps_number,
            identity: self::node(fd.as_fd())?.identity,
            fd,
            single: Some(single),
            path: directory.to_path_buf(),
        })
    }

    /// Whether what was found at the path is what is open. Some file systems give the number of a
    /// removed directory to the next one although it is open, so that must be alive as well.
    fn is_still(&self, found: &Node) -> bool {
        match &self.single {
            Some(file) => file.is(found),
            None => {
                self.identity == found.identity
                    && (self.keeps_number || node(self.fd.as_fd()).is_ok_and(|node| node.links > 0))
            }
        }
    }
}
