//! Sockets that are handed over to the program (sd_listen_fds(3)), as a service manager does it.

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};

/// Puts the descriptor that its first argument names where a service manager does, and becomes the
/// program, with the others.
const HAND_OVER: &str = r#"exec 3<&"$1"; shift; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@""#;

/// A socket whose connections are the program's, and which stays when that ends.
pub struct Handed(TcpListener);

impl Handed {
    /// One on a free port.
    pub fn new() -> Handed {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        fcntl_setfd(&listener, FdFlags::empty()).unwrap();
        Handed(listener)
    }

    /// The socket.
    pub fn listener(&self) -> &TcpListener {
        &self.0
    }

    /// The program, to be started on it; the options are still to be added.
    pub fn command(&self) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", HAND_OVER, env!("CARGO_BIN_EXE_sprat")]);
        command.arg(self.0.as_raw_fd().to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}
