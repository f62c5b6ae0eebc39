//! Sockets that are handed over to the program (sd_listen_fds(3)), as a service manager does it.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// Puts its standard input where a service manager puts a socket, and becomes the program.
const HAND_OVER: &str = r#"exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@""#;

/// A socket whose connections are the program's, and which stays when that ends.
pub struct Handed(TcpListener);

impl Handed {
    /// One on a free port.
    pub fn new() -> Handed {
        Handed(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// The socket.
    pub fn listener(&self) -> &TcpListener {
        &self.0
    }

    /// What the program has as its standard input.
    pub fn input(&self) -> Stdio {
        OwnedFd::from(self.0.try_clone().unwrap()).into()
    }

    /// The program, to be started on it; the options are still to be added.
    pub fn command(&self) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", HAND_OVER, env!("CARGO_BIN_EXE_sprat")]);
        command.stdin(self.input());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}
