//! Files that lie ready in content codings, and pages in Markdown: which form answers, by a table,
//! and whether a shared cache that keeps answers may use them (RFC 9111 section 4.1).

use std::collections::BTreeMap;
use std::fs;

use crate::support::site::{MODIFIED_DATE, set_modified};
use crate::support::{Framing, Reply, Server, Site};

/// Rows: what is there, by its target; Accept-Encoding, or `-` without one, `a & b` for two fields;
/// the method; Range; a condition; the status, and the coding of what is sent, `page` for a page of
/// the server's own. In conditions TAG-X is the tag of form X, and DATE that of all of them.
const ROWS: &str = include_str!("negotiation/rows.txt");

/// The least that the table must have, a count.
const ROWS_MIN: usize = 80;

#[derive(Clone, Debug)]
struct Row {
    text: String,
    target: String,
    codings: Vec<String>,
    method: String,
    more: Vec<String>,
    status: u16,
    form: String,
}

fn rows() -> Vec<Row> {
    let lines = ROWS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows: Vec<Row> = lines.map(row).collect();
    assert!(rows.len() >= ROWS_MIN, "{}", rows.len());
    rows
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [target, codings, method, range, condition, status, form] = cells[..] else {
        panic!("not a row: {line}");
    };
    let codings = match codings {
        "-" => Vec::new(),
        codings => codings
            .split('&')
            .map(|one| one.trim().to_owned())
            .collect(),
    };
    let mut more = Vec::new();
    if range != "-" {
        more.push(format!("Range: bytes={range}"));
    }
    if condition != "-" {
        more.extend(condition.split(';').map(|one| one.trim().to_owned()));
    }
    Row {
        text: line.into(),
        target: target.into(),
        codings,
        method: method.into(),
        more,
        status: status.parse().unwrap(),
        form: form.into(),
    }
}

/// What the forms of the site hold, by their file.
const FILES: [(&str, &str); 15] = [
    ("all.css", "the whole of it, in clear, and long"),
    ("all.css.br", "BROTLI"),
    ("all.css.zst", "ZSTANDARD"),
    ("all.css.gz", "GZIP OF ALL."),
    ("gz.txt", "short"),
    ("gz.txt.gz", "GZIP, LONGER THAN IT IS IN CLEAR"),
    ("alone.js.gz", "GZIP ALONE"),
    ("plain.txt", "plain and alone"),
    ("page/index.html", "<p>the page in clear</p>"),
    ("page/index.html.br", "BROTLI PAGE"),
    ("only/index.html.gz", "GZIP PAGE"),
    ("stale.css", "newer than its form"),
    ("stale.css.gz", "GZIP OF ANOTHER"),
    ("list/file", "listed"),
    ("empty.css", ""),
];

fn site(name: &str) -> Site {
    let site = Site::new(name);
    for (file, content) in FILES {
        site.file(file, content);
    }
    site.file("empty.css.gz", "");
    let older = crate::support::site::MODIFIED - 1;
    set_modified(
        &site.path("stale.css.gz"),
        std::time::Duration::from_secs(older),
    );
    site
}

/// The file that holds a form.
fn file_of(target: &str, form: &str) -> String {
    let target = target.trim_start_matches('/');
    let name = match target {
        "page/" | "only/" => format!("{target}index.html"),
        _ => target.to_owned(),
    };
    let extension = match form {
        "br" => ".br",
        "zstd" => ".zst",
        "gzip" => ".gz",
        _ => "",
    };
    name + extension
}

fn fields_of(row: &Row, tags: &BTreeMap<(String, String), String>) -> String {
    let mut fields: String = row
        .codings
        .iter()
        .map(|one| format!("Accept-Encoding: {one}\r\n"))
        .collect();
    for field in &row.more {
        let mut field = field.replace("DATE", MODIFIED_DATE);
        for form in ["br", "zstd", "gzip", "identity"] {
            let tag = tags.get(&(row.target.clone(), form.into()));
            if let Some(tag) = tag {
                field = field.replace(&format!("TAG-{form}"), tag);
            }
        }
        fields.push_str(&field);
        fields.push_str("\r\n");
    }
    fields
}

/// The tag of each form of each target.
fn tags(server: &Server) -> BTreeMap<(String, String), String> {
    let mut tags = BTreeMap::new();
    for target in [
        "/all.css",
        "/gz.txt",
        "/alone.js",
        "/plain.txt",
        "/page/",
        "/only/",
        "/stale.css",
    ] {
        for form in ["br", "zstd", "gzip", "identity"] {
            let only = format!("Accept-Encoding: {form}, *;q=0\r\n");
            let reply = server.request("HEAD", target, &only);
            if reply.status == 200 {
                let key = (target.to_owned(), form.to_owned());
                tags.insert(key, reply.field("ETag").to_owned());
            }
        }
    }
    let mut all: Vec<&String> = tags.values().collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), tags.len(), "two forms have one tag: {tags:?}");
    tags
}

fn judge(row: &Row, reply: &Reply) {
    let about = format!("{}\n{reply:?}", row.text);
    assert_eq!(reply.status, row.status, "{about}");
    let coding = reply.header("Content-Encoding");
    if row.form == "page" {
        assert_eq!(coding, None, "{about}");
        return;
    }
    if row.target != "/list/" && row.target != "/all.css.gz" {
        assert_eq!(reply.header("Vary"), Some("Accept-Encoding"), "{about}");
    }
    if reply.status == 304 {
        assert_eq!(reply.framing, Framing::None, "{about}");
        return;
    }
    let want = (row.form != "identity").then_some(row.form.as_str());
    assert_eq!(coding, want, "{about}");
    let content = fs_content(&row.target, &row.form);
    let length = reply.field("Content-Length").parse::<usize>().unwrap();
    match (reply.status, row.method.as_str()) {
        (200, "HEAD") => assert_eq!(length, content.len(), "{about}"),
        (200, _) => assert_eq!(reply.body, content, "{about}"),
        (206, _) => {
            let range = reply.field("Content-Range");
            let range = range.strip_prefix("bytes ").unwrap();
            let (ends, len) = range.split_once('/').unwrap();
            let (first, last) = ends.split_once('-').unwrap();
            let (first, last) = (
                first.parse::<usize>().unwrap(),
                last.parse::<usize>().unwrap(),
            );
            assert_eq!(len, content.len().to_string(), "{about}");
            assert_eq!(reply.body, &content[first..=last], "{about}");
        }
        _ => panic!("{about}"),
    }
}

fn fs_content(target: &str, form: &str) -> &'static [u8] {
    let file = file_of(target, form);
    let known = FILES.iter().find(|(name, _)| *name == file);
    known.unwrap_or_else(|| panic!("{file}")).1.as_bytes()
}

fn ask(server: &Server, row: &Row, tags: &BTreeMap<(String, String), String>) -> Reply {
    server.request(&row.method, &row.target, &fields_of(row, tags))
}

#[test]
fn each_row_is_answered_by_the_form_that_suits() {
    let site = site("forms");
    let server = site.serve(&["--precompressed"]);
    let tags = tags(&server);
    for row in rows() {
        // Twice: the second one is from memory, where there is one.
        for _ in 0..2 {
            judge(&row, &ask(&server, &row, &tags));
        }
    }
}

/// What a shared cache keeps: an answer, and the values of the fields that it varies with.
fn selecting(row: &Row, reply: &Reply) -> Option<Vec<String>> {
    let names = reply.header("Vary").unwrap_or_default();
    let values = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let value = |name: &str| match name.to_ascii_lowercase().as_str() {
        "accept-encoding" => Some(row.codings.join(",").replace(' ', "").to_lowercase()),
        // No row has it.
        "accept" => Some(String::new()),
        _ => None,
    };
    values.map(value).collect()
}

#[test]
fn what_a_shared_cache_keeps_is_what_it_would_be_given() {
    let site = site("cache");
    let server = site.serve(&["--precompressed"]);
    let tags = tags(&server);
    let plain: Vec<Row> = rows()
        .into_iter()
        .filter(|row| row.more.is_empty())
        .collect();
    let answers: Vec<Reply> = plain.iter().map(|row| ask(&server, row, &tags)).collect();
    let mut used = 0;
    for (kept, kept_reply) in plain.iter().zip(&answers) {
        if kept.method != "GET" {
            continue;
        }
        for (asks, fresh) in plain.iter().zip(&answers) {
            let is_same = kept.target == asks.target
                && selecting(kept, kept_reply) == selecting(asks, kept_reply);
            if is_same {
                let about = format!("{}\n{}", kept.text, asks.text);
                assert_eq!(kept_reply.status, fresh.status, "{about}");
                assert_eq!(kept_reply.header("ETag"), fresh.header("ETag"), "{about}");
                let coding = "Content-Encoding";
                assert_eq!(kept_reply.header(coding), fresh.header(coding), "{about}");
                used += 1;
            }
        }
    }
    assert!(used > plain.len(), "{used}");
}

#[test]
fn a_cache_with_every_form_is_told_which_of_them_is_right() {
    let site = site("revalidate");
    let server = site.serve(&["--precompressed"]);
    let tags = tags(&server);
    for row in rows()
        .iter()
        .filter(|row| row.more.is_empty() && row.status == 200)
    {
        let known = tags.iter().filter(|((target, _), _)| *target == row.target);
        let known: Vec<&str> = known.map(|(_, tag)| tag.as_str()).collect();
        if known.is_empty() {
            continue;
        }
        let direct = ask(&server, row, &tags);
        let mut again = row.clone();
        again.more = vec![format!("If-None-Match: {}", known.join(", "))];
        let reply = ask(&server, &again, &tags);
        assert_eq!(reply.status, 304, "{}", row.text);
        assert_eq!(reply.header("ETag"), direct.header("ETag"), "{}", row.text);
        assert_eq!(reply.header("Vary"), direct.header("Vary"), "{}", row.text);
        assert_eq!(reply.header("Content-Encoding"), None, "{}", row.text);
    }
}

#[test]
fn forms_come_and_go_between_two_requests() {
    let site = Site::new("come-and-go");
    site.file("a.css", "in clear");
    let server = site.serve(&["--precompressed"]);
    let coding = || {
        let reply = server.get_with("/a.css", "Accept-Encoding: br, gzip\r\n");
        let coding = reply
            .header("Content-Encoding")
            .unwrap_or("none")
            .to_owned();
        format!("{coding}: {}", reply.text())
    };
    assert_eq!(coding(), "none: in clear");
    site.file("a.css.gz", "GZIP");
    assert_eq!(coding(), "gzip: GZIP");
    site.file("a.css.br", "BR");
    assert_eq!(coding(), "br: BR");
    site.file("a.css.br", "BR, and longer");
    assert_eq!(coding(), "gzip: GZIP");
    fs::remove_file(site.path("a.css.gz")).unwrap();
    assert_eq!(coding(), "br: BR, and longer");
    let younger = std::time::Duration::from_secs(crate::support::site::MODIFIED + 1);
    set_modified(&site.path("a.css"), younger);
    assert_eq!(coding(), "none: in clear");
    set_modified(&site.path("a.css.br"), younger);
    assert_eq!(coding(), "br: BR, and longer");
    fs::remove_file(site.path("a.css")).unwrap();
    assert_eq!(coding(), "br: BR, and longer");
    fs::remove_file(site.path("a.css.br")).unwrap();
    assert!(coding().starts_with("none: <!DOCTYPE"));
}

#[test]
fn a_stale_form_is_a_line_of_the_log() {
    let site = site("stale-log");
    let server = site.serve(&["--precompressed"]);
    for _ in 0..3 {
        server.get_with("/stale.css", "Accept-Encoding: gzip\r\n");
    }
    let log = server.log_until(|log| log.matches("\"GET /stale.css").count() == 3);
    let line = "stale: /stale.css.gz is older than what it was made of, and not served";
    assert_eq!(log.matches(line).count(), 1, "{log}");
}

#[test]
fn pages_in_markdown_are_for_those_who_ask_for_them() {
    let site = Site::new("markdown");
    for name in [
        "page.html",
        "page.md",
        "index.html",
        "index.md",
        "docs/index.md",
    ] {
        site.file(name, name);
    }
    let server = site.serve(&["--markdown"]);
    for (target, accept, want) in [
        (
            "/page.html",
            "text/markdown, text/html;q=0.9, */*;q=0.1",
            "page.md",
        ),
        ("/page.html", "text/html, */*", "page.html"),
        ("/page", "text/markdown", "page.md"),
        ("/", "text/markdown", "index.md"),
        ("/", "text/html, text/markdown;q=0.5", "index.html"),
        ("/docs/", "text/markdown", "docs/index.md"),
    ] {
        let reply = server.get_with(target, &format!("Accept: {accept}\r\n"));
        assert_eq!(reply.text(), want, "{target} {accept}");
        assert_eq!(reply.field("Vary"), "Accept", "{target} {accept}");
        let tag = format!(
            "Accept: {accept}\r\nIf-None-Match: {}\r\n",
            reply.field("ETag")
        );
        let again = server.get_with(target, &tag);
        assert_eq!(
            (again.status, again.field("Vary")),
            (304, "Accept"),
            "{target} {accept}"
        );
    }
    let missing = server.get_with("/page", "Accept: text/html\r\n");
    assert_eq!((missing.status, missing.field("Vary")), (404, "Accept"));
}
