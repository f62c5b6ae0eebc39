//! How a file server is set up, and what of it is checked beforehand.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::absent::Absences;
use super::listing_page::ListingPage;
use super::negotiation::Negotiation;
use super::open_now::OpenNow;
use super::pages::Pages;
use super::watch::Watched;
use super::{DirectoryEntry, FileServer};
use crate::files::cache::Cache;
use crate::files::contents::Contents;
use crate::files::header_rules::HeaderRules;
use crate::files::listing::{ListingStyle, Slots};
use crate::files::mime::MimeMap;
use crate::files::verdicts::Verdicts;
use crate::handler::{Policy, Request, Response, invalid};
use crate::http::etag::Etags;
use crate::http::limits::{FILE_CACHE_BYTES_MAX, HASHED_BYTES_MAX};
use crate::sys::open::Symlinks;
use crate::tree::{Guard, Root};

/// A file server that is being set up.
#[derive(Debug)]
pub struct FileServerBuilder {
    path: PathBuf,
    symlinks: Symlinks,
    index_pages: Vec<String>,
    listing: Option<ListingStyle>,
    listing_page: Option<ListingPage>,
    slots: Slots,
    mime: MimeMap,
    types: Vec<PathBuf>,
    pages: Pages,
    headers: Vec<(String, String)>,
    headers_for: Vec<[String; 3]>,
    origins: Vec<String>,
    hosts: Vec<String>,
    isolate: bool,
    etags: Etags,
    content_bytes_max: u64,
    precompressed: bool,
    markdown: bool,
    guards: Vec<Guard>,
    cache_bytes_max: usize,
}

impl FileServer {
    /// Sets up the service of a directory, or of one file alone.
    pub fn builder(path: impl Into<PathBuf>) -> FileServerBuilder {
        FileServerBuilder {
            path: path.into(),
            symlinks: Symlinks::default(),
            index_pages: vec!["index.html".into(), "index.htm".into()],
            listing: None,
            listing_page: None,
            slots: Slots::default(),
            mime: MimeMap::default(),
            types: Vec::new(),
            pages: Pages::default(),
            headers: Vec::new(),
            headers_for: Vec::new(),
            origins: Vec::new(),
            hosts: Vec::new(),
            isolate: false,
            etags: Etags::default(),
            content_bytes_max: HASHED_BYTES_MAX,
            precompressed: false,
            markdown: false,
            guards: Vec::new(),
            cache_bytes_max: FILE_CACHE_BYTES_MAX,
        }
    }
}

impl FileServerBuilder {
    /// Sets what to do with symbolic links; they are followed inside the directory by default.
    pub fn symlinks(mut self, symlinks: Symlinks) -> FileServerBuilder {
        self.symlinks = symlinks;
        self
    }

    /// Sets the names of index pages, the first that is there wins; `index.html` and `index.htm`
    /// by default, as in Python.
    pub fn index_pages(mut self, names: Vec<String>) -> FileServerBuilder {
        self.index_pages = names;
        self
    }

    /// Sets how directories without an index page are listed; by default rich, or plain where the
    /// server speaks HTTP/1.0 (see [`Builder::protocol`](crate::Builder::protocol)).
    pub fn listing(mut self, style: ListingStyle) -> FileServerBuilder {
        self.listing = Some(style);
        self
    }

    /// Lists directories by a page of one's own: HTML, JSON or anything else, made of the entries
    /// for this request. It takes the place of both styles, and [`ListingStyle::Off`] goes before
    /// it; the fields of [`header`](Self::header) are added.
    ///
    /// The entries are those of [`OpenDir::entries`](crate::OpenDir::entries), without names that
    /// are [hidden](Self::hide_dotfiles); of a link, `stat` is that of what a request for it would
    /// find (`None`: nothing). They are read and looked at in steps, a millisecond at a time if
    /// they are many, so that nobody waits for a slow disk; then the page is made at once. Past
    /// [`DIRECTORY_ENTRIES_MAX`](crate::limits::DIRECTORY_ENTRIES_MAX) (10,000) the answer is 500,
    /// and 503 where a large directory finds [no place](Self::listings_max), each of which may take
    /// 5 MB of entries. What a page takes is for the caller to count
    /// ([`Memory::plus`](crate::Memory::plus)).
    ///
    /// ```
    /// use sprat::{DirectoryEntry, FileServer, Response, Status};
    ///
    /// # let site = tempfile::tempdir()?;
    /// # std::fs::write(site.path().join("a & b.txt"), "")?;
    /// # let site = site.path();
    /// let files = FileServer::builder(site).listing_page(|_, entries: Vec<DirectoryEntry>| {
    ///     let line = |entry: &DirectoryEntry| {
    ///         format!("<li><a href=\"{}\">{}</a>\n", entry.href(), entry.name_in_html())
    ///     };
    ///     let page: String = entries.iter().map(line).collect();
    ///     Response::new(Status::OK).text(page).header("Content-Type", "text/html; charset=utf-8")
    /// });
    /// let mut site = sprat::testing::Site::new(files.open()?);
    /// let answer = site.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    /// assert_eq!(answer.text(), "<li><a href=\"a%20%26%20b.txt\">a &amp; b.txt</a>\n");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn listing_page<R: Into<Response>>(
        mut self,
        page: impl Fn(&Request<'_>, Vec<DirectoryEntry>) -> R + Send + Sync + 'static,
    ) -> FileServerBuilder {
        self.listing_page = Some(ListingPage::new(page));
        self
    }

    /// Sets how many listings of large directories may be in progress at once, at least one, and
    /// how many bytes of names, with 16 for each, they hold together to sort them: 8 and 8 MiB by
    /// default. Past the first, the answer is 503; past the second, directories are listed in
    /// parts of 64 KiB or more, each sorted.
    pub fn listings_max(mut self, count: usize, name_bytes: usize) -> FileServerBuilder {
        self.slots = Slots::new(count.max(1), name_bytes);
        self
    }

    /// Answers with this file, a path from the root, what names nothing that can be shown, so that
    /// an application in the browser can: GET and HEAD of paths whose last name has no extension,
    /// by those who accept HTML (`Vary: Accept`).
    pub fn spa(mut self, path: impl Into<String>) -> FileServerBuilder {
        self.pages.spa = Some(path.into());
        self
    }

    /// Answers 404 with the content of this file, a path from the root, in place of the page of
    /// errors.
    pub fn not_found(mut self, path: impl Into<String>) -> FileServerBuilder {
        self.pages.not_found = Some(path.into());
        self
    }

    /// Sets whether `/about` finds `about.html`, if neither a file nor a directory is called
    /// `about`. Nothing is redirected, and `about.html` has its own path as well.
    pub fn clean_urls(mut self, clean: bool) -> FileServerBuilder {
        self.pages.clean_urls = clean;
        self
    }

    /// Sets whether names that begin with a dot are 404, with all that is beneath them, and not
    /// listed. `.well-known` at the root (RFC 8615) is no such name.
    pub fn hide_dotfiles(mut self, hide: bool) -> FileServerBuilder {
        self.pages.hide_dotfiles = hide;
        self
    }

    /// Sets the media types.
    pub fn mime(mut self, mime: MimeMap) -> FileServerBuilder {
        self.mime = mime;
        self
    }

    /// Takes media types from a file in the format of `mime.types` when the directory is opened:
    /// see [`MimeMap::types_of`].
    pub fn types(mut self, path: impl Into<PathBuf>) -> FileServerBuilder {
        self.types.push(path.into());
        self
    }

    /// Adds a header field to each file and listing, 304 included, but as in Python to no error and
    /// no redirect: see [`CommonHeaders`](crate::CommonHeaders) for that, and for what no field
    /// overrides.
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> FileServerBuilder {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header field to the files whose path matches a pattern ([`Glob`](crate::Glob)), also
    /// to their 304. It is the path of the file that is sent, not of the request, decoded and from
    /// the slash that it begins with: what is said of assets that never change is not said of the
    /// page that a missing one is answered with. Of a form in a [coding](Self::precompressed) it is
    /// the path without that: `/app.js` whatever is sent for it, `/app.js.br` for that name alone.
    ///
    /// Where several match, the last one of a name counts, and it goes before
    /// [`header`](Self::header) and [`CommonHeaders`](crate::CommonHeaders); only `Set-Cookie`,
    /// `Link`, `Vary` and `Content-Security-Policy` add up.
    ///
    /// ```no_run
    /// let assets = sprat::FileServer::builder("dist")
    ///     .header_for("/**/*", "Cache-Control", "no-cache")
    ///     .header_for("/assets/**/*", "Cache-Control", "max-age=31536000, immutable")
    ///     .open()?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn header_for(
        mut self,
        glob: impl Into<String>,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> FileServerBuilder {
        let rule = [glob.into(), name.into(), value.into()];
        self.headers_for.push(rule);
        self
    }

    /// Lets pages of an origin read all answers, errors too, and answers preflights; `*` is every
    /// origin. It may be called again for others: see [`Policy::cors`].
    ///
    /// This and the next two hold where the file server is the handler. A handler of one's own that
    /// calls [`FileServer::serve`] has a [`Policy`] of its own.
    pub fn cors(mut self, origin: impl Into<String>) -> FileServerBuilder {
        self.origins.push(origin.into());
        self
    }

    /// Isolates pages from those of other origins: see [`Policy::isolate`].
    pub fn isolate(mut self) -> FileServerBuilder {
        self.isolate = true;
        self
    }

    /// Answers for this host, and for those of other calls, alone: see [`Policy::allow_host`].
    pub fn allow_host(mut self, name: impl Into<String>) -> FileServerBuilder {
        self.hosts.push(name.into());
        self
    }

    fn policy(&self) -> io::Result<Policy> {
        let mut policy = Policy::default();
        for origin in &self.origins {
            policy = policy.cors(origin)?;
        }
        for name in &self.hosts {
            policy = policy.allow_host(name)?;
        }
        Ok(match self.isolate {
            true => policy.isolate(),
            false => policy,
        })
    }

    /// Sets what entity tags are made of: see [`Etags`]. Where it is the content, a file of up to
    /// 64 KiB is hashed as it is asked for. A longer one is hashed in steps that hold up nobody
    /// else; its first answer, also to HEAD and where it is 304, waits for that, and is found by
    /// asking the whole handler again. The work goes on for a minute if the last peer that waits
    /// has left, where [`Handler::work`](crate::Handler::work) is handed on; at most 64 files are
    /// hashed at once. [`FileServer::send`] waits for nothing: it sends a longer file without a tag
    /// unless its hash is known.
    pub fn etags(mut self, etags: Etags) -> FileServerBuilder {
        self.etags = etags;
        self
    }

    /// Sets up to which length, in bytes, files have tags of their content, 1 GiB by default;
    /// longer ones have those of [`Etags::Mtime`].
    pub fn etag_content_max(mut self, bytes: u64) -> FileServerBuilder {
        self.content_bytes_max = bytes;
        self
    }

    /// Sets whether a request for `NAME` is answered with `NAME.br`, `NAME.zst` or `NAME.gz` where
    /// such a file is there and the peer accepts its coding (RFC 9110 section 12.5.3); they are not
    /// by default. One that is older than `NAME`, in whole seconds, is not sent, nor one that is
    /// empty, or was changed in the last two seconds. Best by the peer's weights; of equals the
    /// shortest. The file itself comes after all that are named, unless it is named as `identity`.
    ///
    /// Where there is no `NAME`, one of these alone is served to those who accept it; to others it
    /// is 406, and 404 if they say nothing of codings. Answers vary with `Accept-Encoding`.
    pub fn precompressed(mut self, precompressed: bool) -> FileServerBuilder {
        self.precompressed = precompressed;
        self
    }

    /// Sets whether peers that accept `text/markdown` by its name, with at least the weight of
    /// HTML, get `page.md` for `page.html` and `page`, and `index.md` for a directory, where it is
    /// there; they do not by default. Answers vary with `Accept`.
    pub fn markdown(mut self, markdown: bool) -> FileServerBuilder {
        self.markdown = markdown;
        self
    }

    /// Closes what a guard names, under every name that it has. To open a file costs some system
    /// calls more for each directory of its path; one that is remembered (see
    /// [`no_file_cache`](Self::no_file_cache)), a look at the root, at each directory of its path
    /// and at each place that is closed. Beside a guard of another root, none is remembered.
    pub fn guard(mut self, guard: Guard) -> FileServerBuilder {
        self.guards.push(guard);
        self
    }

    /// Opens, reads and describes a file for each request, and remembers none. By default small
    /// files are remembered, and answered from memory if a look (`stat(2)`) tells that they are
    /// what they were; what is in them is compared once a second.
    ///
    /// A handler that changes files while it answers with them calls [`FileServer::serve`], which
    /// looks each time, or this; [`Handler::handle`](crate::Handler::handle) of a file server looks
    /// once for requests that came together.
    pub fn no_file_cache(self) -> FileServerBuilder {
        self.file_cache_max(0)
    }

    /// Sets how many bytes the files that are remembered take, 16 MiB by default; 0: none are.
    pub fn file_cache_max(mut self, bytes: usize) -> FileServerBuilder {
        self.cache_bytes_max = bytes;
        self
    }

    /// Opens the directory.
    ///
    /// # Errors
    /// `InvalidInput` for a header field, a pattern, an origin, a host or an index page that is
    /// none; that of [`MimeMap::types_of`]; else that of opening the directory: it is not there,
    /// may not be read, or is neither a directory nor a regular file.
    pub fn open(mut self) -> io::Result<FileServer> {
        let policy = self.policy()?;
        self.pages.check()?;
        let (headers, rules) = HeaderRules::build(self.headers, self.headers_for)?;
        for name in &self.index_pages {
            if matches!(&**name, "" | "." | "..") || name.contains(['/', '\0']) {
                return Err(invalid(format!("not a file name: {name:?}")));
            }
        }
        let mut mime = self.mime;
        for path in &self.types {
            mime = mime.types_of(path)?;
        }
        let mime_plain = mime.clone().charset(None);
        Ok(FileServer {
            root: Root::open(&self.path, self.symlinks)?,
            index_pages: self.index_pages,
            listing: self.listing,
            listing_page: self.listing_page,
            follow: self.symlinks != Symlinks::Never,
            mime,
            mime_plain,
            policy,
            headers,
            rules,
            pages: self.pages,
            etags: self.etags,
            contents: Contents::default(),
            content_bytes_max: self.content_bytes_max,
            patience: Arc::default(),
            negotiation: Negotiation::new(self.precompressed, self.markdown),
            watched: Watched::default(),
            verdicts: Verdicts::default(),
            guards: self.guards,
            slots: self.slots,
            cache: Some(self.cache_bytes_max)
                .filter(|&bytes| bytes > 0)
                .map(Cache::new),
            open_now: OpenNow::default(),
            absences: Absences::default(),
        })
    }
}
