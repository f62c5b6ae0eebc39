//! Options for a program that root starts.

use crate::cli::flag::{Act, Flag, put};
use crate::cli::values::{sandbox, text};

pub(super) const PRIVILEGES: &[Flag] = &[
    Flag {
        long: "--user",
        short: "",
        values: &["NAME[:GROUP]"],
        default: "",
        help: "serve as this user once ports, sockets and the log are open; numbers will do",
        more: "Names are looked up in /etc/passwd and /etc/group, and the user has its other \
               groups as well; a UID alone has the group of the same number and no others. Scripts \
               run as the same user. What that user may not is not done later: the log stays as \
               it is at SIGHUP, and a Unix socket is left at the end, and either is told.",
        act: Act::Set(|config, values| {
            config.user = Some(text(&values[0])?.to_owned());
            Ok(())
        }),
    },
    Flag {
        long: "--chroot",
        short: "",
        values: &[],
        default: "",
        help: "make the directory, or that of the single file, the root of the file system",
        more: "Give --user as well: root can leave. Names, users and the time zone are read \
               before. Scripts need all that they use inside, interpreters and /tmp included. The \
               log stays as it is at SIGHUP, a Unix socket is left at the end, and another \
               directory that takes the place of this one is not found.",
        act: Act::Set(|config, _| put(&mut config.chroot, Ok(true))),
    },
    Flag {
        long: "--sandbox",
        short: "",
        values: &["on|off|auto"],
        default: "auto",
        help: "give up what serving does not take, by Landlock: writing, running, connecting; on: \
               emptying files and reading elsewhere as well, or exit",
        more: "The kernel refuses it from the first request on, whatever bug somebody may find; \
               auto goes without where it cannot. With on, no file is emptied either, for which \
               opening one takes a little longer, and files are read only beneath the directory \
               above the served one (and above each link to it, and above what that leads to at \
               the start): one made anew is found, unless those above it are new as well. All can \
               be read if one of these is /, and with --symlinks follow or --chroot. Scripts would \
               be in the sandbox, too: there is none with --cgi, and on is an error. The log is \
               opened anew in the directory that it was in. --limits tells what is in force.",
        act: Act::Set(|config, values| {
            put(&mut config.sandbox, text(&values[0]).and_then(sandbox))
        }),
    },
];
