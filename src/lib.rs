//! A small, fast, single-threaded HTTP/1.1 file and CGI server: Python's `http.server`, done right,
//! as a library.
//!
//! A program gives the server a [`Handler`]; the handler answers each [`Request`] with a [`Reply`].
//! [`FileServer`] is the stock handler for files. There are no threads and no global state, every
//! wait has a deadline and every buffer a bound ([`Limits`]), and the library installs no signal
//! handlers. (For programs whose own threads block there is a module with feature `blocking`.)
//!
//! ```
//! use sprat::{Builder, Cx, FileServer, Handler, Reply, Request, Response, Status};
//!
//! struct Site {
//!     files: FileServer,
//!     hits: u64,
//! }
//!
//! impl Handler for Site {
//!     fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
//!         self.hits += 1; // one thread: no lock
//!         match req.path() {
//!             "/hits" => {
//!                 Response::new(Status::OK).text(self.hits.to_string()).into()
//!             }
//!             _ => self.files.handle(req, cx),
//!         }
//!     }
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! let builder = Builder::bind("127.0.0.1:0")?;
//! let address = builder.local_addrs()[0];
//! let handle = builder.handle(); // stops it, from any thread
//! let site = Site { files: FileServer::new(".")?, hits: 0 };
//! let server = std::thread::spawn(move || builder.serve(site).run());
//! # use std::io::{Read, Write};
//! # let mut peer = std::net::TcpStream::connect(address)?;
//! # peer.write_all(b"GET /hits HTTP/1.0\r\n\r\n")?;
//! # let mut answer = String::new();
//! # peer.read_to_string(&mut answer)?;
//! # assert!(answer.ends_with("\r\n\r\n1"), "{answer}");
//! handle.drain(std::time::Duration::from_secs(1))?;
//! server.join().unwrap()
//! # }
//! ```
//!
//! # Three ways to run it
//!
//! [`Server::run`] is a main loop. [`Server::turn`] is one turn of it, for a program that has
//! something else to do meanwhile:
//!
//! ```
//! # use sprat::{Builder, Cx, Handler, Reply, Request, Response, Status, Turn};
//! # struct Site;
//! # impl Handler for Site {
//! #     fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
//! #         Response::new(Status::OK).into()
//! #     }
//! # }
//! # fn main() -> std::io::Result<()> {
//! # let mut server = Builder::bind("127.0.0.1:0")?.serve(Site);
//! # server.handle().drain(std::time::Duration::ZERO)?;
//! const FRAME: std::time::Duration = std::time::Duration::from_millis(16);
//! while server.turn(Some(FRAME))? != Turn::Stopped {
//!     // draw a frame
//! }
//! # Ok(())
//! # }
//! ```
//!
//! And a server is a source for any other loop: its descriptor is readable when `turn` has
//! something to do.
//!
//! ```
//! # use sprat::{Builder, Cx, Handler, Reply, Request, Response, Status, Turn};
//! # struct Site;
//! # impl Handler for Site {
//! #     fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
//! #         Response::new(Status::OK).into()
//! #     }
//! # }
//! # fn main() -> std::io::Result<()> {
//! # let mut server = Builder::bind("127.0.0.1:0")?.serve(Site);
//! # server.handle().drain(std::time::Duration::ZERO)?;
//! use std::os::fd::{AsFd, AsRawFd};
//! use std::time::Duration;
//!
//! let mut poll = mio::Poll::new()?;
//! let mut events = mio::Events::with_capacity(64);
//! let fd = server.as_fd().as_raw_fd();
//! let mut source = mio::unix::SourceFd(&fd);
//! poll.registry().register(&mut source, mio::Token(0), mio::Interest::READABLE)?;
//! let mut wait = Some(Duration::ZERO);
//! loop {
//!     poll.poll(&mut events, wait)?;
//!     // the host's own events
//!     wait = match server.turn(Some(Duration::ZERO))? {
//!         Turn::More => Some(Duration::ZERO),
//!         Turn::Idle(time) => time,
//!         Turn::Stopped => return Ok(()),
//!     };
//! }
//! # }
//! ```
//!
//! It is added to a bare epoll or kqueue the same way, edge-triggered or not.
//! [`manual::on_other_loops`] has tokio, GLib and libuv.
//!
//! # How the code is laid out
//!
//! `http/` is the protocol as pure functions; `sys/` is what differs between systems; `reactor/` is
//! what any event loop needs; `handler/` holds the traits and values of this page; `server/` drives
//! connections; `tree/` opens what lies beneath a directory; `files/` serves files and listings,
//! and uses only this page; `blocking/` is a handler whose answers come from other threads.
#![doc = include_str!("guide.md")]
#![doc = include_str!("python.md")]

/// Pages about the whole.
#[cfg(doc)]
pub mod manual {
    #[doc = include_str!("loops.md")]
    pub mod on_other_loops {}
    #[doc = include_str!("tested.md")]
    pub mod how_it_is_tested {}
    #[doc = include_str!("weaknesses.md")]
    pub mod weaknesses {}
}

/// README's program, so that it keeps compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The programs of the page for those who come from other servers.
#[cfg(all(doctest, feature = "blocking"))]
#[doc = include_str!("../MIGRATING.md")]
struct Migrating;

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "cgi")]
mod cgi;
mod files;
mod handler;
mod http;
pub mod log;
mod reactor;
mod server;
mod sys;
mod tree;

#[cfg(any(test, fuzzing, feature = "testing"))]
pub mod testing;

#[cfg(feature = "cgi")]
pub use cgi::{Cgi, CgiBuilder, CgiMatch, CgiObstacle, Script, limits as cgi_limits};
pub use files::asset::Asset;
pub use files::assets::{Assets, AssetsBuilder};
pub use files::file_server::{
    DirectoryEntry, FileServer, FileServerBuilder, Found, OpenDir, OpenFile,
};
pub use files::glob::Glob;
pub use files::listing::ListingStyle;
pub use files::mime::MimeMap;
pub use handler::{
    Body, BodyFilter, BodySource, Cause, ChildProcess, CommonHeaders, Cx, End, Exchange,
    Expectation, Failure, FormEvent, FormPart, Handler, Log, MultipartForm, OwnedRequest, Policed,
    Policy, Pull, Record, Reply, Request, RequestBuilder, Response, SharedBytes, SharedFile, Sink,
    TrustedProxies, handler,
};
pub use http::coding::Coding;
pub use http::etag::Etags;
pub use http::fault::Fault;
pub use http::forwarded::ForwardedFields;
pub use http::framing::BodyLen;
pub use http::headers::Headers;
pub use http::limits::{self, Limits};
pub use http::memory::{Memory, MemoryTerm};
pub use http::method::{Method, Version};
pub use http::scheme::Scheme;
pub use http::status::Status;
pub use http::target::UrlPath;
pub use reactor::wake::{ExchangeWaker, Handle};
pub use server::group::AcceptGroup;
pub use server::{Builder, Server, Turn};
pub use sys::account::Account;
pub use sys::fork::Forks;
pub use sys::landlock::Sandbox;
pub use sys::open::Symlinks;
pub use tree::{Guard, Kind, Opened, Refused, Root, Stat};

/// Makes a directory the root of this process and its working directory, so that there are no other
/// files for it (chroot(2)). Open the root of a [`FileServer`] afterwards, as `/`. What is open
/// stays open, and root finds ways out: [`Account::assume`] belongs behind it. The time zone of the
/// log is read before.
///
/// # Errors
/// `PermissionDenied` for all but root; `NotFound` and `NotADirectory`.
pub fn change_root(directory: &std::path::Path) -> std::io::Result<()> {
    sys::chroot::change_root(directory)
}

/// Closes the descriptors that this process was started with, all but stdin, stdout and stderr, in
/// every program that it starts. For programs that run scripts. The library never does it by
/// itself, and gives scripts none of its own.
///
/// # Errors
/// `EMFILE` without a free descriptor, on systems where the open ones must be listed.
#[cfg(feature = "cgi")]
pub fn keep_descriptors_from_children() -> std::io::Result<()> {
    sys::own::close_on_exec()
}

/// Ends this process when so many seconds have passed, with status 1 and these words on stderr,
/// whatever it waits for then: some things, such as name servers, know no deadline. For programs
/// that must be done by that time; the library never does it by itself. Only the first call counts.
pub fn end_after(seconds: u32, words: impl Into<Vec<u8>>) {
    sys::alarm::end_after(seconds, words.into());
}

/// The names and values of an HTML form, from a [query](Request::query) or a body, decoded: `+` is
/// a space, `%41` a letter. What is not UTF-8 becomes U+FFFD, a piece without `=` has an empty
/// value, and nothing is refused (WHATWG URL section 5.1).
///
/// ```
/// let pairs: Vec<_> = sprat::form_pairs(b"name=J%C3%BCrgen+K.&admin").collect();
/// assert_eq!(pairs[0], ("name".into(), "J\u{fc}rgen K.".into()));
/// assert_eq!(pairs[1], ("admin".into(), "".into()));
/// ```
pub fn form_pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    http::form::pairs(text)
}

/// Takes over a descriptor that this process was started with, such as a listening socket of a
/// service manager (sd_listen_fds(3)), to be served by [`Builder::listen_on`]. It can be taken
/// once, and only before `keep_descriptors_from_children`; programs that this process starts do
/// not get it.
///
/// # Errors
/// `NotFound` if it is not open; `InvalidInput` for stdin, stdout, stderr, and for a descriptor
/// that this process has opened itself.
pub fn inherited_descriptor(number: std::os::fd::RawFd) -> std::io::Result<std::os::fd::OwnedFd> {
    sys::inherit::take(number)
}

/// Makes the system report how scripts exit, even if this process was started with SIGCHLD ignored.
/// Otherwise the system drops their exits, and the server waits 2 seconds for each script in vain.
/// For programs that run scripts; the library never does it by itself.
///
/// # Errors
/// None that is known: the system refuses only bad arguments.
#[cfg(feature = "cgi")]
pub fn keep_exits_of_children() -> std::io::Result<()> {
    sys::own::keep_exits()
}

/// Keeps programs that this thread starts from now on, and all that those start, from gaining
/// privileges: a set-uid program runs as whoever starts it (`PR_SET_NO_NEW_PRIVS`, prctl(2); on
/// FreeBSD of the whole process, procctl(2)). There is no way back. The library never does it by
/// itself, but for [`Sandbox::enter`].
///
/// # Errors
/// `Unsupported` where there is no such thing; `InvalidInput` where the kernel is too old for it.
pub fn no_new_privileges() -> std::io::Result<()> {
    sys::no_new_privs::no_new_privileges()
}

/// A time as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT` (Python's `date_time_string`), for
/// `Last-Modified`, `Expires` and the like; `None` outside the years 1970 to 9999.
pub fn http_date(time: std::time::SystemTime) -> Option<String> {
    http::validators::http_date(time)
}

/// Reaps every child of this process that has ended, but those with these ids: the scripts' own,
/// which are the server's to reap (`Cgi::children`). For a program that is the first process of a
/// container, and is given the orphans there; the library never does it by itself.
pub fn reap_orphans(keep: &[u32]) {
    sys::process::reap_all_but(keep);
}

/// Raises the soft limit on open descriptors to the hard one: for programs that mean to serve many
/// connections. The library never does it by itself.
///
/// # Errors
/// `EPERM` where a sandbox forbids it.
pub fn raise_descriptor_limit() -> std::io::Result<()> {
    sys::limits::raise_descriptors()
}
