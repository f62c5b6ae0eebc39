//! Options for whoever starts the program: service managers, scripts, tests.

use crate::cli::flag::{Act, Flag, put};
use crate::cli::values::{descriptor, text};

pub(super) const SERVICE: &[Flag] = &[
    Flag {
        long: "--also-bind",
        short: "",
        values: &[],
        default: "",
        help: "listen on -b and PORT as well as on the sockets that were handed over in LISTEN_FDS",
        more: "A service manager that hands over sockets (systemd.socket(5)) has said where to \
               listen; -b or PORT beside them is an error without this.",
        act: Act::Set(|config, _| put(&mut config.also_bind, Ok(true))),
    },
    Flag {
        long: "--ready-fd",
        short: "",
        values: &["N"],
        default: "",
        help: "write the addresses to this descriptor, one a line, once they answer; then close it",
        more: "A line is http://HOST:PORT/ or unix:PATH. A service manager is told by \
               NOTIFY_SOCKET (sd_notify(3)) without any option: READY=1, RELOADING=1 around \
               SIGHUP, STOPPING=1.",
        act: Act::Set(|config, values| {
            let number = text(&values[0]).and_then(descriptor)?;
            put(&mut config.ready_fd, Ok(Some(number)))
        }),
    },
];
