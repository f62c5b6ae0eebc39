//! Patterns for the paths of files: `/assets/*.js`, `/**/*.html`. Pure.

use std::io;

use crate::handler::invalid;

/// Longest pattern, in bytes: no longer path can be opened (`PATH_MAX` of Linux).
pub const GLOB_BYTES_MAX: usize = 4096;

/// A pattern for whole paths, from the slash that they begin with.
///
/// ```
/// let scripts = sprat::Glob::new("/assets/**/*.js")?;
/// assert!(scripts.matches(b"/assets/app.js"));
/// assert!(scripts.matches(b"/assets/vendor/map/map.js"));
/// assert!(!scripts.matches(b"/app.js"));
/// # std::io::Result::Ok(())
/// ```
///
/// `*` is any characters of one name, none included, and `?` is one: neither is ever a slash.
/// `/**/` is a slash, or any number of directories between two. Nothing else is special, and a dot
/// is like any other character.
///
/// A match takes at most as many steps as the product of both lengths.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glob {
    /// What is between slashes. A name is a pattern, too.
    segments: Vec<Segment>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Segment {
    /// Zero or more names: `**` between slashes.
    Directories,
    /// One name.
    Name(Box<str>),
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `InvalidInput` if it does not begin with a slash, as all paths do, or is longer than 4,096
    /// bytes.
    pub fn new(text: &str) -> io::Result<Glob> {
        let names = text.strip_prefix('/');
        let names =
            names.ok_or_else(|| invalid(format!("{text:?} does not begin with a slash")))?;
        if text.len() > GLOB_BYTES_MAX {
            let message = format!("a pattern of over {GLOB_BYTES_MAX} bytes");
            return Err(invalid(message));
        }
        let (directories, name) = names.rsplit_once('/').unzip();
        let directories = directories.map(|names| names.split('/'));
        let mut segments = Vec::new();
        for name in directories.into_iter().flatten() {
            match name {
                // Several in a row are one.
                "**" if segments.last() == Some(&Segment::Directories) => {}
                "**" => segments.push(Segment::Directories),
                name => segments.push(Segment::Name(name.into())),
            }
        }
        segments.push(Segment::Name(name.unwrap_or(names).into()));
        Ok(Glob { segments })
    }

    /// Whether a path, as decoded bytes with or without its first slash, is one of these.
    pub fn matches(&self, path: &[u8]) -> bool {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        let mut segments = &self.segments[..];
        let mut rest = Some(path);
        // The last directories, and what is left of the path if they take one more. Only these
        // have to be tried again: what matches behind earlier ones, matches behind these.
        let mut again = None;
        loop {
            let next = match (segments, rest) {
                ([], None) => return true,
                ([Segment::Directories, behind @ ..], _) => {
                    again = rest.map(|path| (behind, path));
                    segments = behind;
                    continue;
                }
                ([Segment::Name(pattern), behind @ ..], Some(path)) => {
                    let (name, after) = split(path);
                    is_name(pattern.as_bytes(), name).then_some((behind, after))
                }
                _ => None,
            };
            (segments, rest) = match (next, again) {
                (Some((behind, after)), _) => (behind, after),
                (None, None) => return false,
                (None, Some((behind, path))) => {
                    let (_, after) = split(path);
                    again = after.map(|path| (behind, path));
                    (behind, after)
                }
            };
        }
    }
}

/// The first name of a path, and the path behind its slash, if there is one.
fn split(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    match path.iter().position(|&byte| byte == b'/') {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
}

/// Whether a name is one of these. As with directories, only the last star is tried again.
fn is_name(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        let next = match (pattern, name) {
            ([], []) => return true,
            ([b'*', behind @ ..], _) => {
                again = Some((behind, name));
                pattern = behind;
                continue;
            }
            ([b'?', behind @ ..], [_, ..]) => Some((behind, &name[char_len(name)..])),
            ([byte, behind @ ..], [other, rest @ ..]) if byte == other => Some((behind, rest)),
            _ => None,
        };
        (pattern, name) = match (next, again) {
            (Some(next), _) => next,
            (None, None | Some((_, []))) => return false,
            (None, Some((behind, from))) => {
                let from = &from[char_len(from)..];
                again = Some((behind, from));
                (behind, from)
            }
        };
    }
}

/// How many bytes the first character has; one that is not UTF-8 is a byte.
fn char_len(bytes: &[u8]) -> usize {
    const CHAR_BYTES_MAX: usize = 4;
    let start = &bytes[..bytes.len().min(CHAR_BYTES_MAX)];
    let first = start.utf8_chunks().next();
    let first = first.and_then(|chunk| chunk.valid().chars().next());
    first.map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests;
