//! Answers, read back from the bytes that were sent.

/// An answer of the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The header fields, in order; bytes that are no UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body, its chunks joined.
    pub body: Vec<u8>,
    /// Whether the body came to its end; otherwise the connection did before.
    pub is_whole: bool,
}

impl Answer {
    /// The value of the first field with this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Reads the first answer, and how many bytes it takes; `None` if it is not whole, and may become
/// so.
pub(super) fn read(bytes: &[u8], is_head: bool, is_over: bool) -> Option<(Answer, usize)> {
    let head_len = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..head_len - 4]);
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let status = line.strip_prefix("HTTP/1.").and_then(|line| line.get(2..5));
    let status = status.and_then(|status| status.parse().ok());
    let status: u16 = status.unwrap_or_else(|| panic!("no status line: {line:?}"));
    let headers = lines.map(|line| {
        let field = line.split_once(": ");
        let (name, value) = field.unwrap_or_else(|| panic!("no field: {line:?}"));
        (name.to_owned(), value.to_owned())
    });
    let mut answer = Answer {
        status,
        reason: line.get(13..).unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
        is_whole: true,
    };
    let rest = &bytes[head_len..];
    let framing = framing(&answer);
    if is_head || status < 200 || [204, 304].contains(&status) {
        return Some((answer, head_len));
    }
    let (body, len) = match framing {
        Framing::Length(len) => (rest.get(..len).map(<[u8]>::to_vec), len),
        Framing::Chunked => dechunk(rest),
        Framing::Close => (is_over.then(|| rest.to_vec()), rest.len()),
    };
    match body {
        Some(body) => answer.body = body,
        None if !is_over => return None,
        None => {
            answer.body = rest.to_vec();
            answer.is_whole = false;
            return Some((answer, bytes.len()));
        }
    }
    Some((answer, head_len + len))
}

/// What tells where a body ends (RFC 9112 section 6.3).
enum Framing {
    Length(usize),
    Chunked,
    Close,
}

/// A server that says it twice, or as nobody would read it, is wrong: a peer may take the rest for
/// another answer.
fn framing(answer: &Answer) -> Framing {
    let names = ["content-length", "transfer-encoding"];
    let headers = answer.headers.iter();
    let told = headers.filter(|(name, _)| names.contains(&&*name.to_ascii_lowercase()));
    assert!(told.count() <= 1, "more than one framing: {answer:?}");
    if let Some(length) = answer.header("Content-Length") {
        let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse::<u64>().ok().filter(|_| is_number);
        // More than there are addresses never comes, but may be announced.
        let length = usize::try_from(length.expect("a length"));
        return Framing::Length(length.unwrap_or(usize::MAX));
    }
    match answer.header("Transfer-Encoding") {
        Some("chunked") => Framing::Chunked,
        Some(_) => panic!("another coding: {answer:?}"),
        None => Framing::Close,
    }
}

/// The body of chunks, if its end has come, and how many bytes they take.
fn dechunk(bytes: &[u8]) -> (Option<Vec<u8>>, usize) {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let rest = &bytes[at..];
        let Some(end) = rest.windows(2).position(|end| end == b"\r\n") else {
            return (None, bytes.len());
        };
        let size = Some(&rest[..end]).filter(|size| size.iter().all(u8::is_ascii_hexdigit));
        let size = size.and_then(|size| std::str::from_utf8(size).ok());
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("the size of a chunk");
        let Some(chunk) = rest.get(end + 2..end + 2 + size + 2) else {
            return (None, bytes.len());
        };
        // No trailers are sent: the last chunk ends like the others.
        assert!(chunk.ends_with(b"\r\n"), "a chunk ends with CRLF");
        at += end + 2 + size + 2;
        if size == 0 {
            return (Some(body), at);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
