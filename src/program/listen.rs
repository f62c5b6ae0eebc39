//! Where the program listens, what it says about it, and why it could not.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::Path;

use sprat::Builder;

use crate::activation::{self, Activated};
use crate::cli::address::{looks_like_interface, of_interface};
use crate::cli::others::EVERYWHERE;
use crate::cli::{Bind, Config};
use crate::exit::{Fatal, cause};
use crate::unix::{self, UnixPlace};

/// How many ports are tried to find a free one.
const PORT_TRIES: usize = 16;

/// What listens.
pub struct Bound {
    pub builder: Builder,
    /// Sockets that are to be removed at the end.
    pub places: Vec<UnixPlace>,
    /// All Unix sockets, as they are shown.
    pub unix: Vec<String>,
}

impl Bound {
    fn new(builder: Builder) -> Bound {
        Bound {
            builder,
            places: Vec::new(),
            unix: Vec::new(),
        }
    }

    /// The startup lines, one for each address.
    pub fn startup_lines(&self) -> Vec<String> {
        let addresses = self.builder.local_addrs().iter();
        let addresses = addresses.map(|&address| startup_line(address));
        let unix = self
            .unix
            .iter()
            .map(|name| format!("Serving HTTP on {name} ...\n"));
        addresses.chain(unix).collect()
    }

    /// The addresses: `http://HOST:PORT/` or `unix:PATH`.
    pub fn urls(&self) -> Vec<String> {
        let addresses = self.builder.local_addrs().iter();
        let addresses = addresses.map(|address| format!("http://{address}/"));
        addresses.chain(self.unix.iter().cloned()).collect()
    }
}

/// Listens on the sockets that were handed over, or on what was asked for; on both only if that is
/// meant.
pub fn start_listening(config: &Config, sockets: Vec<Activated>) -> Result<Bound, Fatal> {
    let mut bound = match sockets.is_empty() || config.also_bind {
        true => listen(&config.bind, config.port)?,
        false => {
            refuse_addresses(config)?;
            Bound::new(start()?)
        }
    };
    let handed = activation::listen(&mut bound.builder, sockets)?;
    bound.unix.extend(handed);
    Ok(bound)
}

/// Whoever names an address beside sockets that were handed over must mean it.
fn refuse_addresses(config: &Config) -> Result<(), Fatal> {
    let given = match config.bind.is_empty() {
        false => "-b/--bind",
        true if config.has_port => "PORT",
        true => return Ok(()),
    };
    Err(Fatal::usage(format_args!(
        "argument {given}: the sockets are those of LISTEN_FDS (for both: --also-bind)"
    )))
}

/// Listens on the addresses asked for, all on one port, and on Unix sockets.
fn listen(binds: &[Bind], port: u16) -> Result<Bound, Fatal> {
    let mut bound = Bound::new(listen_on_addresses(binds, port)?);
    for bind in binds {
        let Bind::Unix(path, mode) = bind else {
            continue;
        };
        let (listener, place) = unix::listen(path, *mode)?;
        bound.unix.push(place.name());
        bound.places.push(place);
        let added = bound.builder.listen_on_unix(listener);
        added.map_err(|error| Fatal::system("cannot listen", &error))?;
    }
    Ok(bound)
}

fn listen_on_addresses(binds: &[Bind], port: u16) -> Result<Builder, Fatal> {
    if binds.is_empty() {
        return listen_everywhere(port);
    }
    let alone = |ip: IpAddr| vec![SocketAddr::new(ip, port)];
    let mut groups = Vec::new();
    for bind in binds {
        groups.push(match bind {
            Bind::Localhost => [
                alone(Ipv4Addr::LOCALHOST.into()),
                alone(Ipv6Addr::LOCALHOST.into()),
            ]
            .concat(),
            Bind::Address(ip) => alone(*ip),
            Bind::Name(name) => look_up(name, port)?,
            Bind::Unix(..) => continue,
        });
    }
    together(&each_once(groups))
}

/// One socket for IPv6 and IPv4, or for IPv4 where there is no IPv6.
fn listen_everywhere(port: u16) -> Result<Builder, Fatal> {
    let mut builder = start()?;
    let all = Ipv6Addr::UNSPECIFIED.into();
    match builder.listen(SocketAddr::new(all, port)) {
        Ok(_) => Ok(builder),
        Err(error) if is_final(&error) => Err(refused(all, port, &error)),
        Err(_) => {
            let all = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
            together(&[vec![all]])
        }
    }
}

/// Leaves out what is listened on already: by the same address, or by one that means all.
/// `[::]` takes IPv4, too.
fn each_once(groups: Vec<Vec<SocketAddr>>) -> Vec<Vec<SocketAddr>> {
    let everything: Vec<SocketAddr> = groups.concat();
    let has_all = |all: IpAddr| everything.iter().any(|other| other.ip() == all);
    let all_v6 = has_all(Ipv6Addr::UNSPECIFIED.into());
    let all_v4 = all_v6 || has_all(Ipv4Addr::UNSPECIFIED.into());
    let mut kept: Vec<SocketAddr> = Vec::new();
    let mut is_new = |address: &SocketAddr| {
        let covered = match address.ip() {
            IpAddr::V4(ip) => all_v6 || (all_v4 && !ip.is_unspecified()),
            IpAddr::V6(ip) => all_v6 && !ip.is_unspecified(),
        };
        let new = !covered && !kept.contains(address);
        kept.extend(new.then_some(*address));
        new
    };
    let mut groups = groups;
    groups
        .iter_mut()
        .for_each(|group| group.retain(&mut is_new));
    groups.retain(|group| !group.is_empty());
    groups
}

/// The startup line, in Python's words.
fn startup_line(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    let host = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("Serving HTTP on {ip} port {port} (http://{host}:{port}/) ...\n")
}

fn start() -> Result<Builder, Fatal> {
    Builder::new().map_err(|error| Fatal::system("cannot start", &error))
}

/// The addresses of a name, each once. This is the only name the program ever looks up.
fn look_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, Fatal> {
    let failed = |cause: String| {
        let hint = if looks_like_interface(name) {
            of_interface(name)
        } else if Path::new(name).exists() {
            // A shell has put file names in the place of `-b *`.
            format!("it is a file here; {EVERYWHERE}")
        } else {
            "for this machine alone: sprat -b localhost".into()
        };
        Fatal {
            code: 1,
            line: format!("cannot listen on {name:?}: {cause} ({hint})"),
        }
    };
    let found = (name, port).to_socket_addrs();
    let mut addresses = Vec::new();
    for mut address in found.map_err(|error| failed(cause(&error)))? {
        if address.ip().to_canonical().is_ipv4() {
            address.set_ip(address.ip().to_canonical());
        }
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.is_empty() {
        true => Err(failed("the name has no address".into())),
        false => Ok(addresses),
    }
}

/// Listens on all of these on one port. Port 0 lets the first address find a free one; if another
/// program has it on the next address, that is tried again.
fn together(groups: &[Vec<SocketAddr>]) -> Result<Builder, Fatal> {
    let mut tries = PORT_TRIES;
    loop {
        let mut builder = start()?;
        tries -= 1;
        match listen_on_each(&mut builder, groups) {
            Ok(()) => return Ok(builder),
            Err((address, error)) => {
                let any_port = groups.concat().iter().all(|address| address.port() == 0);
                let taken = error.kind() == ErrorKind::AddrInUse;
                if !(any_port && taken) || tries == 0 {
                    return Err(refused(address.ip(), address.port(), &error));
                }
            }
        }
    }
}

/// Skips addresses of a name that this machine does not have, as long as it has one of them.
fn listen_on_each(
    builder: &mut Builder,
    groups: &[Vec<SocketAddr>],
) -> Result<(), (SocketAddr, io::Error)> {
    let mut port = None;
    for group in groups {
        let mut missing = None;
        let mut found = false;
        for &asked in group {
            let mut address = asked;
            address.set_port(port.unwrap_or(asked.port()));
            match builder.listen(address) {
                Ok(real) => (port, found) = (Some(real.port()), true),
                Err(error) if is_final(&error) => return Err((address, error)),
                Err(error) => missing = missing.or(Some((address, error))),
            }
        }
        if let (false, Some(missing)) = (found, missing) {
            return Err(missing);
        }
    }
    Ok(())
}

/// Whether another address would be no way out.
fn is_final(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AddrInUse | ErrorKind::PermissionDenied
    )
}

fn refused(ip: IpAddr, port: u16, error: &io::Error) -> Fatal {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => {
            let other = free_port(ip, port);
            format!(" (another program uses the port; choose one: sprat {other})")
        }
        ErrorKind::PermissionDenied => " (choose a port from 1024 on: sprat 8000)".into(),
        ErrorKind::AddrNotAvailable => {
            " (this machine does not have the address; for all it has: sprat without -b)".into()
        }
        ErrorKind::InvalidInput if is_link_local(ip) => {
            format!(" (it needs its interface: sprat -b {ip}%eth0)")
        }
        _ => String::new(),
    };
    let cause = cause(error);
    Fatal {
        code: 1,
        line: format!("cannot listen on {ip} port {port}: {cause}{advice}"),
    }
}

/// A port after this one that is free now; 0 lets the system choose.
fn free_port(ip: IpAddr, port: u16) -> u16 {
    let next = (port..=u16::MAX).skip(1).chain(8000..).take(PORT_TRIES);
    let mut free = next.filter(|&port| TcpListener::bind((ip, port)).is_ok());
    free.next().unwrap_or(0)
}

fn is_link_local(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.segments()[0] & 0xffc0 == 0xfe80)
}

#[cfg(test)]
mod tests;
