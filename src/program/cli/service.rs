//! Options for whoever starts and ends the program: service managers, containers, scripts, tests.

use std::fs;

use super::Config;
use super::flag::{Act, Flag, put};
use super::url::check_url;
use super::values::{descriptor, processes, seconds, site_path, text};

pub const SERVICE: &[Flag] = &[
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
    Flag {
        long: "--drain-timeout",
        short: "",
        values: &["SECS"],
        default: "8",
        help: "time that running responses have after SIGTERM; 0 = no limit",
        more: "What is left then is cut, and running scripts are sent TERM, and KILL a second \
               later: with the default all is gone within the 10 seconds after which containers \
               are killed.",
        act: Act::Set(|config, values| {
            put(&mut config.drain_time, text(&values[0]).and_then(seconds))
        }),
    },
    Flag {
        long: "--drain-delay",
        short: "",
        values: &["SECS"],
        default: "0",
        help: "the first part of that time, in which connections are still accepted",
        more: "Each answer has Connection: close meanwhile, so that a balancer finds out before it \
               is refused. Let it be longer than the balancer takes between two looks.",
        act: Act::Set(|config, values| {
            put(&mut config.drain_delay, text(&values[0]).and_then(seconds))
        }),
    },
    Flag {
        long: "--exit-when-idle",
        short: "",
        values: &["SECS"],
        default: "",
        help: "end when there was no connection for so long, as by SIGTERM, monitors of \
               --health left out",
        more: "Counted from the start as well. A service manager that has handed over the sockets \
               (systemd.socket(5)) starts it again for the next one to come, and who comes while \
               it ends waits for that: nobody is refused.",
        act: Act::Set(|config, values| {
            let time = text(&values[0]).and_then(seconds)?;
            if time.is_zero() {
                return Err(
                    "0 would end it at once (600, or leave it out to serve for ever)".into(),
                );
            }
            put(&mut config.idle_end, Ok(Some(time)))
        }),
    },
    Flag {
        long: "--once",
        short: "",
        values: &[],
        default: "",
        help: "end with 0 when somebody has taken the single file of -d whole, with 3 if ended \
               before",
        more: "One GET must have brought it, to its last byte, and its peer must have acknowledged \
               that. Who was cut, or has asked for a part, may come again: it waits for the next. \
               206 with all of it (Range: bytes=0-) is all of it; HEAD and 304 are not. Downloads \
               that are under way then have the time of --drain-timeout.",
        act: Act::Set(|config, _| put(&mut config.once, Ok(true))),
    },
    Flag {
        long: "--health",
        short: "",
        values: &["PATH"],
        default: "",
        help: "answer this path with 200 ok, or 503 draining after SIGTERM",
        more: "The server answers it by itself, to GET and HEAD: there need be no such file, nor a \
               directory, the host may be any (--allow-host), and nothing is logged. When all \
               connections but one are taken, the next to come has that one for a second: it is \
               kept for this, and other requests are answered 503 there.",
        act: Act::Set(|config, values| {
            let path = text(&values[0]).and_then(site_path)?;
            put(&mut config.health, Ok(Some(path)))
        }),
    },
    Flag {
        long: "--processes",
        short: "",
        values: &["N|auto"],
        default: "one, without a supervisor",
        help: "serve by N processes on the same sockets, or by one for each core (auto)",
        more: "A supervisor starts them and serves nobody itself; a signal to it is for all. One \
               that dies costs the requests that it had, and is started again: at once, or after \
               0.1 seconds and up to 5 if it dies soon each time. The options that limit \
               something, such as --max-connections, --per-peer and --cgi-max, are for each \
               process. auto counts the cores that it may run on, or its control group's quota, \
               rounded up.",
        act: Act::Set(|config, values| {
            let count = text(&values[0]).and_then(processes)?;
            put(&mut config.processes, Ok(Some(count)))
        }),
    },
    Flag {
        long: "--check",
        short: "",
        values: &["URL"],
        default: "",
        help: "ask a server and exit: 0 if it answers 2xx within 3 seconds, else 1",
        more: "URL is http://HOST:PORT/PATH or unix:PATH:/PATH. If it is not well, a line on \
               stderr says why. A container that has no other program checks its health so.",
        act: Act::Set(|config, values| {
            let url = text(&values[0]).and_then(check_url)?;
            put(&mut config.check, Ok(Some(url)))
        }),
    },
];

/// Whether what was said in so many words goes together.
pub fn check(config: &Config, words: usize) -> Result<(), String> {
    let is_bounded = !config.drain_time.is_zero();
    if is_bounded && config.drain_delay > config.drain_time {
        return Err(
            "argument --drain-delay: it is a part of --drain-timeout, which is shorter \
             (give both: sprat --drain-timeout 20 --drain-delay 10)"
                .into(),
        );
    }
    if config.once {
        for_a_single_file(config)?;
    }
    let ends_by_itself = match (config.once, config.idle_end) {
        (true, _) => Some("--once"),
        (_, Some(_)) => Some("--exit-when-idle"),
        _ => None,
    };
    if let Some(option) = ends_by_itself.filter(|_| config.processes.is_some()) {
        return Err(format!(
            "argument --processes: {option} is about one process (leave --processes out)"
        ));
    }
    match &config.check {
        Some(_) if words > 1 + usize::from(config.proxy_protocol) => Err(
            "argument --check: nothing is served with it (leave out all \
                                     but it and its URL)"
                .into(),
        ),
        _ => Ok(()),
    }
}

/// Whether there is one file to be taken.
fn for_a_single_file(config: &Config) -> Result<(), String> {
    #[cfg(feature = "cgi")]
    if config.cgi.on {
        return Err(
            "argument --once: a single file has no scripts beside it (leave --cgi out)".into(),
        );
    }
    match fs::metadata(&config.directory) {
        Ok(found) if found.is_dir() => {
            let path = &config.directory;
            Err(format!(
                "argument --once: {path:?} is a directory, and a single file is served so (sprat \
                 --once -d FILE)"
            ))
        }
        // What is wrong with another is told when it is opened.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
