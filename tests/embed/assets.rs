//! Files and assets with the same bytes, asked for the same: each answer is the other one's, to the
//! last byte.

use std::fs::{self, File};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sprat::testing::{Answer, Peer, Site};
use sprat::{Asset, Assets, Etags, FileServer, Handler};
use tempfile::TempDir;

/// When all of it was last modified, in seconds since 1970, and as a field says it.
const MODIFIED: u64 = 1_600_000_000;
const MODIFIED_DATE: &str = "Sun, 13 Sep 2020 12:26:40 GMT";

/// What is there, by its path.
fn content() -> Vec<(&'static str, Vec<u8>)> {
    let text = "a line of text\n".repeat(30);
    let bytes: Vec<u8> = (0..60_000_u32).map(|at| (at / 7) as u8).collect();
    vec![
        ("page.html", b"<!DOCTYPE html><p>hello".to_vec()),
        ("empty.txt", Vec::new()),
        ("latin.txt", b"caf\xE9 au lait".to_vec()),
        ("icon.svgz", b"\x1f\x8b\x08 something".to_vec()),
        ("data", bytes),
        ("dir/index.html", b"<p>index".to_vec()),
        ("forms/text.txt", text.into_bytes()),
        ("forms/text.txt.gz", b"gzip, longer than br".to_vec()),
        ("forms/text.txt.br", b"br, shorter".to_vec()),
        ("forms/only.js.gz", b"gzip of a script".to_vec()),
        ("forms/in/index.html", b"<p>index with forms".to_vec()),
        ("forms/in/index.html.zst", b"zstd".to_vec()),
    ]
}

/// How often a thing is asked for until it is answered without time passing, a count.
const TRIES: usize = 100;

const METHODS: [&str; 2] = ["GET", "HEAD"];

/// `TAG` is the tag of what is sent, and `DATE` its date.
const CONDITIONS: &[&str] = &[
    "",
    "If-Match: TAG\r\n",
    "If-Match: \"other\"\r\n",
    "If-Match: W/TAG\r\n",
    "If-Match: *\r\n",
    "If-None-Match: \"other\", W/TAG\r\n",
    "If-None-Match: \"other\"\r\nIf-Modified-Since: DATE\r\n",
    "If-None-Match: *\r\n",
    "If-Modified-Since: DATE\r\n",
    "If-Modified-Since: Sat, 12 Sep 2020 00:00:00 GMT\r\n",
    "If-Unmodified-Since: DATE\r\n",
    "If-Unmodified-Since: Sat, 12 Sep 2020 00:00:00 GMT\r\n",
    "If-Range: TAG\r\n",
    "If-Range: W/TAG\r\n",
    "If-Range: DATE\r\n",
    "If-Range: \"other\"\r\n",
];

const RANGES: &[&str] = &[
    "",
    "Range: bytes=0-0\r\n",
    "Range: bytes=5-\r\n",
    "Range: bytes=-3\r\n",
    "Range: bytes=-0\r\n",
    "Range: bytes=2-4, 8-9\r\n",
    "Range: bytes=100-20099, 30000-59000, -1\r\n",
    "Range: bytes=0-5,4-7\r\n",
    "Range: bytes=999999-\r\n",
    "Range: bytes=7-3\r\n",
    "Range: lines=1-2\r\n",
    "Range: bytes=0-0\r\nRange: bytes=1-1\r\n",
];

const CODINGS: &[&str] = &[
    "",
    "Accept-Encoding: gzip\r\n",
    "Accept-Encoding: gzip, br, zstd\r\n",
    "Accept-Encoding: br;q=0.5, gzip\r\n",
    "Accept-Encoding: identity;q=0\r\n",
    "Accept-Encoding: *;q=0\r\n",
    "Accept-Encoding: identity, br;q=0.1\r\n",
];

/// A server, and a peer that asks it for one thing after the other.
struct Asked<H: Handler> {
    site: Site<H>,
    peer: Peer,
    wall: SystemTime,
}

impl<H: Handler> Asked<H> {
    fn new(handler: H, wall: SystemTime) -> Asked<H> {
        let mut site = Site::new(handler);
        let peer = site.connect();
        Asked { site, peer, wall }
    }

    fn ask(&mut self, method: &str, target: &str, fields: &str) -> Answer {
        for _ in 0..TRIES {
            if self.peer.is_closed() {
                self.peer = self.site.connect();
            }
            self.site.set_wall(self.wall);
            let head = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
            self.peer.send(head);
            self.site.settle();
            let answer = match method {
                "HEAD" => self.peer.answer_to_head(),
                _ => self.peer.answer(),
            };
            if let Some(answer) = answer {
                return answer;
            }
            // The system had dropped a file's bytes, and it could not be hashed at once.
            self.site.pass(Duration::from_secs(1));
            self.peer = self.site.connect();
        }
        panic!("no answer: {method} {target}\n{fields}");
    }
}

/// The same site on a disk and in memory; `forms` is beside what has none.
struct Both {
    files: Asked<FileServer>,
    forms: Asked<FileServer>,
    assets: Asked<Assets>,
    _folder: TempDir,
}

impl Both {
    fn new() -> Both {
        let modified = UNIX_EPOCH + Duration::from_secs(MODIFIED);
        // Long after the files were made, so that all of them have settled.
        let wall = SystemTime::now() + Duration::from_secs(3600);
        let folder = TempDir::new().unwrap();
        let mut assets = Assets::builder().header("X-All", "1");
        for (path, bytes) in content() {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &bytes).unwrap();
            let file = File::options().write(true).open(file).unwrap();
            file.set_modified(modified).unwrap();
            assets = assets.asset(path, Asset::named(path, bytes).modified(modified));
        }
        let assets = assets.header_for("/forms/*", "Cache-Control", "no-cache");
        let files = |precompressed| {
            let files = FileServer::builder(folder.path()).precompressed(precompressed);
            let files = files.etags(Etags::Content).header("X-All", "1");
            let files = files.header_for("/forms/*", "Cache-Control", "no-cache");
            Asked::new(files.open().unwrap(), wall)
        };
        Both {
            files: files(false),
            forms: files(true),
            assets: Asked::new(assets.build().unwrap(), wall),
            _folder: folder,
        }
    }

    /// What both answer.
    fn ask(&mut self, method: &str, target: &str, fields: &str) -> [Answer; 2] {
        let files = match target.starts_with("/forms/") {
            true => &mut self.forms,
            false => &mut self.files,
        };
        [
            files.ask(method, target, fields),
            self.assets.ask(method, target, fields),
        ]
    }
}

#[test]
fn an_asset_is_answered_as_a_file_with_its_bytes_is() {
    let mut both = Both::new();
    let mut statuses = Vec::new();
    let targets = [
        "/page.html",
        "/empty.txt",
        "/latin.txt",
        "/icon.svgz",
        "/data",
        "/dir/",
        "/forms/text.txt",
        "/forms/text.txt.gz",
        "/forms/only.js",
        "/forms/in/",
    ];
    for target in targets {
        for codings in CODINGS {
            let known = both.ask("HEAD", target, codings);
            let tag = known[1].header("ETag").unwrap_or("\"none\"").to_owned();
            for method in METHODS {
                for condition in CONDITIONS {
                    for range in RANGES {
                        let condition = condition.replace("TAG", &tag);
                        let condition = condition.replace("DATE", MODIFIED_DATE);
                        let fields = format!("{codings}{condition}{range}");
                        let [file, asset] = both.ask(method, target, &fields);
                        assert_eq!(file, asset, "{method} {target}\n{fields}");
                        statuses.push(asset.status);
                    }
                }
            }
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 206, 304, 404, 406, 412, 416]);
}

#[test]
fn paths_that_name_no_asset_are_answered_as_those_that_name_no_file() {
    let mut both = Both::new();
    for (target, status) in [
        ("/dir", 301),
        ("/dir?query", 301),
        ("/page.html/", 404),
        ("/missing", 404),
        ("/missing/", 404),
        ("/dir/missing", 404),
        ("/PAGE.html", 404),
        ("/dir/../page.html", 200),
        ("/dir//index.html", 200),
        ("/p%61ge.html?query", 200),
        ("/%FF", 404),
    ] {
        for method in ["GET", "HEAD"] {
            let [file, asset] = both.ask(method, target, "");
            assert_eq!(file, asset, "{method} {target}");
            assert_eq!(asset.status, status, "{method} {target}");
        }
    }
    let [file, asset] = both.ask("OPTIONS", "/page.html", "");
    assert_eq!((file.status, &file), (204, &asset));
    assert_eq!(asset.header("Allow"), Some("GET, HEAD, OPTIONS"));
    let [file, asset] = both.ask("OPTIONS", "*", "");
    assert_eq!((file.status, file), (204, asset));
    // Python's server knows no 405.
    let [file, asset] = both.ask("PUT", "/page.html", "");
    assert_eq!((file.status, asset.status), (501, 405));
    assert_eq!(asset.header("Allow"), file.header("Allow"));
    assert_eq!(both.ask("PUT", "/missing", "")[1].status, 404);
    assert_eq!(both.ask("OPTIONS", "/missing", "")[1].status, 404);
}

#[test]
fn a_redirect_leads_to_the_table_alone() {
    let assets = Assets::new(&[("evil.com/index.html", b"x"), ("a/index.html", b"y")]);
    let mut site = Site::new(assets.unwrap());
    for target in [
        "//evil.com",
        "/.//evil.com",
        "/%2fevil.com",
        "///evil.com",
        "/\\evil.com",
        "//evil.com?x",
        "/a//../evil.com",
        "//a%0d%0aX:y",
        "http://h//evil.com",
        "/a/..//evil.com",
        "/%5cevil.com",
        "/evil.com?//x",
    ] {
        let answer = site.ask(format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
        let location = answer.header("Location").unwrap_or("/x").to_owned();
        assert!(
            !location.starts_with("//") && !location.starts_with("/\\"),
            "{target} {location}"
        );
    }
}
