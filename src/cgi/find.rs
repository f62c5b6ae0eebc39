//! Which part of a path is the script, and which is PATH_INFO (RFC 3875 section 3.3): pure.

use crate::sys::file::Kind;

/// What a path is to the CGI directories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// None of them, and beneath none.
    Outside,
    /// One of them or beneath one: its name is this many bytes of the path.
    Within(usize),
    /// So only if letter case is ignored. A file system may do so; then the file server would hand
    /// out scripts.
    Alike,
}

/// Where a decided path lies. `directories` have no slash at their end.
pub fn place(path: &[u8], directories: &[Vec<u8>]) -> Place {
    let mut place = Place::Outside;
    for directory in directories {
        let Some((head, rest)) = path.split_at_checked(directory.len()) else {
            continue;
        };
        let is_whole = rest.is_empty() || rest.starts_with(b"/");
        if !is_whole || !head.eq_ignore_ascii_case(directory) {
            continue;
        }
        if head == directory {
            return Place::Within(directory.len());
        }
        place = Place::Alike;
    }
    place
}

/// The end of the script's name in `path`, of which the first `start` bytes name a CGI directory,
/// and what it is.
///
/// The first element that is no directory is the script; so may be what was given for a CGI
/// directory. `Ok(None)`: all are directories.
///
/// # Errors
/// What `kind_of`, which is asked for longer and longer paths without their first slash, says.
pub fn split<E>(
    path: &[u8],
    start: usize,
    kind_of: &mut dyn FnMut(&[u8]) -> Result<Kind, E>,
) -> Result<Option<(usize, Kind)>, E> {
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
        let len = rest.iter().position(|&byte| byte == b'/');
        at += 1 + len.unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests;
