//! What a service manager, or whoever has started the program, is told: sd_notify(3), and a line on
//! a descriptor. Nobody is waited for.

use std::env;
use std::ffi::OsStr;
use std::io::Write;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

use sprat::log::LineSink;

use crate::exit::Fatal;

/// Who is told how the program is.
#[derive(Debug, Default)]
pub struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// The one that `NOTIFY_SOCKET` names, if there is one.
    pub fn new() -> Notifier {
        let Some(name) = env::var_os("NOTIFY_SOCKET") else {
            return Notifier::default();
        };
        let socket = UnixDatagram::unbound().and_then(|socket| {
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        let notifier = socket.ok().zip(address(&name));
        if let Some((socket, address)) = &notifier {
            // Later there may be no way to it, for another user or behind another root.
            let _ = socket.connect_addr(address);
        }
        Notifier(notifier)
    }

    /// Where the manager may make its socket anew, if that has a path.
    pub fn directory(&self) -> Option<&Path> {
        let (_, address) = self.0.as_ref()?;
        address.as_pathname()?.parent()
    }

    /// It answers, at these addresses.
    pub fn ready(&self, addresses: &[String]) {
        self.tell(&format!("READY=1\nSTATUS=Serving {}", addresses.join(", ")));
    }

    /// It does what SIGHUP asks for; [`ready`](Notifier::ready) follows.
    pub fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// It ends.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// A manager whose queue is full misses it; the program is more important.
    fn tell(&self, text: &str) {
        if let Some((socket, address)) = &self.0 {
            let sent = socket.send(text.as_bytes());
            // The manager has made it anew.
            let _ = sent.or_else(|_| socket.send_to_addr(text.as_bytes(), address));
        }
    }
}

/// A path, or a name of Linux's own that begins with `@`.
fn address(name: &OsStr) -> Option<SocketAddr> {
    match name.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', rest @ ..] => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(rest).ok()
        }
        [b'/', ..] => SocketAddr::from_pathname(name).ok(),
        _ => None,
    }
}

/// A descriptor that is told the addresses, one a line, and then closed.
pub struct ReadyFd(LineSink<std::fs::File>);

impl ReadyFd {
    /// Takes the descriptor that was inherited.
    pub fn take(number: RawFd) -> Result<ReadyFd, Fatal> {
        let taken = sprat::inherited_descriptor(number).map_err(|_| {
            Fatal::usage(format_args!(
                "argument --ready-fd: {number} is no descriptor that the program was started with"
            ))
        })?;
        Ok(ReadyFd(LineSink::new(taken.into())))
    }

    /// Tells them.
    pub fn tell(mut self, addresses: &[String]) {
        let mut text = Vec::new();
        for address in addresses {
            // A write to a `Vec` cannot fail.
            let _ = writeln!(text, "{address}");
        }
        self.0.line(&text);
        self.0.flush();
    }
}
