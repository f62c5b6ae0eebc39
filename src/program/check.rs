//! `--check`: asks a server how it is, once, as a container without any other program does.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use crate::cli::{CheckPlace, CheckUrl};
use crate::exit::{Fatal, cause};

/// How long it may take in all, in seconds: to look up the name, to connect, to hear the answer,
/// however that drips.
const CHECK_SECONDS: u32 = 3;

/// Longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Longest first line of an answer that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 100;

/// A header of the PROXY protocol, version 2, of a connection of the sender's own (LOCAL).
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/// Whether a GET is answered 2xx in time, as it comes or `as_proxy`.
///
/// # Errors
/// Why not.
pub fn check(url: &CheckUrl, as_proxy: bool) -> Result<(), Fatal> {
    let failed = |why: String| Fatal {
        code: 1,
        line: format!("{}: {why}", url.text),
    };
    let late = failed(format!("no answer in {CHECK_SECONDS} s"));
    sprat::end_after(CHECK_SECONDS, format!("sprat: {}\n", late.line));
    let line = ask(url, as_proxy).map_err(|error| failed(cause(&error)))?;
    if is_good(&line) {
        return Ok(());
    }
    let shown = &line[..line.len().min(SHOWN_BYTES_MAX)];
    Err(failed(format!("answered {}", shown.escape_ascii())))
}

/// The first line of the answer, once its head is whole.
fn ask(url: &CheckUrl, as_proxy: bool) -> io::Result<Vec<u8>> {
    let mut stream = connect(&url.place)?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: sprat/{}\r\nConnection: close\r\n\r\n",
        url.target,
        url.host,
        env!("CARGO_PKG_VERSION")
    );
    if as_proxy {
        stream.write_all(LOCAL)?;
    }
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut room = [0; 1024];
    while head.len() <= HEAD_BYTES_MAX {
        match stream.read(&mut room)? {
            0 => return Err(io::Error::other("the answer ends before its head does")),
            count => head.extend_from_slice(&room[..count]),
        }
        while let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            let line = head.split(|&byte| byte == b'\r').next().unwrap_or(&head);
            // Those of 1xx go before the answer (RFC 9110 section 15.2).
            if status(line).is_none_or(|[class, ..]| class != b'1') {
                return Ok(line.to_vec());
            }
            head.drain(..end + 4);
        }
    }
    Err(io::Error::other("the head of the answer is too long"))
}

fn connect(place: &CheckPlace) -> io::Result<File> {
    let socket = match place {
        CheckPlace::Unix(path) => OwnedFd::from(UnixStream::connect(path)?),
        CheckPlace::Tcp(name, port) => {
            let addresses: Vec<SocketAddr> = match &**name {
                // Where there is no /etc/hosts, nobody else knows.
                "localhost" => vec![
                    (Ipv4Addr::LOCALHOST, *port).into(),
                    (Ipv6Addr::LOCALHOST, *port).into(),
                ],
                name => (name, *port).to_socket_addrs()?.collect(),
            };
            OwnedFd::from(TcpStream::connect(&addresses[..])?)
        }
    };
    Ok(File::from(socket))
}

fn is_good(line: &[u8]) -> bool {
    status(line).is_some_and(|[class, ..]| class == b'2')
}

/// The digits of a status line (RFC 9112 section 4), if it is one.
fn status(line: &[u8]) -> Option<[u8; 3]> {
    match line.strip_prefix(b"HTTP/1.")? {
        [version, b' ', digits @ ..] if version.is_ascii_digit() => {
            let (status, rest) = digits.split_first_chunk()?;
            let is_one = status.iter().all(u8::is_ascii_digit);
            (is_one && matches!(rest, [] | [b' ', ..])).then_some(*status)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
