//! Files that are closed whatever they are called: scripts, which are run and never shown.

use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use super::closed::{Closed, is_alike};
use super::landmark::Landmark;
use super::place::Place;
use super::{Refused, Root};
use crate::sys::open::{Base, Errno, Purpose, Symlinks, Why};

/// What a file server must not show: the directories of scripts, and single scripts, by identity.
/// Made by `Cgi::guard`, for [`FileServerBuilder::guard`](crate::FileServerBuilder::guard).
///
/// Whatever name leads to them (a link, a bind mount, another spelling on a file system that takes
/// it for the same), it is compared by device and inode, as they are at the time of the request.
/// What a file system gives two inode numbers cannot be told so: there names are compared without
/// ASCII letter case, and without dots and spaces at their ends. A mount of what is *within* a
/// directory of scripts is not known.
#[derive(Clone, Debug)]
pub struct Guard {
    root: Root,
    places: Arc<[Vec<u8>]>,
}

impl Guard {
    /// Closes what has these paths beneath the root; they begin with a slash.
    #[cfg(any(test, feature = "cgi"))]
    pub(crate) fn new(root: Root, places: &[Vec<u8>]) -> Guard {
        Guard {
            root,
            places: places.into(),
        }
    }

    /// What these guards close now.
    ///
    /// # Errors
    /// Why that cannot be known; then nothing may be shown to anybody.
    pub(crate) fn closed(guards: &[Guard]) -> Result<Closed, Refused> {
        let mut closed = Closed::default();
        for guard in guards {
            guard.add_to(&mut closed)?;
        }
        Ok(closed)
    }

    /// The paths that these guards close in the tree of a place, and what they lead to now. `None`
    /// where a look at them would not tell whether what has this path is closed.
    pub(super) fn landmarks(
        guards: &[Guard],
        place: &Place,
        relative: &[u8],
    ) -> Option<Vec<Landmark>> {
        let mut landmarks = Vec::new();
        for guard in guards {
            // In another tree, these paths would have to be looked at with its own root.
            if !guard.root.place.is_same(place) {
                return None;
            }
            for closed in &*guard.places {
                // It may be closed for its name, too.
                if is_alike(relative, &closed[closed.len().min(1)..]) {
                    return None;
                }
                let path = [place.given().as_os_str().as_bytes(), closed].concat();
                landmarks.push(Landmark::set(path, true)?);
            }
        }
        Some(landmarks)
    }

    fn add_to(&self, closed: &mut Closed) -> Result<(), Refused> {
        let view = match self.root.view() {
            Err(Refused::Gone | Refused::Foreign) => return Ok(()),
            view => view?,
        };
        // Wherever a link leads, scripts are there.
        let base = Base {
            symlinks: Symlinks::Follow,
            ..view.base()
        };
        for place in &*self.places {
            match base.open(place, Purpose::Look) {
                Ok(fd) => closed.add(fd, place)?,
                Err(why) if is_none(why) => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(())
    }
}

/// Whether there is nothing to close: nothing at all, or nothing that this process could reach.
fn is_none(why: Why) -> bool {
    use Errno as E;
    matches!(
        why,
        Why::Circle | Why::System(E::NOENT | E::NOTDIR | E::ACCESS | E::NAMETOOLONG)
    )
}
