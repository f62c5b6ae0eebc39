//! Options about scripts.

use super::limits::share;
use crate::cli::Config;
use crate::cli::flag::{Act, Flag, put};
use crate::cli::values::{bytes, count, positive, seconds, text, url_paths, variable};

pub(super) const CGI: &[Flag] = &[
    Flag {
        long: "--cgi",
        short: "",
        values: &[],
        default: "",
        help: "run the files in /cgi-bin and /htbin as CGI/1.1 scripts",
        more: "An executable file there is run by every method; its source is never sent. POST to \
               anything else is answered 501, as in Python. The options below are an error without \
               this one or --cgi-directories.",
        act: Act::Set(|config, _| put(&mut config.cgi.on, Ok(true))),
    },
    Flag {
        long: "--cgi-directories",
        short: "",
        values: &["LIST"],
        default: "/cgi-bin and /htbin",
        help: "the URL paths, with commas between them, whose files are scripts; implies --cgi",
        more: "They may lie at any depth, and so may the scripts in them.",
        act: Act::Set(|config, values| {
            config.cgi.directories = url_paths(text(&values[0])?)?;
            put(&mut config.cgi.on, Ok(true))
        }),
    },
    Flag {
        long: "--cgi-timeout",
        short: "",
        values: &["SECS"],
        default: "300",
        help: "time a script may be silent; 0 = no limit",
        more: "Answered 504 if it passes before the script's head is complete; after it, the \
               connection is cut. Either way the script and what it started are ended: by TERM, \
               and after 2 seconds by KILL.",
        act: Act::Set(|config, values| {
            put(&mut config.cgi.timeout, text(&values[0]).and_then(seconds))
        }),
    },
    Flag {
        long: "--cgi-max",
        short: "",
        values: &["N"],
        default: "32",
        help: "most scripts at once; up to 128 more requests wait for their turn",
        more: "Addresses are served in turn, so that a newcomer waits for one script of each other \
               at most; of one address the first comes first. Past that the newest of the address \
               with most that wait is answered 503 with Retry-After, and so is one that has waited \
               for 30 seconds (or for the CGI timeout, if that is shorter).",
        act: Act::Set(|config, values| {
            put(
                &mut config.cgi.scripts_max,
                text(&values[0]).and_then(positive),
            )
        }),
    },
    Flag {
        long: "--cgi-max-per-peer",
        short: "",
        values: &["N"],
        default: "0",
        help: "most scripts at once for one address, 0 = as many as --cgi-max",
        more: "Its other requests wait, and others pass them. Of IPv6 the first 64 bits count. \
               Where a trusted proxy says for whom it asks, that address counts; those who come by \
               a Unix socket are one.",
        act: Act::Set(|config, values| {
            put(
                &mut config.cgi.scripts_per_peer_max,
                text(&values[0]).and_then(count),
            )
        }),
    },
    Flag {
        long: "--cgi-env",
        short: "",
        values: &["NAME[=VALUE]"],
        default: "",
        help: "give scripts a variable, or hand on the server's own; may be repeated",
        more: "Of the server's own environment, scripts get PATH, LANG and TZ, and no more. What \
               is given here wins over all that a request would say, fields (HTTP_X_USER) \
               included; a name that the server itself has not stays unset. The last of several \
               of one name counts.",
        act: Act::Set(|config, values| {
            config.cgi.variables.push(variable(&values[0])?);
            Ok(())
        }),
    },
    Flag {
        long: "--cgi-pass-authorization",
        short: "",
        values: &[],
        default: "",
        help: "let scripts see the Authorization field, as HTTP_AUTHORIZATION",
        more: "The server itself checks no passwords, so REMOTE_USER is never set.",
        act: Act::Set(|config, _| put(&mut config.cgi.pass_authorization, Ok(true))),
    },
    Flag {
        long: "--cgi-user",
        short: "",
        values: &["NAME[:GROUP]"],
        default: "nobody, for a server run by root",
        help: "the user that scripts run as; numbers will do",
        more: "Only root can change it. --cgi-user root leaves root's scripts to root. With --user \
               they run as the server does, and this is an error.",
        act: Act::Set(|config, values| {
            config.cgi.user = Some(text(&values[0])?.to_owned());
            Ok(())
        }),
    },
    Flag {
        long: "--cgi-setuid",
        short: "",
        values: &[],
        default: "",
        help: "let scripts gain privileges, as by sudo, ping or sendmail",
        more: "Without it, set-uid programs and those with capabilities run as whoever starts them \
               (no_new_privs, prctl(2)).",
        act: Act::Set(|config, _| put(&mut config.cgi.setuid, Ok(true))),
    },
    Flag {
        long: "--max-body",
        short: "",
        values: &["BYTES"],
        default: "1073741824",
        help: "longest request body of unknown length for a script",
        more: "A chunked body is kept until its length is known: up to 64 KiB in memory, a longer \
               one in a temporary file. Past this it is answered 413. Bodies of known length are \
               streamed to the script, whatever their length, from the first 64 KiB on.",
        act: Act::Set(|config, values| {
            put(
                &mut config.cgi.body_bytes_max,
                text(&values[0]).and_then(bytes),
            )
        }),
    },
    Flag {
        long: "--spool-max",
        short: "",
        values: &["BYTES"],
        default: "1073741824",
        help: "most bytes that such bodies take in temporary files, all together",
        more: "Past it a request is answered 507. The files have no names, and lie in $TMPDIR, or \
               else in /tmp. Where that is in memory, this much of it may be taken.",
        act: Act::Set(|config, values| {
            put(
                &mut config.cgi.spool_bytes_max,
                text(&values[0]).and_then(bytes),
            )
        }),
    },
    Flag {
        long: "--spool-max-per-peer",
        short: "",
        values: &["BYTES"],
        default: "0",
        help: "most of these bytes for one address, 0 = as many as --spool-max",
        more: "Past it a request is answered 507, and others have what is left. Addresses count as \
               for --cgi-max-per-peer.",
        act: Act::Set(|config, values| {
            put(
                &mut config.cgi.spool_per_peer_bytes_max,
                text(&values[0]).and_then(bytes),
            )
        }),
    },
];

/// Whether what is one address's is less than what there is.
pub fn check(config: &Config) -> Result<(), String> {
    let cgi = &config.cgi;
    let (each, all) = (cgi.scripts_per_peer_max as u64, cgi.scripts_max as u64);
    share("--cgi-max-per-peer", each, "--cgi-max", all)?;
    let (each, all) = (cgi.spool_per_peer_bytes_max, cgi.spool_bytes_max);
    share("--spool-max-per-peer", each, "--spool-max", all)
}
