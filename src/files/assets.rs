//! A table of assets by their paths: a site that is compiled in.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::answers::{allowed, location, missing, page_path, redirect};
use super::asset::Asset;
use super::header_rules::HeaderRules;
use super::mime::MimeMap;
use super::representation::RANGES_BYTES;
use crate::handler::{CommonHeaders, Cx, Handler, Reply, Request, Response, SharedBytes, invalid};
use crate::http::coding::Coding;
use crate::http::memory::Memory;
use crate::http::method::Method;
use crate::tree::Refused;

/// The names of index pages; the first that is there wins.
const INDEX_PAGES: [&str; 2] = ["index.html", "index.htm"];

/// A site in memory: a table of paths and what is there. Each is answered as [`FileServer`] answers
/// a file with the same bytes.
///
/// - A path with a slash at its end finds `index.html` or `index.htm` in it; without the slash it
///   is led there (301).
/// - What is beside a path with `.br`, `.zst` or `.gz` behind its name is sent in its place to
///   those who accept that, as with
///   [`precompressed`](crate::FileServerBuilder::precompressed); nobody compares dates here.
/// - As a [`Handler`] it answers what it has to GET, HEAD and OPTIONS, 405 with `Allow` to other
///   methods, and 404 to all else. [`serve`](Self::serve) leaves the rest to others.
///
/// ```
/// use sprat::testing::Site;
///
/// let assets = sprat::Assets::new(&[
///     ("index.html", b"<link rel=stylesheet href=style.css>"),
///     ("style.css", b"body { margin: auto }"),
/// ])?;
/// let mut site = Site::new(assets);
/// let page = site.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
/// assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
/// assert_eq!(site.ask("GET /none HTTP/1.1\r\nHost: h\r\n\r\n").status, 404);
/// # std::io::Result::Ok(())
/// ```
///
/// [`FileServer`]: crate::FileServer
#[derive(Clone, Debug)]
pub struct Assets {
    /// By the path without its first slash.
    table: HashMap<Vec<u8>, Asset>,
    headers: Arc<CommonHeaders>,
    rules: HeaderRules,
}

/// What a path leads to.
enum Hit<'a> {
    Asset(&'a Asset),
    /// Where it is found.
    Redirect(String),
}

impl Hit<'_> {
    fn answer(self, req: &Request<'_>) -> Response {
        match self {
            Hit::Asset(asset) => asset.send(req),
            Hit::Redirect(location) => redirect(location),
        }
    }
}

impl Assets {
    /// A table of paths and bytes, such as `include_bytes!` has: see
    /// [`AssetsBuilder::file`]. Anything else is set by a [`builder`](Self::builder).
    ///
    /// # Errors
    /// Those of [`AssetsBuilder::build`].
    pub fn new(table: &[(&str, &'static [u8])]) -> io::Result<Assets> {
        let add =
            |all: AssetsBuilder, &(path, bytes): &(&str, &'static [u8])| all.file(path, bytes);
        table.iter().fold(Assets::builder(), add).build()
    }

    /// A table that is being filled.
    pub fn builder() -> AssetsBuilder {
        AssetsBuilder {
            files: Vec::new(),
            assets: Vec::new(),
            mime: MimeMap::default(),
            headers: Vec::new(),
            headers_for: Vec::new(),
        }
    }

    /// Answers GET, HEAD and OPTIONS for what is there; `None` for other paths and methods, so that
    /// the next handler can be asked.
    ///
    /// ```
    /// # use sprat::{Assets, Failure, Reply, Request, Status};
    /// # fn api(_: &Request<'_>) -> Reply { Failure::new(Status::NOT_FOUND).into() }
    /// fn route(req: &Request<'_>, assets: &Assets) -> Reply {
    ///     assets.serve(req).map_or_else(|| api(req), Reply::from)
    /// }
    /// ```
    pub fn serve(&self, req: &Request<'_>) -> Option<Response> {
        match req.method() {
            Method::Get | Method::Head => Some(self.find(req)?.answer(req)),
            Method::Options => self.find(req).map(|_| allowed()),
            _ => None,
        }
    }

    /// What has a path, with its first slash or without, for an answer of one's own: the page of an
    /// application for each path that it has, or one for what is missing. Its answers
    /// ([`Asset::send`]) have the fields of the table.
    ///
    /// ```
    /// # use sprat::{Assets, Failure, Method, Reply, Request, Response, Status};
    /// fn application(req: &Request<'_>, assets: &Assets) -> Reply {
    ///     let page = || assets.get("/index.html").map(|page| page.send(req));
    ///     let answer = assets.serve(req).or_else(page);
    ///     answer.unwrap_or_else(|| Failure::new(Status::NOT_FOUND).into()).into()
    /// }
    /// ```
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.table
            .get(path.strip_prefix('/').unwrap_or(path).as_bytes())
    }

    fn find(&self, req: &Request<'_>) -> Option<Hit<'_>> {
        let path = req.url_path();
        // The server itself, which is no file (RFC 9112 section 3.2.4).
        if req.target() == b"*" {
            return None;
        }
        if !path.is_directory() {
            if let Some(asset) = self.table.get(path.relative()) {
                return Some(Hit::Asset(asset));
            }
        }
        let at = |name| self.table.get(&page_path(path.relative(), name));
        let page = INDEX_PAGES.into_iter().find_map(at)?;
        // What is mounted at a prefix has its slash in the whole path alone.
        let whole = req.whole_path();
        Some(match whole.is_directory() {
            true => Hit::Asset(page),
            false => Hit::Redirect(location(whole, req.query())),
        })
    }

    /// What it takes, beside what [`Limits::memory`](crate::Limits::memory) has for each
    /// connection. Static bytes are the program's, and not counted.
    pub fn memory(&self) -> Memory {
        // A table has places for twice as many.
        let place = 2 * size_of::<(Vec<u8>, Asset)>();
        let kept = self.table.iter();
        let kept = kept.map(|(path, asset)| place + path.len() + asset.heap_bytes());
        let fields = self.headers.bytes() + self.rules.bytes();
        Memory::default()
            .plus("assets", kept.sum(), 0)
            .plus("fields added to each response", 0, 2 * fields)
            .plus("ranges of an asset", 0, RANGES_BYTES)
    }
}

impl Handler for Assets {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        match self.find(req) {
            Some(found) => Reply::when(req, &[Method::Get], |_| found.answer(req)),
            None if req.target() == b"*" => allowed().into(),
            None => missing(Refused::NotFound).into(),
        }
    }
}

/// A table of assets that is being filled.
#[derive(Debug)]
#[must_use]
pub struct AssetsBuilder {
    /// Whose types are yet to be guessed.
    files: Vec<(String, SharedBytes)>,
    assets: Vec<(String, Asset)>,
    mime: MimeMap,
    headers: Vec<(String, String)>,
    headers_for: Vec<[String; 3]>,
}

impl AssetsBuilder {
    /// Adds bytes at a path, with the type that a file of this name has. A path is written as it is
    /// decoded, with its first slash or without: what is at `img/a b.png` is asked for as
    /// `/img/a%20b.png`.
    pub fn file(mut self, path: impl Into<String>, bytes: impl Into<SharedBytes>) -> AssetsBuilder {
        self.files.push((path.into(), bytes.into()));
        self
    }

    /// Adds an asset at a path: with a type, a date or codings of one's own, which go before what
    /// is beside it.
    ///
    /// ```
    /// use sprat::{Asset, Assets};
    ///
    /// let built = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    /// let feed = Asset::new("<feed/>", "application/atom+xml").modified(built);
    /// let assets = Assets::builder()
    ///     .asset("feed", feed)
    ///     .file("app.9f3c.js", "start()")
    ///     .header_for("/*.js", "Cache-Control", "max-age=31536000, immutable")
    ///     .build()?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn asset(mut self, path: impl Into<String>, asset: Asset) -> AssetsBuilder {
        self.assets.push((path.into(), asset));
        self
    }

    /// Sets the media types that names have.
    pub fn mime(mut self, mime: MimeMap) -> AssetsBuilder {
        self.mime = mime;
        self
    }

    /// Adds a header field to each asset, 304 included: see
    /// [`FileServerBuilder::header`](crate::FileServerBuilder::header).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> AssetsBuilder {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header field to the assets whose path matches a pattern: see
    /// [`FileServerBuilder::header_for`](crate::FileServerBuilder::header_for).
    pub fn header_for(
        mut self,
        glob: impl Into<String>,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> AssetsBuilder {
        self.headers_for
            .push([glob.into(), name.into(), value.into()]);
        self
    }

    /// Makes the table, and hashes what is in it.
    ///
    /// # Errors
    /// `InvalidInput` for a path that no request names (one that is empty, ends with a slash, or
    /// has two together, `.` or `..` as a name, or a NUL), or that is there twice; and for a header
    /// field or a pattern that is none.
    pub fn build(self) -> io::Result<Assets> {
        let (headers, rules) = HeaderRules::build(self.headers, self.headers_for)?;
        let guess = |(path, bytes): (String, SharedBytes)| {
            let asset = Asset::guessed(&self.mime, &path, bytes);
            (path, asset)
        };
        let mut table = HashMap::new();
        for (path, asset) in self.files.into_iter().map(guess).chain(self.assets) {
            let relative = check(&path)?;
            if table.insert(relative.as_bytes().to_vec(), asset).is_some() {
                return Err(invalid(format!("there twice: {path:?}")));
            }
        }
        let headers = Arc::new(headers);
        add_forms(&mut table, &self.mime);
        for (path, asset) in &mut table {
            asset.write(rules.of(path).as_ref(), &headers);
        }
        Ok(Assets {
            table,
            headers,
            rules,
        })
    }
}

/// A path without its first slash, if requests can name it.
fn check(path: &str) -> io::Result<&str> {
    let relative = path.strip_prefix('/').unwrap_or(path);
    let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('\0');
    match relative.split('/').all(is_name) {
        true => Ok(relative),
        false => Err(invalid(format!("not a path of a file: {path:?}"))),
    }
}

/// Makes what lies beside a path in a coding one of its forms, also where nothing else is there.
fn add_forms(table: &mut HashMap<Vec<u8>, Asset>, mime: &MimeMap) {
    for coding in Coding::ALL {
        let extension = coding.extension().as_bytes();
        let bases = table.keys().filter_map(|path| path.strip_suffix(extension));
        let is_base =
            |path: &&[u8]| !path.is_empty() && !path.ends_with(b"/") && !mime.is_coded(path);
        let bases: Vec<Vec<u8>> = bases.filter(is_base).map(<[u8]>::to_vec).collect();
        for base in bases {
            let beside = table.get(&[&base, extension].concat());
            let Some((bytes, modified)) = beside.and_then(Asset::content) else {
                continue;
            };
            let guess = || mime.guess(&base).into_owned().into();
            let asset = table.entry(base.clone()).or_insert_with(Asset::absent);
            if !asset.has(coding) {
                let content_type = asset.content_type().unwrap_or_else(guess);
                asset.put(coding, bytes, content_type, modified);
            }
        }
    }
}

#[cfg(test)]
mod tests;
