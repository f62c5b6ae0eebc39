//! What scripts need of a tree: to know what a path is without opening it, and where to start.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use super::closed::Closed;
use super::{Kind, Refused, View};
use crate::sys::file::{node, stat, stat_at};
use crate::sys::open::{Errno, Purpose, Why};

impl View {
    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.ground.path
    }

    /// The kind and the permission bits of a path beneath the root, links followed by the policy.
    ///
    /// # Errors
    /// Why not.
    pub fn kind_of(&self, path: &[u8]) -> Result<(Kind, u32), Refused> {
        let stat = match self.base().open(path, Purpose::Look) {
            Ok(fd) => stat(fd.as_fd()),
            // Where a look takes read permission, a program that may only be run is run all the
            // same; what is no file is looked at no further.
            Err(Why::System(Errno::ACCESS)) if !cfg!(target_os = "linux") => {
                let (directory, name) = self.parent_of(path)?;
                let stat = stat_at(directory.as_fd(), name, false);
                match stat.as_ref().map(|stat| stat.kind) {
                    Ok(Kind::Regular | Kind::Directory) => stat,
                    _ => return Err(Refused::Denied),
                }
            }
            Err(why) => return Err(why.into()),
        };
        let stat = stat.map_err(|error| Refused::from(&error))?;
        Ok((stat.kind, stat.mode))
    }

    /// The kind and the permission bits of a path beneath the root, and whether it is
    /// closed.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, path: &[u8], closed: &Closed) -> Result<(Kind, u32, bool), Refused> {
        let (fd, ancestors) = self.base().trace(path, Purpose::Look)?;
        let stat = stat(fd.as_fd()).map_err(|error| Refused::from(&error))?;
        let identity = node(fd.as_fd()).map_err(Refused::of)?.identity;
        Ok((stat.kind, stat.mode, closed.covers(&ancestors, identity)))
    }

    /// Opens the directory that a path lies in, and says what its name there is: for whatever is
    /// then done with that name, which is not followed.
    ///
    /// # Errors
    /// Why not.
    pub fn parent_of<'p>(&self, path: &'p [u8]) -> Result<(OwnedFd, &'p [u8]), Refused> {
        let slash = path.iter().rposition(|&byte| byte == b'/');
        let (parent, name) = match slash {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b""[..], path),
        };
        Ok((self.base().open(parent, Purpose::Search)?, name))
    }

    /// Opens the directory that a script is to be started in. Whatever is renamed from then on,
    /// the script comes from there.
    ///
    /// # Errors
    /// Why not: `NotRegular` for what is no file any more.
    pub fn directory_of(&self, script: &[u8]) -> Result<OwnedFd, Refused> {
        let (directory, name) = self.parent_of(script)?;
        let stat = stat_at(directory.as_fd(), name, false);
        match stat.map_err(|error| Refused::from(&error))?.kind {
            Kind::Regular => {}
            // The policy decides, which knows the whole path.
            Kind::Symlink if self.kind_of(script)?.0 == Kind::Regular => {}
            _ => return Err(Refused::NotFound),
        }
        Ok(directory)
    }
}
