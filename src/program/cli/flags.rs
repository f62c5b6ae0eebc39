//! The table of options: the only place where one is named, checked and explained. The parser,
//! `--help`, the manual page and README's table all come from it.

use super::Show;
use super::address::bind;
use super::flag::{Act, Flag, Section, directory, put};
use super::log::LOG;
#[cfg(feature = "cgi")]
use super::values::{bytes, positive, url_paths, variable};
use super::values::{
    charset, count, etags, extension, glob, head_bytes, header, media_type, names, seconds,
    symlinks, text, version,
};

/// All options.
pub fn flags() -> impl Iterator<Item = &'static Flag> {
    SECTIONS.iter().flat_map(|section| section.flags)
}

/// The options by section, as they are shown.
pub static SECTIONS: &[Section] = &[
    Section {
        title: "Program",
        flags: PROGRAM,
    },
    Section {
        title: "Log",
        flags: LOG,
    },
    Section {
        title: "Network",
        flags: NETWORK,
    },
    Section {
        title: "Files",
        flags: FILES,
    },
    Section {
        title: "Limits",
        flags: LIMITS,
    },
    #[cfg(feature = "cgi")]
    Section {
        title: "CGI",
        flags: CGI,
    },
];

const PROGRAM: &[Flag] = &[
    Flag {
        long: "--help",
        short: "-h",
        values: &[],
        default: "",
        help: "print this help and exit",
        more: "",
        act: Act::Show(Show::Help),
    },
    Flag {
        long: "--version",
        short: "-V",
        values: &[],
        default: "",
        help: "print the version and exit",
        more: "",
        act: Act::Show(Show::Version),
    },
    Flag {
        long: "--man",
        short: "",
        values: &[],
        default: "",
        help: "print the manual page and exit (sprat --man | man -l -)",
        more: "",
        act: Act::Show(Show::Man),
    },
    Flag {
        long: "--limits",
        short: "",
        values: &[],
        default: "",
        help: "print the limits in force, and the memory they add up to, and exit",
        more: "The other options are taken into account. Memory is given as A + N x B, where N is \
               the number of connections: the server never takes more, whatever its peers do. \
               Each part of A and B is listed.",
        act: Act::Set(|config, _| put(&mut config.only_limits, Ok(true))),
    },
];

const NETWORK: &[Flag] = &[
    Flag {
        long: "--bind",
        short: "-b",
        values: &["ADDRESS"],
        default: "all addresses",
        help: "an address to listen on: IPv4, IPv6, localhost (both loopbacks) or this host's \
               name; may be repeated",
        more: "By default one socket takes IPv6 and IPv4 on every address; where there is no IPv6, \
               IPv4 alone. A name is looked up once, at the start, and every address it has here \
               is listened on. Names of peers are never looked up.",
        act: Act::Set(|config, values| {
            config.bind.push(bind(text(&values[0])?)?);
            Ok(())
        }),
    },
    Flag {
        long: "--protocol",
        short: "-p",
        values: &["VERSION"],
        default: "HTTP/1.1",
        help: "the HTTP version to speak, HTTP/1.0 or HTTP/1.1",
        more: "With HTTP/1.0 a connection ends after each response, and no charset is added to \
               text types, as in Python.",
        act: Act::Set(|config, values| {
            put(&mut config.protocol, text(&values[0]).and_then(version))
        }),
    },
    Flag {
        long: "--header",
        short: "-H",
        values: &["NAME", "VALUE"],
        default: "",
        help: "add a header field to every answer; may be repeated",
        more: "Files, listings, redirects, errors and what scripts answer have it. A field that is \
               no list replaces the answer's own, but for its Allow, Location, Retry-After and the \
               like. What only the server can know (Connection, Content-Length, Content-Type, \
               Date, Server, validators) is refused. \
               Content-Encoding is added to files alone; nph- scripts speak for themselves.",
        act: Act::Set(|config, values| {
            let field = header("-H", text(&values[0])?, text(&values[1])?)?;
            config.headers.push(field);
            Ok(())
        }),
    },
    Flag {
        long: "--header-for",
        short: "",
        values: &["GLOB", "NAME", "VALUE"],
        default: "",
        help: "add a header field to the files whose path matches; may be repeated",
        more: "GLOB is for the whole path of the file that is sent, from its first slash: * is \
               any characters but slashes, ? one, /**/ any number of directories, and nothing \
               else is special. The last match of a name counts, and goes before -H; Set-Cookie, \
               Link, Vary and Content-Security-Policy add up. What -H refuses is refused.",
        act: Act::Set(|config, values| {
            let glob = glob(text(&values[0])?)?;
            let option = "--header-for GLOB";
            let (name, value) = header(option, text(&values[1])?, text(&values[2])?)?;
            config.headers_for.push([glob, name, value]);
            Ok(())
        }),
    },
];

const FILES: &[Flag] = &[
    Flag {
        long: "--directory",
        short: "-d",
        values: &["DIRECTORY"],
        default: ".",
        help: "the directory to serve, or a single file",
        more: "A single file is served under its own name, and nothing else is. Only regular \
               files are ever served.",
        act: Act::Set(directory),
    },
    Flag {
        long: "--symlinks",
        short: "",
        values: &["follow|inside|never"],
        default: "inside",
        help: "which symbolic links to follow: all, those that stay in the directory, or none",
        more: "A link that is not followed is answered 404; the log says why.",
        act: Act::Set(|config, values| {
            put(&mut config.symlinks, text(&values[0]).and_then(symlinks))
        }),
    },
    Flag {
        long: "--no-listing",
        short: "",
        values: &[],
        default: "",
        help: "do not list directories",
        more: "A directory without an index page is answered 404.",
        act: Act::Set(|config, _| put(&mut config.listing, Ok(false))),
    },
    Flag {
        long: "--no-file-cache",
        short: "",
        values: &[],
        default: "",
        help: "open and read a file anew for each request",
        more: "By default small files that are asked for are kept in memory for a second, 16 MiB \
               in all, and one is answered from there only if a look at it tells that it is what \
               it was: with or without this, a change is seen by the next request. Files of \
               network file systems, and where scripts are run, are never kept.",
        act: Act::Set(|config, _| put(&mut config.file_cache, Ok(false))),
    },
    Flag {
        long: "--index",
        short: "",
        values: &["NAME[,NAME]"],
        default: "index.html,index.htm",
        help: "the files that stand for their directory, the first that exists",
        more: "",
        act: Act::Set(|config, values| {
            put(&mut config.index_pages, text(&values[0]).and_then(names))
        }),
    },
    Flag {
        long: "--etag",
        short: "",
        values: &["mtime|strict"],
        default: "mtime",
        help: "what entity tags are made of: size and mtime, or inode and ctime as well",
        more: "Tags of size and mtime are the same on every replica, and after a move. Strict ones \
               change with whatever is done to a file, also if its mtime is set back. No tag shows \
               an inode. Where a tool has given the file one of its frozen mtimes, ctime counts.",
        act: Act::Set(|config, values| put(&mut config.etags, text(&values[0]).and_then(etags))),
    },
    Flag {
        long: "--mime",
        short: "",
        values: &["EXT=TYPE"],
        default: "",
        help: "the media type of an extension; may be repeated",
        more: "It goes before the built-in types. The system's own tables are not read, so a file \
               has the same type on every machine.",
        act: Act::Set(|config, values| {
            config.media_types.push(extension(text(&values[0])?)?);
            Ok(())
        }),
    },
    Flag {
        long: "--content-type",
        short: "",
        values: &["TYPE"],
        default: "application/octet-stream",
        help: "the media type of unknown extensions",
        more: "",
        act: Act::Set(|config, values| {
            put(
                &mut config.content_type,
                text(&values[0]).and_then(media_type),
            )
        }),
    },
    Flag {
        long: "--charset",
        short: "",
        values: &["NAME|none"],
        default: "utf-8, none with HTTP/1.0",
        help: "the charset named with text types",
        more: "",
        act: Act::Set(|config, values| {
            put(&mut config.charset, text(&values[0]).and_then(charset))
        }),
    },
];

const LIMITS: &[Flag] = &[
    Flag {
        long: "--header-timeout",
        short: "",
        values: &["SECS"],
        default: "20",
        help: "time to send a whole request head; 0 = no limit",
        more: "Answered 408 if it passes; a peer that sent nothing is closed without an answer. \
               Seconds may have a fraction, here and below.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.head_time,
                text(&values[0]).and_then(seconds),
            )
        }),
    },
    Flag {
        long: "--idle-timeout",
        short: "",
        values: &["SECS"],
        default: "15",
        help: "time an idle connection is kept between requests; 0 = no limit",
        more: "Peers are told a second less (Keep-Alive), and nothing where that is none.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.idle_time,
                text(&values[0]).and_then(seconds),
            )
        }),
    },
    Flag {
        long: "--stall-timeout",
        short: "",
        values: &["SECS"],
        default: "300",
        help: "time without progress before a response is cut; 0 = no limit",
        more: "Progress is what the peer acknowledges, so that one which is slow, or pauses, is \
               not cut. Where others wait for a connection it has 30 seconds. A request body has \
               30 seconds as well, or this time if it is shorter.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.stall_time,
                text(&values[0]).and_then(seconds),
            )
        }),
    },
    Flag {
        long: "--min-body-rate",
        short: "",
        values: &["BYTES"],
        default: "500",
        help: "slowest request body, in bytes a second over any 30 seconds; 0 = no limit",
        more: "A slower one is answered 408, or cut. The time in which a script does not read it \
               does not count.",
        act: Act::Set(|config, values| {
            let rate = text(&values[0]).and_then(count)?;
            put(&mut config.limits.body_rate_min, Ok(rate as u64))
        }),
    },
    Flag {
        long: "--max-connections",
        short: "",
        values: &["N"],
        default: "4096",
        help: "most connections at once, 0 = as many as there are descriptors for",
        more: "Past it a connection that moves nothing is closed, first of the address that has \
               most: an idle one, one inside a head for 2 seconds, a response that is not taken \
               for 30. If there is none, new ones wait. Memory is bounded \
               by it, see --limits; where it is small, so is the memory for listings: 64 KiB of \
               names for each connection, up to 8 MiB.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.connections_max,
                text(&values[0]).and_then(count),
            )
        }),
    },
    Flag {
        long: "--max-head",
        short: "",
        values: &["BYTES"],
        default: "65535",
        help: "longest request head, in bytes; at most 65535",
        more: "Past it a request is answered 431.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.head_bytes_max,
                text(&values[0]).and_then(head_bytes),
            )
        }),
    },
    Flag {
        long: "--max-target",
        short: "",
        values: &["BYTES"],
        default: "16384",
        help: "longest request target (path and query), in bytes",
        more: "Past it a request is answered 414. A name of 4,096 bytes takes 12 KiB when each of \
               them is escaped.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.target_bytes_max,
                text(&values[0]).and_then(head_bytes),
            )
        }),
    },
];

#[cfg(feature = "cgi")]
const CGI: &[Flag] = &[
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
        more: "Past that, and for a request that has waited for 30 seconds (or for the CGI \
               timeout, if that is shorter), the answer is 503 with Retry-After.",
        act: Act::Set(|config, values| {
            put(
                &mut config.cgi.scripts_max,
                text(&values[0]).and_then(positive),
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
        values: &["NAME"],
        default: "nobody, for a server run by root",
        help: "the user that scripts run as: a name, UID or UID:GID",
        more: "Only root can change it. --cgi-user root leaves root's scripts to root.",
        act: Act::Set(|config, values| {
            config.cgi.user = Some(text(&values[0])?.to_owned());
            Ok(())
        }),
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
];
