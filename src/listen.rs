//! Where the program listens, what it says about it, and why it could not.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use sprat::Builder;

use crate::cli::Bind;
use crate::program::{Failure, cause};

/// How often a free port is sought that is free on every address, a count.
const PORT_TRIES: usize = 16;

/// Listens on the addresses asked for.
pub fn listen(bind: &Bind, port: u16) -> Result<Builder, Failure> {
    let alone = |ip: IpAddr| vec![SocketAddr::new(ip, port)];
    let addresses = match bind {
        Bind::All => {
            let mut builder = start()?;
            return match builder.listen(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)) {
                Ok(_) => Ok(builder),
                Err(error) if is_final(&error) => {
                    Err(failure(Ipv6Addr::UNSPECIFIED.into(), port, &error))
                }
                // There is no IPv6 here.
                Err(_) => together(&alone(Ipv4Addr::UNSPECIFIED.into())),
            };
        }
        Bind::Localhost => [
            alone(Ipv4Addr::LOCALHOST.into()),
            alone(Ipv6Addr::LOCALHOST.into()),
        ]
        .concat(),
        Bind::Address(ip) => alone(*ip),
        Bind::Name(name) => look_up(name, port)?,
    };
    together(&addresses)
}

/// The startup line, in Python's words.
pub fn startup_line(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    let host = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("Serving HTTP on {ip} port {port} (http://{host}:{port}/) ...\n")
}

fn start() -> Result<Builder, Failure> {
    Builder::new().map_err(|error| Failure::system("cannot start", &error))
}

/// The addresses of a name, each once. This is the only name the program ever looks up.
fn look_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let failed = |cause: String| Failure {
        exit_code: 1,
        line: format!("cannot listen on {name:?}: {cause}"),
    };
    let found = (name, port).to_socket_addrs();
    let mut addresses = Vec::new();
    for address in found.map_err(|error| failed(cause(&error)))? {
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
fn together(addresses: &[SocketAddr]) -> Result<Builder, Failure> {
    let mut tries = PORT_TRIES;
    loop {
        let mut builder = start()?;
        tries -= 1;
        match listen_on_each(&mut builder, addresses) {
            Ok(()) => return Ok(builder),
            Err((address, error)) => {
                let any_port = addresses.iter().all(|address| address.port() == 0);
                let taken = error.kind() == ErrorKind::AddrInUse;
                if !(any_port && taken) || tries == 0 {
                    return Err(failure(address.ip(), address.port(), &error));
                }
            }
        }
    }
}

/// Skips addresses that this machine does not have, as long as it has one of them.
fn listen_on_each(
    builder: &mut Builder,
    addresses: &[SocketAddr],
) -> Result<(), (SocketAddr, io::Error)> {
    let mut port = None;
    let mut missing = None;
    for &asked in addresses {
        let mut address = asked;
        address.set_port(port.unwrap_or(asked.port()));
        match builder.listen(address) {
            Ok(real) => port = Some(real.port()),
            Err(error) if is_final(&error) => return Err((address, error)),
            Err(error) => missing = missing.or(Some((address, error))),
        }
    }
    match (port, missing) {
        (None, Some(missing)) => Err(missing),
        _ => Ok(()),
    }
}

/// Whether another address would be no way out.
fn is_final(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AddrInUse | ErrorKind::PermissionDenied
    )
}

fn failure(ip: IpAddr, port: u16, error: &io::Error) -> Failure {
    let other = if port == u16::MAX { 8000 } else { port + 1 };
    let advice = match error.kind() {
        ErrorKind::AddrInUse => {
            format!(" (another program uses the port; choose one: sprat {other})")
        }
        ErrorKind::PermissionDenied => " (choose a port from 1024 on: sprat 8000)".into(),
        ErrorKind::AddrNotAvailable => " (this machine does not have the address)".into(),
        _ => String::new(),
    };
    let cause = cause(error);
    Failure {
        exit_code: 1,
        line: format!("cannot listen on {ip} port {port}: {cause}{advice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn startup_lines_are_pythons() {
        for (address, want) in [
            (
                "[::]:8000",
                "Serving HTTP on :: port 8000 (http://[::]:8000/) ...\n",
            ),
            (
                "0.0.0.0:80",
                "Serving HTTP on 0.0.0.0 port 80 (http://0.0.0.0:80/) ...\n",
            ),
            (
                "[::1]:1",
                "Serving HTTP on ::1 port 1 (http://[::1]:1/) ...\n",
            ),
        ] {
            assert_eq!(startup_line(address.parse().unwrap()), want);
        }
    }

    #[test]
    fn a_port_that_is_taken_is_named_with_a_way_out() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap_err();
        let failure = failure(Ipv4Addr::LOCALHOST.into(), port, &error);
        assert_eq!(failure.exit_code, 1);
        let start = format!("cannot listen on 127.0.0.1 port {port}: Address ");
        assert!(failure.line.starts_with(&start), "{}", failure.line);
        assert!(
            failure.line.contains("choose one: sprat "),
            "{}",
            failure.line
        );
    }
}
