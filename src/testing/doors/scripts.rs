//! Fuzz targets of scripts: what they are told, and what they say on stderr.

use crate::cgi::env::{RequestFacts, arguments, variables};
use crate::cgi::environment::Environment;
use crate::cgi::find::{Area, area, split};
use crate::cgi::limits::STDERR_LINE_BYTES_MAX;
use crate::cgi::lines::Lines;
use crate::http::fault::quoted;
use crate::http::scheme::Scheme;
use crate::http::target::UrlPath;
use crate::sys::file::Kind;

/// The lines of an input, for targets that want several values.
fn lines(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|&byte| byte == b'\n')
}

/// Fuzz target: whatever a request says, its variables can be passed on, and none is another's.
/// The first line is the target, the second the body's length, the others are fields, or with `=`
/// before any colon the program's own.
pub fn script_environment(input: &[u8]) {
    let mut own = Environment::default();
    for line in lines(input).skip(2) {
        let at = line.iter().position(|&byte| byte == b'=' || byte == b':');
        if let Some(at) = at.filter(|&at| line[at] == b'=') {
            own.give(line[..at].to_vec(), line[at + 1..].to_vec());
        }
    }
    let mut input = lines(input);
    let (target, body) = (input.next().unwrap_or(b""), input.next());
    let query = target.iter().position(|&byte| byte == b'?');
    let query = query.map(|at| &target[at + 1..]);
    let fields = input.filter_map(|line| {
        let (name, value) = line.split_at(line.iter().position(|&byte| byte == b':')?);
        Some((std::str::from_utf8(name).ok()?, &value[1..]))
    });
    let facts = RequestFacts {
        method: "GET",
        target,
        query,
        version: "HTTP/1.1",
        fields: fields.collect(),
        body_bytes: body.map(|body| body.len() as u64),
        peer: Some(([192, 0, 2, 7], 5000).into()),
        scheme: Scheme::Http,
        local: None,
        script_name: b"/cgi-bin/x",
        path_info: target,
        script_file: b"/srv/cgi-bin/x",
        document_root: b"/srv",
        pass_authorization: false,
    };
    let list = variables(&facts);
    let mut names: Vec<&[u8]> = list.iter().map(|(name, _)| &name[..]).collect();
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    assert!(names.iter().all(|name| name.iter().all(plain)));
    assert!(list.iter().all(|(_, value)| !value.contains(&0)));
    for withheld in [
        "PROXY",
        "AUTHORIZATION",
        "CONTENT_LENGTH",
        "TRANSFER_ENCODING",
    ] {
        assert!(!names.contains(&format!("HTTP_{withheld}").as_bytes()));
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each name once");
    check_environment(own, &facts);
    check_arguments(query, &arguments("GET", query));
    assert!(arguments("POST", query).is_empty());
}

/// The program's own variables stay what they are, and no name comes twice.
fn check_environment(own: Environment, facts: &RequestFacts<'_>) {
    let mut whole = own.clone();
    whole.extend(variables(facts));
    whole.give(b"CONTENT_LENGTH".to_vec(), b"0".to_vec());
    assert!(whole.get(b"CONTENT_LENGTH").is_some());
    let list = whole.into_list();
    let (own, rest) = list.split_at(own.size().0);
    for (at, (name, _)) in list.iter().enumerate() {
        assert!(list[..at].iter().all(|(other, _)| other != name));
    }
    assert!(
        own.iter()
            .all(|(name, _)| rest.iter().all(|(other, _)| other != name))
    );
}

/// Arguments are the words of the query, or there are none.
fn check_arguments(query: Option<&[u8]>, arguments: &[Vec<u8>]) {
    let bad = |word: &Vec<u8>| word.is_empty() || word.starts_with(b"-") || word.contains(&0);
    assert!(!arguments.iter().any(bad));
    if arguments.is_empty() {
        return;
    }
    let query = query.expect("arguments come from a query");
    assert!(!query.contains(&b'='));
    let words = query.split(|&byte| byte == b'+');
    let decoded = words.map(|word| percent_encoding::percent_decode(word).collect::<Vec<u8>>());
    assert!(decoded.eq(arguments.iter().cloned()));
}

/// Fuzz target: a path beneath a CGI directory splits into directories, a script and the rest, and
/// is quoted so that it fits a status line. What begins with `c` or `d` is a directory.
pub fn script_path(input: &[u8]) {
    let Ok(path) = UrlPath::decode(input) else {
        return;
    };
    let path = path.as_bytes();
    let directories = [b"/cgi-bin".to_vec(), b"/d/cgi".to_vec()];
    let text = quoted(path);
    assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    let own = |directory: &&Vec<u8>| {
        path == &directory[..] || path.starts_with(&[&directory[..], b"/"].concat())
    };
    let start = match area(path, &directories) {
        Area::Within(start) => start,
        _ => return assert!(!directories.iter().any(|directory| own(&directory))),
    };
    assert!(
        directories
            .iter()
            .any(|one| one.len() == start && own(&one))
    );
    let mut asked: Vec<Vec<u8>> = Vec::new();
    let found = split(path, start, &mut |relative| {
        asked.push(relative.to_vec());
        let name = relative.rsplit(|&byte| byte == b'/').next();
        match name.and_then(<[u8]>::first) {
            Some(b'c' | b'd') => Ok(Kind::Directory),
            Some(b'n') => Err(()),
            _ => Ok(Kind::Regular),
        }
    });
    for relative in &asked {
        assert!(path[1..].starts_with(relative));
        assert!(matches!(path.get(1 + relative.len()), None | Some(b'/')));
    }
    // Each has one element more than the one before, but for a first look at the whole.
    let depth = |path: &[u8]| path.iter().filter(|&&byte| byte == b'/').count();
    let looks_at_whole = path.len() > start + 1 && !path.ends_with(b"/");
    let steps = asked.iter().skip(usize::from(looks_at_whole));
    for (number, relative) in steps.enumerate() {
        assert_eq!(1 + depth(relative), depth(&path[..start]) + number);
    }
    if let Ok(Some((end, kind))) = found {
        assert_eq!(kind, Kind::Regular);
        assert_eq!(asked.last().map(Vec::as_slice), Some(&path[1..end]));
    }
}

/// Fuzz target: a script's stderr gives the same lines however it arrives, and each fits the log.
pub fn script_stderr(input: &[u8]) {
    let gather = |pieces: &[&[u8]]| {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.feed(piece, &mut |line| out.push(line));
        }
        lines.end(&mut |line| out.push(line));
        out
    };
    let whole = gather(&[input]);
    assert_eq!(gather(&input.chunks(1).collect::<Vec<_>>()), whole);
    let (first, second) = input.split_at(input.len() / 2);
    assert_eq!(gather(&[first, second]), whole);
    for line in &whole {
        assert!(!line.is_empty() && !line.contains('\n'));
        // What is no UTF-8 becomes three bytes.
        assert!(line.len() <= 3 * STDERR_LINE_BYTES_MAX);
    }
    // A message of the log is one line, with nothing in it that moves a cursor.
    for message in &whole {
        let mut line = Vec::new();
        let entry = crate::handler::Log::Error {
            peer: None,
            message,
        };
        crate::log::append_line(&mut line, "now", &entry);
        let text = String::from_utf8(line).expect("the log is text");
        let text = text.strip_suffix('\n').expect("a line ends");
        assert!(!text.contains(char::is_control));
    }
}

#[cfg(test)]
mod tests;
