//! Resolving a path component by component, so that what is gone through is known.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};

use super::file::{Identity, Kind, node};
use super::open::{Base, Errno, Purpose, SEARCH, Symlinks, Why, retry};

/// Symbolic links followed in one walk, a count; Linux's own limit.
pub(super) const LINKS_MAX: usize = 40;

/// Path components looked at in one walk, a count: links multiply them. No path has more.
pub(super) const STEPS_MAX: usize = 4096;

/// One walk, no link followed by the kernel. It holds one directory open, however deep it goes.
pub(super) struct Walk<'a> {
    base: &'a Base<'a>,
    /// The directory it is in; none: the root.
    here: Option<OwnedFd>,
    /// Where it is: beneath the root, or anywhere, where an absolute link has led.
    is_beneath: bool,
    /// The directories it has gone down, from the root; or from `/`.
    below: Vec<Identity>,
    links: usize,
}

impl<'a> Walk<'a> {
    pub fn new(base: &'a Base<'a>) -> Walk<'a> {
        Walk {
            base,
            here: None,
            is_beneath: true,
            below: vec![base.identity],
            links: 0,
        }
    }

    /// The file, and the directories it is in.
    pub fn open(mut self, path: &[u8], purpose: Purpose) -> Result<(OwnedFd, Vec<Identity>), Why> {
        let mut rest = path.to_vec();
        let mut at = 0;
        for _ in 0..STEPS_MAX {
            let start = at + rest[at..].iter().take_while(|&&byte| byte == b'/').count();
            let slash = rest[start..].iter().position(|&byte| byte == b'/');
            let end = slash.map_or(rest.len(), |len| start + len);
            at = end;
            match &rest[start..end] {
                b"" if self.may_open() => {
                    let fd = self.open_one(b".", purpose.flags())?;
                    return Ok((fd, self.below));
                }
                b"" => return Err(Why::Outside),
                b"." => {}
                b".." => self.ascend()?,
                name if slash.is_some() || !self.may_open() => {
                    if let Err(error) = self.enter(name) {
                        let mut target = self.follow(name, error)?;
                        target.extend_from_slice(&rest[end..]);
                        (rest, at) = (target, 0);
                    }
                }
                name => match self.open_last(name, purpose) {
                    Ok(fd) => return Ok((fd, self.below)),
                    Err(error) => (rest, at) = (self.follow(name, error)?, 0),
                },
            }
        }
        Err(Why::Circle)
    }

    /// Whether what is opened here may be handed out; else it is only on the way.
    fn may_open(&self) -> bool {
        self.is_beneath || self.base.symlinks == Symlinks::Follow
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.here.as_ref().map_or(self.base.root, AsFd::as_fd)
    }

    fn open_one(&self, name: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        retry(|| openat(self.here(), name, flags | OFlags::NOFOLLOW, Mode::empty()))
    }

    fn open_last(&mut self, name: &[u8], purpose: Purpose) -> Result<OwnedFd, Errno> {
        let fd = self.open_one(name, purpose.flags())?;
        let node = node(fd.as_fd())?;
        match node.kind {
            // `O_PATH` opens the link itself.
            Kind::Symlink => return Err(Errno::LOOP),
            Kind::Directory => self.below.push(node.identity),
            Kind::Regular | Kind::Special => {}
        }
        Ok(fd)
    }

    fn enter(&mut self, name: &[u8]) -> Result<(), Errno> {
        let dir = self.open_one(name, SEARCH)?;
        self.come_to(dir)
    }

    /// Goes on from a directory further down. One that is the root is that, however it was reached.
    fn come_to(&mut self, dir: OwnedFd) -> Result<(), Errno> {
        let identity = node(dir.as_fd())?.identity;
        if !self.is_beneath && identity == self.base.identity {
            self.is_beneath = true;
            self.here = None;
            self.below.clear();
        } else {
            self.here = Some(dir);
        }
        self.below.push(identity);
        Ok(())
    }

    /// `..`. Beneath the root it must be where the walk came from: a directory may have been moved
    /// meanwhile.
    fn ascend(&mut self) -> Result<(), Why> {
        if self.is_beneath && self.below.len() == 1 {
            if self.base.symlinks != Symlinks::Follow {
                return Err(Why::Outside);
            }
            self.is_beneath = false;
        }
        self.below.pop();
        if self.is_beneath && self.below.len() == 1 {
            self.here = None;
            return Ok(());
        }
        let dir = self.open_one(b"..", SEARCH)?;
        if self.is_beneath && self.below.last() != Some(&node(dir.as_fd())?.identity) {
            return Err(Why::Changing);
        }
        self.here = Some(dir);
        Ok(())
    }

    /// The path to go on with, from here, if `name` failed to open for being a link; else why it
    /// failed. Systems disagree about that error, so the name is asked.
    fn follow(&mut self, name: &[u8], error: Errno) -> Result<Vec<u8>, Why> {
        let target = match error {
            Errno::NOENT | Errno::ACCESS | Errno::MFILE | Errno::NFILE | Errno::NOMEM => None,
            _ => readlinkat(self.here(), name, Vec::new()).ok(),
        };
        let Some(target) = target else {
            // Outside nothing is told but that it is outside.
            return Err(match error {
                Errno::MFILE | Errno::NFILE | Errno::NOMEM => error.into(),
                _ if self.may_open() => error.into(),
                _ => Why::Outside,
            });
        };
        if self.base.symlinks == Symlinks::Never {
            return Err(Why::Link);
        }
        if self.links == LINKS_MAX {
            return Err(Why::Circle);
        }
        self.links += 1;
        let target = target.into_bytes();
        if target.first() == Some(&b'/') {
            self.is_beneath = false;
            self.below.clear();
            let slash = retry(|| openat(CWD, "/", SEARCH, Mode::empty()))?;
            self.come_to(slash)?;
        }
        Ok(target)
    }
}
