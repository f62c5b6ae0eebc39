//! What a path is to the handler: a script (and which part is PATH_INFO, RFC 3875 section 3.3), a
//! refusal, or none of its business. Pure: the tree is a [`Lookup`].

use super::failures::{missing, not_executable, not_plain, refusal};
use crate::handler::Failure;
use crate::sys::file::Kind;
use crate::tree::{Refused, is_alike};

/// What is asked of the tree. Paths come without their first slash.
pub trait Lookup {
    /// The kind and the permission bits of what a path leads to.
    ///
    /// # Errors
    /// Why it cannot be reached.
    fn kind_of(&self, path: &[u8]) -> Result<(Kind, u32), Refused>;

    /// The same, and whether it is a script or in a directory of scripts, whatever it is called.
    ///
    /// # Errors
    /// Why it cannot be reached, or why that is not known.
    fn judge(&self, path: &[u8]) -> Result<(Kind, u32, bool), Refused>;
}

/// Where scripts are, as decided paths without a slash at their end.
pub struct ScriptPlaces {
    /// The CGI directories; a file among them is itself a script.
    pub directories: Vec<Vec<u8>>,
    /// Where those that are links really are: there, the file server would hand out scripts.
    pub real_places: Vec<Vec<u8>>,
    /// The names of index pages, of which some may be scripts.
    pub index_pages: Vec<String>,
}

/// What a path is.
#[derive(Debug)]
pub enum Decision {
    /// For another handler.
    NotCgi,
    /// A script.
    Script(ScriptPath),
    /// To be answered so.
    Refused(Failure),
}

/// The path of a request for a script, and how it splits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptPath {
    /// The decoded path, and behind it the name of an index page that the request has left out.
    pub path: Vec<u8>,
    /// How many bytes of it name the script; PATH_INFO follows.
    pub name_len: usize,
    /// How many of these are the index page.
    pub index_len: usize,
}

impl ScriptPlaces {
    /// Decides about a decided path.
    pub fn decide(&self, path: &[u8], tree: &impl Lookup) -> Decision {
        let start = match area(path, &self.directories) {
            Area::Within(start) => start,
            Area::Alike => {
                return Decision::Refused(missing(path, "CGI directory spelt otherwise"));
            }
            Area::Outside if area(path, &self.real_places) != Area::Outside => {
                return Decision::Refused(missing(path, "real place of a CGI directory"));
            }
            Area::Outside => return self.index(path, tree).unwrap_or(Decision::NotCgi),
        };
        let mut mode = 0;
        let end = split(path, start, &mut |relative| {
            let (kind, bits) = tree.kind_of(relative)?;
            mode = bits;
            Ok(kind)
        });
        match end {
            // The directory itself, or nothing: the file server redirects, or says so.
            Ok(None) | Err(_) if start == path.len() => Decision::NotCgi,
            Err(refused) => Decision::Refused(refusal(path, refused)),
            Ok(None) => self.index(path, tree).unwrap_or_else(|| {
                let failure = not_plain(path, "directory");
                Decision::Refused(failure)
            }),
            Ok(Some((end, Kind::Regular))) => script(path.to_vec(), end, 0, mode),
            Ok(Some((end, _))) => Decision::Refused(not_plain(&path[..end], "not a regular file")),
        }
    }

    /// The index page of a directory, if that is a script, by its name or for what it is. The file
    /// server says whatever else there is to say.
    fn index(&self, path: &[u8], tree: &impl Lookup) -> Option<Decision> {
        if !path.ends_with(b"/") {
            return None;
        }
        for name in &self.index_pages {
            let page = [path, name.as_bytes()].concat();
            match tree.judge(&page[1..]) {
                Ok((Kind::Regular, mode, is_closed)) => {
                    let is_ours = matches!(area(&page, &self.directories), Area::Within(_));
                    let end = page.len();
                    return (is_closed || is_ours).then(|| script(page, end, name.len(), mode));
                }
                Ok(_) | Err(Refused::NotFound | Refused::NotRegular) => {}
                Err(_) => return None,
            }
        }
        None
    }
}

/// What a regular file in the place of a script is.
fn script(path: Vec<u8>, name_len: usize, index_len: usize, mode: u32) -> Decision {
    if mode & 0o111 == 0 {
        let failure = not_executable(&path[..name_len], "script not executable");
        return Decision::Refused(failure);
    }
    Decision::Script(ScriptPath {
        path,
        name_len,
        index_len,
    })
}

/// What a path is to some directories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// None of them, and beneath none.
    Outside,
    /// One of them or beneath one: its name is this many bytes of the path.
    Within(usize),
    /// So only if letter case, and dots and spaces at the end of names, are ignored. A file system
    /// may do so, and give one directory two numbers; then the file server would hand out scripts.
    Alike,
}

/// Where a decided path lies. `directories` have no slash at their end.
pub fn area(path: &[u8], directories: &[Vec<u8>]) -> Area {
    let mut area = Area::Outside;
    for directory in directories {
        let rest = path.strip_prefix(&directory[..]);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/")) {
            return Area::Within(directory.len());
        }
        if is_alike(path, directory) {
            area = Area::Alike;
        }
    }
    area
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}

/// The end of the script's name in `path`, of which the first `start` bytes name a CGI directory,
/// and what it is.
///
/// The first element that is no directory is the script; so may be what was given for a CGI
/// directory. `Ok(None)`: all are directories.
///
/// # Errors
/// Those of `kind_of`, which is asked for paths without their first slash: the whole one, and then
/// longer and longer ones.
pub fn split<E>(
    path: &[u8],
    start: usize,
    kind_of: &mut dyn FnMut(&[u8]) -> Result<Kind, E>,
) -> Result<Option<(usize, Kind)>, E> {
    if path.len() > start + 1 && !path.ends_with(b"/") {
        // One look is enough for most: whatever is found lies behind directories only.
        if let Ok(kind) = kind_of(&path[1..]) {
            let is_directory = kind == Kind::Directory;
            return Ok((!is_directory).then_some((path.len(), kind)));
        }
    }
    let mut at = start;
    loop {
        if at > 0 {
            let kind = kind_of(&path[1..at])?;
            if kind != Kind::Directory {
                return Ok(Some((at, kind)));
            }
        }
        if at + 1 >= path.len() {
            return Ok(None);
        }
        let rest = &path[at + 1..];
        let len = rest.iter().position(is_slash);
        at += 1 + len.unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests;
