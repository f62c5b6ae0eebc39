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
mod tests {
    use super::*;

    #[test]
    fn only_a_directory_and_paths_beneath_it_are_its() {
        let directories = [b"/cgi-bin".to_vec(), b"/a/b/cgi".to_vec()];
        for (path, want) in [
            ("/cgi-bin/x", Place::Within(8)),
            ("/cgi-bin/", Place::Within(8)),
            ("/a/b/cgi/x/y", Place::Within(8)),
            ("/cgi-bin", Place::Within(8)),
            ("/cgi-bin2/x", Place::Outside),
            ("/cgi-bi", Place::Outside),
            ("/x/cgi-bin/x", Place::Outside),
            ("/a/b/x", Place::Outside),
            ("/", Place::Outside),
            ("/CGI-bin/x", Place::Alike),
            ("/A/b/cgi/", Place::Alike),
            ("/CGI-BIN", Place::Alike),
            ("/CGI-BIN2", Place::Outside),
        ] {
            assert_eq!(place(path.as_bytes(), &directories), want, "{path}");
        }
        assert_eq!(place(b"/x", &[Vec::new()]), Place::Within(0));
        assert_eq!(place(b"/", &[Vec::new()]), Place::Within(0));
    }

    #[test]
    fn first_element_that_is_no_directory_is_the_script() {
        let mut kind_of = |path: &[u8]| match path {
            b"cgi-bin" | b"cgi-bin/dir" | b"cgi-bin/dir/deep" => Ok(Kind::Directory),
            b"one" | b"cgi-bin/x" | b"cgi-bin/dir/y" => Ok(Kind::Regular),
            b"cgi-bin/fifo" => Ok(Kind::Special),
            _ => Err(()),
        };
        for (path, want) in [
            ("/cgi-bin/x", Ok(Some("/cgi-bin/x"))),
            ("/cgi-bin/x/", Ok(Some("/cgi-bin/x"))),
            ("/cgi-bin/x/y/z", Ok(Some("/cgi-bin/x"))),
            ("/cgi-bin/dir/y/i", Ok(Some("/cgi-bin/dir/y"))),
            ("/cgi-bin/fifo/i", Ok(Some("/cgi-bin/fifo"))),
            ("/cgi-bin", Ok(None)),
            ("/cgi-bin/", Ok(None)),
            ("/cgi-bin/dir", Ok(None)),
            ("/cgi-bin/dir/", Ok(None)),
            ("/cgi-bin/dir/deep/", Ok(None)),
            ("/cgi-bin/none", Err(())),
            ("/cgi-bin/dir/none/x", Err(())),
        ] {
            let got = split(path.as_bytes(), 8, &mut kind_of);
            let got = got.map(|end| end.map(|(end, _)| &path[..end]));
            assert_eq!(got, want, "{path}");
        }
        for (path, want) in [
            ("/one", Ok(Some((4, Kind::Regular)))),
            ("/one/i", Ok(Some((4, Kind::Regular)))),
            ("/two", Err(())),
        ] {
            assert_eq!(split(path.as_bytes(), 4, &mut kind_of), want, "{path}");
        }
        let beneath_root = split(b"/one/i", 0, &mut kind_of);
        assert_eq!(beneath_root, Ok(Some((4, Kind::Regular))));
    }
}
