//! Sockets that are there before the program: those of a service manager (sd_listen_fds(3)).

use std::env;
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;

use rustix::net::{AddressFamily, SocketType, getsockname, sockopt};
use sprat::Builder;

use crate::exit::Fatal;
use crate::unix;

/// The first of them (`SD_LISTEN_FDS_START`).
const FIRST: RawFd = 3;

/// Most of them, a count: more than anybody has, and few enough to be looked at.
const SOCKETS_MAX: RawFd = 1024;

/// A socket that listens already.
#[derive(Debug)]
pub enum Activated {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The sockets that this process was given; none if they are meant for another.
pub fn sockets() -> Result<Vec<Activated>, Fatal> {
    let text = |name| env::var_os(name).and_then(|value| value.into_string().ok());
    let is_for_us = text("LISTEN_PID").is_some_and(|pid| pid == std::process::id().to_string());
    let Some(count) = text("LISTEN_FDS").filter(|_| is_for_us) else {
        return Ok(Vec::new());
    };
    let count: RawFd = count
        .parse()
        .ok()
        .filter(|count| (0..=SOCKETS_MAX).contains(count))
        .ok_or_else(|| refused(format_args!("LISTEN_FDS is {count:?}, which is no count")))?;
    (FIRST..FIRST + count).map(take).collect()
}

fn refused(why: impl std::fmt::Display) -> Fatal {
    Fatal {
        code: 1,
        line: format!("cannot listen on the sockets of LISTEN_FDS: {why}"),
    }
}

fn take(number: RawFd) -> Result<Activated, Fatal> {
    let taken = sprat::inherited_descriptor(number);
    let socket = taken.map_err(|error| match error.kind() {
        ErrorKind::NotFound => refused(format_args!("descriptor {number} is not open")),
        _ => refused(format_args!("descriptor {number} was not inherited")),
    })?;
    listener(socket).map_err(|why| refused(format_args!("descriptor {number} {why}")))
}

/// A listener for what the socket is.
fn listener(socket: OwnedFd) -> Result<Activated, &'static str> {
    let kind = sockopt::socket_type(&socket).map_err(|_| "is no socket")?;
    if kind != SocketType::STREAM {
        return Err("is no stream socket");
    }
    if !listens(&socket) {
        return Err("does not listen");
    }
    let address = getsockname(&socket).map_err(|_| "has no address")?;
    match address.address_family() {
        AddressFamily::INET | AddressFamily::INET6 => Ok(Activated::Tcp(socket.into())),
        AddressFamily::UNIX => Ok(Activated::Unix(socket.into())),
        _ => Err("is neither a TCP nor a Unix socket"),
    }
}

#[cfg(not(target_vendor = "apple"))]
fn listens(socket: &OwnedFd) -> bool {
    sockopt::socket_acceptconn(socket).is_ok_and(|listens| listens)
}

/// Nobody can be asked; the first connection tells.
#[cfg(target_vendor = "apple")]
fn listens(_: &OwnedFd) -> bool {
    true
}

/// Listens on what this is, too.
pub fn add(builder: &mut Builder, socket: OwnedFd) -> io::Result<()> {
    match getsockname(&socket)?.address_family() {
        AddressFamily::UNIX => builder.listen_on_unix(socket.into()),
        _ => builder.listen_on(socket.into()).map(drop),
    }
}

/// Listens on them, too. Returns the startup lines of those that have no port.
pub fn listen(builder: &mut Builder, sockets: Vec<Activated>) -> Result<Vec<String>, Fatal> {
    let mut places = Vec::new();
    for socket in sockets {
        let added = match socket {
            Activated::Tcp(listener) => builder.listen_on(listener).map(drop),
            Activated::Unix(listener) => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(SocketAddr::as_pathname);
                places.push(unix::name(path.unwrap_or(Path::new(""))));
                builder.listen_on_unix(listener)
            }
        };
        added
            .map_err(|error| Fatal::system("cannot listen on the sockets of LISTEN_FDS", &error))?;
    }
    Ok(places)
}
