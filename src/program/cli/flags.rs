//! The table of options: the only place where one is named, checked and explained. The parser,
//! `--help`, the manual page and README's table all come from it.

#[cfg(feature = "cgi")]
mod cgi;
mod limits;
mod pages;
mod privileges;
mod site;

use std::mem;
use std::vec::IntoIter;

use sprat::ListingStyle;

use super::Show;
use super::address::bind;
use super::flag::{Act, Flag, Section, directory, put};
use super::log::LOG;
use super::proxies::PROXIES;
use super::service::SERVICE;
use super::values::{
    bytes, charset, etags, extension, glob, header, listing, media_type, names, shell, symlinks,
    text, types, version,
};

#[cfg(feature = "cgi")]
pub use cgi::check as check_scripts;
pub use limits::check as check_limits;

/// All options. Gathered first: whoever looks for one has a loop over them, and no loop over
/// sections around it.
pub fn flags() -> IntoIter<&'static Flag> {
    let all: Vec<&Flag> = SECTIONS.iter().flat_map(|section| section.flags).collect();
    all.into_iter()
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
        title: "Service",
        flags: SERVICE,
    },
    Section {
        title: "Proxies in front",
        flags: PROXIES,
    },
    Section {
        title: "Privileges",
        flags: privileges::PRIVILEGES,
    },
    Section {
        title: "Files",
        flags: FILES,
    },
    Section {
        title: "Pages",
        flags: pages::PAGES,
    },
    Section {
        title: "Other origins and hosts",
        flags: site::SITE,
    },
    Section {
        title: "Limits",
        flags: limits::LIMITS,
    },
    #[cfg(feature = "cgi")]
    Section {
        title: "CGI",
        flags: cgi::CGI,
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
        long: "--completions",
        short: "",
        values: &["bash|zsh|fish"],
        default: "",
        help: "print what a shell completes these options by, and exit",
        more: "In ~/.bashrc: eval \"$(sprat --completions bash)\"; in ~/.zshrc, after compinit: \
               eval \"$(sprat --completions zsh)\"; for fish: sprat --completions fish > \
               ~/.config/fish/completions/sprat.fish.",
        act: Act::Set(|config, values| {
            let shell = text(&values[0]).and_then(shell);
            put(&mut config.completions, shell.map(Some))
        }),
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
        help: "an address to listen on: IPv4, IPv6, localhost (both loopbacks), this host's \
               name, or unix:PATH[,mode=MODE]; may be repeated",
        more: "By default one socket takes IPv6 and IPv4 on every address; where there is no IPv6, \
               IPv4 alone. A name is looked up once, at the start, and every address it has here \
               is listened on. Names of peers are never looked up. A Unix socket has the mode 0666 \
               less the umask, or the octal one that is given; one that nobody answers any more is \
               replaced, and it is removed at the end.",
        act: Act::Set(|config, values| {
            config.bind.push(bind(&values[0])?);
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
               else is special. Of a form that --precompressed sends it is the path without its \
               .br, .zst or .gz. The last match of a name counts, and goes before -H; Set-Cookie, \
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
        long: "--listing",
        short: "",
        values: &["rich|plain|off"],
        default: "rich, plain with HTTP/1.0",
        help: "how directories are listed: with sizes and times, as Python does, or not at all",
        more: "A rich listing is sorted by its buttons, or by ?sort=name, size or time, \
               &order=asc or desc, and &dirs=first, and so is its JSON; in ?sort=name, numbers \
               count as numbers. It has a link for each entry and no other, so that wget -r and \
               pip --find-links get from it what they get from a plain one. Times are UTC.",
        act: Act::Set(|config, values| {
            let style = text(&values[0]).and_then(listing);
            put(&mut config.listing, style.map(Some))
        }),
    },
    Flag {
        long: "--no-listing",
        short: "",
        values: &[],
        default: "",
        help: "do not list directories, as --listing off",
        more: "A directory without an index page is answered 404.",
        act: Act::Set(|config, _| put(&mut config.listing, Ok(Some(ListingStyle::Off)))),
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
        long: "--precompressed",
        short: "",
        values: &[],
        default: "",
        help: "send NAME.br, NAME.zst or NAME.gz for NAME to those who accept it",
        more: "Best by the peer's weights, of equals the shortest. One that is older than NAME in \
               whole seconds is not sent, and logged; nor one that is empty or was changed in the \
               last 2 seconds. Without NAME, those who do not accept what is there get 406, or 404 \
               if they say nothing of codings.",
        act: Act::Set(|config, _| put(&mut config.precompressed, Ok(true))),
    },
    Flag {
        long: "--markdown",
        short: "",
        values: &[],
        default: "",
        help: "send page.md for page.html or page to those who ask for text/markdown",
        more: "It must be named, with at least the weight of text/html. For a directory it is \
               index.md.",
        act: Act::Set(|config, _| put(&mut config.markdown, Ok(true))),
    },
    Flag {
        long: "--etag",
        short: "",
        values: &["mtime|strict|content|none"],
        default: "mtime",
        help: "what entity tags are made of: size and mtime, inode and ctime as well, or a hash",
        more: "Tags of size and mtime are the same on every replica, and after a move. Strict ones \
               change with whatever is done to a file, also if its mtime is set back. No tag shows \
               an inode. Where a tool has given the file one of its frozen mtimes, ctime counts, \
               or there is none. Those of content are the same on every replica whatever its \
               mtimes are; a file of more than 64 KiB is read once before its first answer, in \
               steps that hold up nobody else, and one that changes meanwhile has no tag.",
        act: Act::Set(|config, values| put(&mut config.etags, text(&values[0]).and_then(etags))),
    },
    Flag {
        long: "--etag-content-max",
        short: "",
        values: &["BYTES"],
        default: "1073741824",
        help: "longest file that has a tag of its content; others have that of size and mtime",
        more: "",
        act: Act::Set(|config, values| {
            put(
                &mut config.etag_content_bytes_max,
                text(&values[0]).and_then(bytes),
            )
        }),
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
            let (extension, media_type) = extension(text(&values[0])?)?;
            config.mime = mem::take(&mut config.mime).extension(&extension, &media_type);
            Ok(())
        }),
    },
    Flag {
        long: "--types",
        short: "",
        values: &["FILE"],
        default: "",
        help: "take media types from a file, such as /etc/mime.types; may be repeated",
        more: "A line is a type and its extensions, as in text/plain txt log, and # begins a \
               comment. Of several types of one extension, by this option or --mime, the last \
               counts.",
        act: Act::Set(|config, values| {
            config.mime = types(mem::take(&mut config.mime), &values[0])?;
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
