//! The reference: what a peer's bytes mean, written from RFC 9110 and 9112 with `split` and `Vec`,
//! slowly and plainly. It shares no code with `http/`.

use super::words::{elements, host_port, strings_end};

/// What stands at the start of a peer's bytes.
pub enum Heard {
    /// A request, and the bytes after its head.
    Request(Box<Req>, Vec<u8>),
    /// Nothing that can be served: the status to say so, and whether a body may follow it.
    Fault(u16, bool),
    /// A head that has not ended; whether it has begun.
    Partial(bool),
}

/// A request head.
pub struct Req {
    pub method: String,
    /// The decoded path.
    pub path: Vec<u8>,
    pub target: Vec<u8>,
    pub is_11: bool,
    pub keep: bool,
    pub expects: bool,
    /// Whether it says so, be there a body or not.
    pub asks: bool,
    pub length: Length,
    pub range: Option<String>,
    /// Whether it asks for the protocol of the handler under simulation.
    pub upgrades: bool,
}

/// How long a body is said to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    None,
    Exact(usize),
    Chunked,
}

/// A body as far as its bytes go.
pub struct Got {
    pub data: Vec<u8>,
    /// Bytes with their framing.
    pub used: usize,
    pub state: State,
}

/// How the bytes of a body end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Complete,
    Truncated,
    Bad,
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte))
}

fn strip_ows(bytes: &[u8]) -> &[u8] {
    let text = bytes.iter().position(|&b| b != b' ' && b != b'\t');
    let last = bytes.iter().rposition(|&b| b != b' ' && b != b'\t');
    text.zip(last)
        .map_or(b"", |(first, last)| &bytes[first..=last])
}

/// Lines without their ends, and what follows the last that has one.
fn lines(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    let rest = lines.pop().unwrap_or_default();
    for line in &mut lines {
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    (lines, rest)
}

/// Reads the head at the start of `bytes`. `head_max` and `target_max` are the limits, in bytes.
pub fn hear(bytes: &[u8], head_max: usize, target_max: usize) -> Heard {
    let (all, rest) = lines(bytes);
    let blank = all.iter().take_while(|line| line.is_empty()).count();
    let skipped = nth_line_end(bytes, blank);
    let ends = all[blank..].iter().position(|line| line.is_empty());
    let end = ends.map(|at| nth_line_end(bytes, blank + at + 1));
    if let Some(fault) = too_much(bytes, skipped, end, head_max, target_max) {
        return fault;
    }
    let Some(end) = end else {
        let begun = !bytes[skipped..].is_empty() && rest != b"\r" || all.len() > blank;
        return Heard::Partial(begun);
    };
    let line = &all[blank];
    let no_body = line.starts_with(b"HEAD ");
    match read(&all[blank..blank + ends.unwrap_or(0)], target_max) {
        Ok(request) => Heard::Request(Box::new(request), bytes[end..].to_vec()),
        Err(code) => Heard::Fault(code, no_body),
    }
}

fn nth_line_end(bytes: &[u8], n: usize) -> usize {
    let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
    match n {
        0 => 0,
        _ => ends.map(|(at, _)| at + 1).nth(n - 1).unwrap_or(bytes.len()),
    }
}

/// What is refused whether or not the head has ended.
fn too_much(
    bytes: &[u8],
    skipped: usize,
    end: Option<usize>,
    head_max: usize,
    target_max: usize,
) -> Option<Heard> {
    let head = &bytes[..end.unwrap_or(bytes.len())];
    let within = &head[skipped.min(head_max).min(head.len())..head.len().min(head_max)];
    let first = within.first().copied();
    let no_body = within.starts_with(b"HEAD ");
    if first.is_some_and(|first| !is_tchar(first) && first != b'\r') {
        return Some(Heard::Fault(400, false));
    }
    if first == Some(b'\r') && within.len() > 1 {
        return Some(Heard::Fault(400, false));
    }
    let line_max = target_max + 64;
    if within.len() > line_max && !within[..=line_max].contains(&b'\n') {
        return Some(Heard::Fault(414, no_body));
    }
    (head.len() > head_max).then_some(Heard::Fault(431, no_body))
}

fn read(lines: &[Vec<u8>], target_max: usize) -> Result<Req, u16> {
    let words: Vec<&[u8]> = lines[0].split(|&b| b == b' ').collect();
    let [method, target, version] = words[..] else {
        return Err(400);
    };
    let control = lines[0].iter().any(|&b| b < b' ' || b == 0x7f);
    if control || !is_token(method) || target.is_empty() || version.is_empty() {
        return Err(400);
    }
    if target.len() > target_max {
        return Err(414);
    }
    let is_11 = match version {
        b"HTTP/1.0" => false,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => true,
        [b'H', b'T', b'T', b'P', b'/', b'2'..=b'9', b'.', b'0'..=b'9'] => return Err(505),
        _ => return Err(400),
    };
    let fields = fields(&lines[1..])?;
    let all = |name: &str| -> Vec<Vec<u8>> {
        let named = fields.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.clone()).collect()
    };
    let hosts = all("host");
    match hosts.len() {
        0 if is_11 => return Err(400),
        2.. => return Err(400),
        1 if host_port(&hosts[0]).is_none() => return Err(400),
        _ => {}
    }
    let length = body_length(&all("content-length"), &all("transfer-encoding"), is_11)?;
    let list = |name: &str| -> Vec<Vec<u8>> {
        let lines = all(name).into_iter();
        let elements = lines.flat_map(|line| elements(&line.to_ascii_lowercase()));
        elements.filter(|element| !element.is_empty()).collect()
    };
    let expectations = list("expect");
    let expects = is_11 && !expectations.is_empty();
    if expects && expectations.iter().any(|one| one != b"100-continue") {
        return Err(417);
    }
    let options = list("connection");
    let says = |word: &str| options.iter().any(|option| option == word.as_bytes());
    let ranges = all("range");
    let names = list("upgrade").iter().any(|one| one == b"echo");
    let upgrades = is_11 && says("upgrade") && names && method != b"HEAD" && method != b"CONNECT";
    Ok(Req {
        method: String::from_utf8_lossy(method).into_owned(),
        path: path_of(target, method)?,
        target: target.to_vec(),
        is_11,
        keep: !says("close") && (is_11 || says("keep-alive")),
        expects: expects && length != Length::None,
        asks: expects,
        length,
        range: match &ranges[..] {
            [one] => Some(String::from_utf8_lossy(one).into_owned()),
            _ => None,
        },
        upgrades,
    })
}

fn fields(lines: &[Vec<u8>]) -> Result<Vec<(String, Vec<u8>)>, u16> {
    let mut fields = Vec::new();
    for line in lines {
        let colon = line.iter().position(|&b| b == b':');
        let Some(colon) = colon else {
            return Err(400 + too_many(lines, fields.len()));
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let bad = |&b: &u8| (b < b' ' && b != b'\t') || b == 0x7f;
        if fields.len() == 128 {
            return Err(431);
        }
        if !is_token(name) || value.iter().any(bad) {
            return Err(400);
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        fields.push((name, strip_ows(value).to_vec()));
    }
    Ok(fields)
}

/// 31 if the field after these is one too many.
fn too_many(_: &[Vec<u8>], known: usize) -> u16 {
    if known == 128 { 31 } else { 0 }
}

/// RFC 9112 section 6.3, with all that is in doubt refused.
fn body_length(lengths: &[Vec<u8>], codings: &[Vec<u8>], is_11: bool) -> Result<Length, u16> {
    if !lengths.is_empty() && !codings.is_empty() {
        return Err(400);
    }
    if let Some(first) = lengths.first() {
        let digits = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
        if !digits || lengths.iter().any(|other| other != first) {
            return Err(400);
        }
        let mut number = 0usize;
        for byte in first {
            let digit = usize::from(byte - b'0');
            number = number.checked_mul(10).ok_or(400u16)?;
            number = number.checked_add(digit).ok_or(400u16)?;
        }
        return Ok(if number == 0 {
            Length::None
        } else {
            Length::Exact(number)
        });
    }
    if codings.is_empty() {
        return Ok(Length::None);
    }
    if !is_11 {
        return Err(400);
    }
    let lines = codings.iter();
    let mut codings: Vec<Vec<u8>> = lines
        .flat_map(|line| elements(&line.to_ascii_lowercase()))
        .collect();
    if codings == [b"chunked"] {
        return Ok(Length::Chunked);
    }
    // One that is not known is 501, if chunked comes at most once, and last.
    if codings.last().is_some_and(|last| last == b"chunked") {
        codings.pop();
    }
    let name = |coding: &Vec<u8>| {
        let name = coding.split(|&b| b == b';').next().unwrap_or_default();
        is_token(strip_ows(name)) && strip_ows(name) != b"chunked"
    };
    Err(if !codings.is_empty() && codings.iter().all(name) {
        501
    } else {
        400
    })
}

/// Whether a target is a URI of some scheme, or a host with its port.
fn is_elsewhere(target: &[u8]) -> bool {
    let text = String::from_utf8_lossy(target);
    let is_uri = text.split_once("://").is_some_and(|(scheme, _)| {
        let letter = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(letter)
    });
    is_uri || host_port(target).is_some_and(|port| !port.is_empty())
}

/// The decoded path, without empty and dot segments.
fn path_of(target: &[u8], method: &[u8]) -> Result<Vec<u8>, u16> {
    if target == b"*" {
        return if method == b"OPTIONS" {
            Ok(b"/".to_vec())
        } else {
            Err(400)
        };
    }
    let mut raw = target
        .split(|&b| b == b'#')
        .next()
        .unwrap_or_default()
        .to_vec();
    let lower = raw.to_ascii_lowercase();
    let scheme = Some(&b"http://"[..]).filter(|scheme| lower.starts_with(scheme));
    if scheme.is_none() && method != b"CONNECT" && is_elsewhere(target) {
        return Err(400);
    }
    if let Some(scheme) = scheme {
        let rest = raw[scheme.len()..].to_vec();
        let host = rest
            .split(|&b| b == b'/' || b == b'?')
            .next()
            .unwrap_or_default();
        if host.is_empty() || host_port(host).is_none() {
            return Err(400);
        }
        raw = rest[host.len()..].to_vec();
    }
    let raw = raw.split(|&b| b == b'?').next().unwrap_or_default();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let hex = |at: usize| raw.get(at).and_then(|&b| char::from(b).to_digit(16));
        match (raw[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    if decoded.contains(&0) {
        return Err(400);
    }
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in decoded.split(|&b| b == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    let mut path = b"/".to_vec();
    path.extend(segments.join(&b'/'));
    if decoded.ends_with(b"/") && path.len() > 1 {
        path.push(b'/');
    }
    Ok(path)
}

/// Reads a body of this length off the start of `bytes`.
pub fn body(bytes: &[u8], length: Length) -> Got {
    let mut got = Got {
        data: Vec::new(),
        used: 0,
        state: State::Complete,
    };
    match length {
        Length::None => {}
        Length::Exact(len) => {
            got.used = len.min(bytes.len());
            got.data = bytes[..got.used].to_vec();
            if got.used < len {
                got.state = State::Truncated;
            }
        }
        Length::Chunked => got.state = chunks(bytes, &mut got),
    }
    got
}

/// RFC 9112 section 7.1; lines end in CRLF and nothing else.
fn chunks(bytes: &[u8], got: &mut Got) -> State {
    let mut extensions = 0;
    loop {
        let line = match crlf_line(&bytes[got.used..], [size_line_is_good, size_line_ends_well]) {
            Ok(line) => line,
            Err(state) => return state,
        };
        let digits: Vec<u8> = line
            .iter()
            .copied()
            .take_while(u8::is_ascii_hexdigit)
            .collect();
        extensions += line.len() - digits.len();
        if extensions > 16 * 1024 {
            return State::Bad;
        }
        got.used += line.len() + 2;
        let size = digits.iter().fold(0u128, |size, &digit| {
            size << 4 | u128::from(char::from(digit).to_digit(16).unwrap_or(0))
        });
        if size == 0 {
            return trailers(bytes, got);
        }
        let here = (bytes.len() - got.used).min(usize::try_from(size).unwrap_or(usize::MAX));
        got.data
            .extend_from_slice(&bytes[got.used..got.used + here]);
        got.used += here;
        if (here as u128) < size {
            return State::Truncated;
        }
        match &bytes[got.used..] {
            [b'\r', b'\n', ..] => got.used += 2,
            [] | [b'\r'] => return State::Truncated,
            _ => return State::Bad,
        }
    }
}

/// A line up to its CRLF. Its start must be good as far as it goes, even if it has no end.
fn crlf_line(bytes: &[u8], [good, ends_well]: [fn(&[u8]) -> bool; 2]) -> Result<Vec<u8>, State> {
    let end = bytes.iter().position(|&b| b == b'\r' || b == b'\n');
    let line = &bytes[..end.unwrap_or(bytes.len())];
    if !good(line) || (end.is_some() && !ends_well(line)) {
        return Err(State::Bad);
    }
    match end.map(|end| &bytes[end..]) {
        None | Some([b'\r']) => Err(State::Truncated),
        Some([b'\r', b'\n', ..]) => Ok(line.to_vec()),
        Some(_) => Err(State::Bad),
    }
}

/// A whole chunk-size line has a size, and after that nothing or an extension.
fn size_line_ends_well(line: &[u8]) -> bool {
    let sized = line.first().is_some_and(u8::is_ascii_hexdigit);
    let extended = line.contains(&b';') && strings_end(line);
    sized && (extended || line.iter().all(u8::is_ascii_hexdigit))
}

/// A whole trailer line has a name, or is the empty one.
fn trailer_ends_well(line: &[u8]) -> bool {
    line.is_empty() || line.contains(&b':')
}

/// A chunk-size line, or the start of one.
fn size_line_is_good(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let rest = &line[digits..];
    let spaces = rest
        .iter()
        .take_while(|&&b| b == b' ' || b == b'\t')
        .count();
    let good = |&b: &u8| b == b'\t' || (b >= b' ' && b != 0x7f);
    let named = rest.get(spaces).is_none_or(|&b| b == b';');
    let size = digits <= 16 && (digits > 0 || line.is_empty());
    size && named && rest.iter().all(good) && (rest.is_empty() || line.len() <= 256)
}

fn trailers(bytes: &[u8], got: &mut Got) -> State {
    let start = got.used;
    loop {
        match crlf_line(&bytes[got.used..], [trailer_is_good, trailer_ends_well]) {
            Ok(line) => {
                got.used += line.len() + 2;
                if line.is_empty() {
                    return State::Complete;
                }
                if got.used - start > 8 * 1024 {
                    return State::Bad;
                }
            }
            Err(State::Truncated) if bytes.len() - start > 8 * 1024 => return State::Bad,
            Err(state) => return state,
        }
    }
}

/// A trailer line, or the start of one.
fn trailer_is_good(line: &[u8]) -> bool {
    let mut halves = line.splitn(2, |&b| b == b':');
    let name = halves.next().unwrap_or_default();
    let value = halves.next();
    let good = |&b: &u8| b == b'\t' || (b >= b' ' && b != 0x7f);
    let named = is_token(name) || line.is_empty();
    named && value.is_none_or(|value| value.iter().all(good))
}
