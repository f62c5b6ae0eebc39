//! A raw HTTP client: bytes out, parsed responses in, a deadline on every read. It must not be
//! cleverer than the test that uses it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::net::{self, AddressFamily, SocketType};

use super::{PATIENCE, measure, show};

/// Connects.
pub fn raw(addr: SocketAddr) -> Raw {
    let stream = TcpStream::connect_timeout(&addr, PATIENCE)
        .unwrap_or_else(|error| panic!("cannot connect to {addr}: {error}"));
    stream.set_nodelay(true).unwrap();
    Raw {
        stream,
        unread: Vec::new(),
    }
}

/// Connects from this address of the machine; an error where it is none, as all of 127.0.0.0/8 but
/// 127.0.0.1 are on some systems.
pub fn raw_from(source: IpAddr, addr: SocketAddr) -> io::Result<Raw> {
    let family = match source {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = net::socket(family, SocketType::STREAM, None)?;
    net::bind(&socket, &SocketAddr::new(source, 0))?;
    net::connect(&socket, &addr)?;
    Ok(Raw {
        stream: socket.into(),
        unread: Vec::new(),
    })
}

/// A new connection, unless it was refused before that was known.
pub fn raw_unless_refused(addr: SocketAddr) -> Option<Raw> {
    match raw_from(addr.ip(), addr) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
        peer => Some(peer.expect("a connection")),
    }
}

/// A connection, and bytes that were received past the last response.
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// How the end of a response's body was told (RFC 9112 section 6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// There is no body.
    None,
    /// By a Content-Length.
    Length,
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// A response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// `HTTP/1.1`.
    pub version: String,
    /// The three digits.
    pub status: u16,
    /// What follows them.
    pub reason: String,
    /// Names as they came, values trimmed.
    pub headers: Vec<(String, String)>,
    /// The content, without its framing.
    pub body: Vec<u8>,
    /// How its end was told.
    pub framing: Framing,
}

impl Reply {
    /// The value of a field. Repeated fields fail the test: no response of ours has any.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self
            .headers
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is repeated: {self:?}");
        value
    }

    /// The value of a field that must be there.
    pub fn field(&self, name: &str) -> &str {
        self.header(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The content as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }
}

impl Raw {
    /// Sends.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the server takes our bytes");
    }

    /// Sends, unless the server has closed or does not read.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.set_write_timeout(Some(PATIENCE)).unwrap();
        self.stream.write_all(bytes.as_ref())
    }

    /// Sends one byte at a time, each after the server has read the one before.
    pub fn send_slowly(&mut self, bytes: impl AsRef<[u8]>) {
        for byte in bytes.as_ref() {
            self.send([*byte]);
            self.wait_until_read();
        }
    }

    /// Bytes that have arrived and were not read yet.
    #[allow(dead_code)]
    pub fn waiting_bytes(&self) -> u64 {
        rustix::io::ioctl_fionread(&self.stream).unwrap() + self.unread.len() as u64
    }

    /// Waits until the server has read all that was sent (as far as this system can tell).
    pub fn wait_until_read(&self) {
        let own = self.stream.local_addr().unwrap().port();
        let server = self.stream.peer_addr().unwrap().port();
        let end = Instant::now() + PATIENCE;
        while measure::unread_bytes(server, own).is_some_and(|unread| unread > 0) {
            assert!(Instant::now() < end, "the server does not read");
            std::thread::yield_now();
        }
    }

    /// Bytes that the server has sent and we have not read (as far as this system can tell).
    pub fn bytes_under_way(&self) -> u64 {
        let own = self.stream.local_addr().unwrap().port();
        let server = self.stream.peer_addr().unwrap().port();
        measure::bytes_under_way(server, own).unwrap_or(0)
    }

    /// Ends our half of the connection: nothing more will be sent.
    pub fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// A second handle, to send by while this one reads.
    #[cfg_attr(not(feature = "cgi"), allow(dead_code))]
    pub fn split(&self) -> Raw {
        Raw {
            stream: self.stream.try_clone().unwrap(),
            unread: Vec::new(),
        }
    }

    /// Ends the connection at once, without a word: the server gets a reset.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO)).unwrap();
    }

    /// The response to a GET.
    pub fn read_response(&mut self) -> Reply {
        self.read_response_to("GET")
    }

    /// The response to a request with this method; HEAD's has no body.
    pub fn read_response_to(&mut self, method: &str) -> Reply {
        let mut reply = self.read_head();
        let bodiless = method == "HEAD" || reply.status < 200 || [204, 304].contains(&reply.status);
        let chunked = reply.header("Transfer-Encoding").is_some();
        let length = reply.header("Content-Length").map(str::to_owned);
        if chunked {
            assert_eq!(reply.field("Transfer-Encoding"), "chunked");
            assert_eq!(length, None, "both framings: {reply:?}");
            assert_eq!(reply.version, "HTTP/1.1");
        }
        if bodiless {
            return reply;
        }
        (reply.framing, reply.body) = match (chunked, length) {
            (true, _) => (Framing::Chunked, self.read_chunks()),
            (false, Some(length)) => {
                let length = length.parse().expect("a length");
                (Framing::Length, self.read_exactly(length))
            }
            (false, None) => (Framing::Close, self.read_to_end()),
        };
        reply
    }

    /// A response up to its blank line.
    pub fn read_head(&mut self) -> Reply {
        const END: &[u8] = b"\r\n\r\n";
        let head = self.read_until(END);
        parse_head(&head[..head.len() - END.len()])
    }

    /// So many bytes.
    pub fn read_exactly(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            let more = self.receive().expect("more of the body");
            let got = self.unread.len();
            assert!(more, "closed after {got} of {count} bytes");
        }
        self.unread.drain(..count).collect()
    }

    /// All bytes up to and with these.
    pub fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = find(&self.unread, end) {
                return self.unread.drain(..at + end.len()).collect();
            }
            let more = self.receive().expect("more");
            assert!(more, "closed before {}:\n{}", show(end), show(&self.unread));
        }
    }

    /// Drops so many bytes.
    pub fn skip_bytes(&mut self, mut count: u64) {
        while count > 0 {
            if self.unread.is_empty() {
                assert!(self.receive().expect("more of the body"), "{count} short");
            }
            let step = count.min(self.unread.len() as u64);
            self.unread.drain(..step as usize);
            count -= step;
        }
    }

    /// All bytes to the end of the connection, which must be orderly.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        while self.receive().expect("an orderly end") {}
        std::mem::take(&mut self.unread)
    }

    /// All bytes until the connection ends, in whichever way.
    pub fn read_until_cut(&mut self) -> Vec<u8> {
        loop {
            match self.receive() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if is_timeout(&error) => panic!("the connection is never cut"),
                Err(_) => break,
            }
        }
        std::mem::take(&mut self.unread)
    }

    /// All bytes until the connection is reset.
    #[cfg(feature = "cgi")]
    pub fn read_until_reset(&mut self) -> Vec<u8> {
        loop {
            match self.receive() {
                Ok(more) => assert!(more, "an orderly end"),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("no reset: {error}"),
            }
        }
        std::mem::take(&mut self.unread)
    }

    /// The server has closed, in order, and sent nothing more.
    pub fn expect_close(&mut self) {
        let rest = self.read_to_end();
        assert!(rest.is_empty(), "more than expected:\n{}", show(&rest));
    }

    /// Whether there is something to read, be it the end, without waiting for it.
    pub fn has_data(&mut self) -> bool {
        !self.unread.is_empty() || self.peek().is_some()
    }

    /// Whether the connection has ended, without waiting for it.
    pub fn has_ended(&mut self) -> bool {
        match self.peek() {
            Some(Ok(count)) => count == 0,
            Some(Err(_)) => true,
            None => false,
        }
    }

    /// `None` if nothing is there.
    fn peek(&mut self) -> Option<io::Result<usize>> {
        self.stream.set_nonblocking(true).unwrap();
        let got = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        match got {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            got => Some(got),
        }
    }

    /// Receives something; false at the end of the stream.
    fn receive(&mut self) -> io::Result<bool> {
        self.receive_within(PATIENCE)
    }

    fn receive_within(&mut self, patience: Duration) -> io::Result<bool> {
        let mut buf = [0; 65_536];
        self.stream.set_read_timeout(Some(patience)).unwrap();
        let count = loop {
            match self.stream.read(&mut buf) {
                // Whoever stops and continues this process interrupts a read that has a timeout.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.unread.extend_from_slice(&buf[..count]);
        Ok(count > 0)
    }

    fn read_line(&mut self) -> Vec<u8> {
        loop {
            if let Some(at) = find(&self.unread, b"\r\n") {
                let mut line: Vec<u8> = self.unread.drain(..at + 2).collect();
                line.truncate(at);
                return line;
            }
            assert!(self.receive().expect("a line"), "closed inside a line");
        }
    }

    /// The length of a chunked body, which is not kept.
    #[cfg(feature = "cgi")]
    pub fn count_chunk_bytes(&mut self) -> u64 {
        let mut count = 0;
        loop {
            let line = self.read_line();
            let size = u64::from_str_radix(std::str::from_utf8(&line).unwrap(), 16).unwrap();
            self.skip_bytes(size + 2);
            if size == 0 {
                return count;
            }
            count += size;
        }
    }

    fn read_chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.read_line();
            let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap(), 16);
            let size = size.unwrap_or_else(|_| panic!("no chunk size: {}", show(&line)));
            if size == 0 {
                assert_eq!(self.read_line(), b"", "no trailers are sent");
                return body;
            }
            body.extend(self.read_exactly(size));
            assert_eq!(self.read_line(), b"", "a chunk ends with CRLF");
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Where `needle` starts.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn parse_head(head: &[u8]) -> Reply {
    // A head is ASCII; a byte that is not shows as what latin-1 makes of it.
    let head: String = head.iter().map(|&byte| char::from(byte)).collect();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap().splitn(3, ' ');
    let (version, status) = (words.next().unwrap(), words.next().unwrap());
    let reason = words.next().expect("a space after the status");
    assert!(version.starts_with("HTTP/1."), "no response: {head:?}");
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').expect("a field has a colon");
        (name.to_owned(), value.trim().to_owned())
    });
    Reply {
        version: version.to_owned(),
        status: status.parse().expect("a status"),
        reason: reason.to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
        framing: Framing::None,
    }
}
