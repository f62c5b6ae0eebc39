//! What answers in place of what is not there: `--spa`, `--not-found`, `--clean-urls`; and what
//! looks as if it were not there: `--hide-dotfiles`. Every answer is judged as a shared cache would
//! use it (RFC 9111 section 4.1).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::cli::assert_refused;
use crate::support::client::Reply;
use crate::support::{Server, Site, skip};

const APP: &str = "<title>the application</title>";
const NONE: &str = "<title>there is no such page</title>";

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("index.html", APP);
    site.file("404.html", NONE);
    site.file("about.html", "about");
    site.file("docs.html", "docs.html");
    site.file("docs/index.html", "docs/");
    site.file("docs/intro.html", "intro");
    site.file("both", "both");
    site.file("both.html", "both.html");
    site.file("v1.2.html", "v1.2");
    site.file("empty/a.txt", "a");
    site.file("only.html/x.txt", "x");
    site.file("img.png", "png");
    site.file(".env", "secret");
    site.file(".git/config", "secret");
    site.file("docs/.hidden.html", "secret");
    site.file(".well-known/security.txt", "call us");
    site.file(".well-known/.key", "secret");
    site.fifo("fifo");
    site.link("out", site.outside("x"));
    fs::write(site.outside("x"), "secret").unwrap();
    site
}

/// What a body is, in a word.
fn what(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    match &*text {
        APP => "app".into(),
        NONE => "none".into(),
        text if text.contains("<title>Error response</title>") => "error".into(),
        text if text.contains("Directory listing for") => "listing".into(),
        text => text.into(),
    }
}

fn varies(reply: &Reply) -> bool {
    let vary = reply.header("Vary").unwrap_or_default();
    vary.split(',')
        .any(|one| one.trim().eq_ignore_ascii_case("accept"))
}

/// What peers say that they accept, and whether that is HTML.
const ACCEPTS: &[(&str, bool)] = &[
    ("", true),
    ("Accept: */*\r\n", true),
    (
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
        true,
    ),
    ("Accept: application/json;q=0.9, TEXT/HTML;q=0.1\r\n", true),
    ("Accept: text/*\r\n", true),
    (
        "Accept: application/json\r\nAccept: text/html;charset=utf-8\r\n",
        true,
    ),
    ("Accept: application/json\r\n", false),
    ("Accept: image/avif,image/webp,image/*\r\n", false),
    ("Accept: text/html;q=0, */*\r\n", false),
    ("Accept: text/*;q=0.0, */*\r\n", false),
    ("Accept: */*;q=0\r\n", false),
    ("Accept: text/css\r\n", false),
];

/// A target, and what those get who accept HTML and those who do not, with the status.
type Row = (&'static str, (u16, &'static str), (u16, &'static str));

fn check(server: &Server, rows: &[Row]) {
    for (target, html, other) in rows {
        let mut seen: Vec<((u16, String), bool)> = Vec::new();
        for (accept, is_html) in ACCEPTS {
            let want = if *is_html { html } else { other };
            let reply = server.get_with(target, accept);
            assert_eq!((reply.status, &*what(&reply)), *want, "{target} {accept}");
            let head = server.request("HEAD", target, accept);
            assert_eq!(
                (head.status, head.body.len()),
                (want.0, 0),
                "{target} {accept}"
            );
            for name in ["Content-Length", "Content-Type", "Vary", "ETag"] {
                assert_eq!(
                    head.header(name),
                    reply.header(name),
                    "{target} {accept} {name}"
                );
            }
            let listing = what(&reply) == "listing";
            seen.push(((reply.status, what(&reply)), varies(&reply) && !listing));
        }
        // Of two different answers to one target, a cache must keep apart either.
        let differ = seen.iter().any(|(answer, _)| *answer != seen[0].0);
        for ((status, body), varies) in &seen {
            assert!(*varies || !differ, "{target}: {status} {body}");
        }
    }
}

#[test]
fn paths_that_name_nothing_are_the_applications() {
    let site = site("spa");
    let server = site.serve(&["--spa"]);
    let (app, not_found) = ((200, "app"), (404, "error"));
    let both = |want| (want, want);
    let rows = [
        ("/users/7", (app, not_found)),
        ("/users/7/", (app, not_found)),
        ("/users/7?tab=x.png", (app, not_found)),
        ("/a/b/c/d/e", (app, not_found)),
        ("/about", (app, not_found)),
        ("/caf%C3%A9", (app, not_found)),
        ("/v1.2/users", (app, not_found)),
        ("/trailing.", (app, not_found)),
        ("/.env2", (app, not_found)),
        ("/users/%2e%2e/none", (app, not_found)),
        // They must look like nothing.
        ("/out", (app, not_found)),
        ("/fifo", (app, not_found)),
        // What has an extension is a file that is missing.
        ("/users/7.png", both(not_found)),
        ("/app.js", both(not_found)),
        ("/img.png/", both(not_found)),
        ("/img.png/x", (app, not_found)),
        ("/user/john.doe", both(not_found)),
        // What is there.
        ("/", both(app)),
        ("/index.html", both(app)),
        ("/both", both((200, "both"))),
        ("/img.png", both((200, "png"))),
        ("/docs/", both((200, "docs/"))),
        ("/docs", both((301, ""))),
        ("/empty/", both((200, "listing"))),
    ];
    let rows = rows.map(|(target, (html, other))| (target, html, other));
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.0 != "/empty/").collect();
    check(&server, &rows);
    assert_eq!(what(&server.get("/empty/")), "listing");
    for (method, status) in [("OPTIONS", 204), ("POST", 501), ("PURGE", 501)] {
        let reply = server.request(method, "/users/7", "Content-Length: 0\r\n");
        assert_eq!(reply.status, status, "{method}");
    }
}

#[test]
fn the_applications_page_is_a_file_like_any_other() {
    let site = site("spa-file");
    site.file("app/start.html", "start");
    let server = site.serve(&[
        "--spa=app/start.html",
        "--no-listing",
        "--header-for",
        "/app/*",
        "Cache-Control",
        "no-cache",
    ]);
    let reply = server.get("/users/7");
    assert_eq!((reply.status, reply.text()), (200, "start"));
    assert_eq!(reply.field("Cache-Control"), "no-cache");
    assert_eq!(reply.field("Content-Type"), "text/html; charset=utf-8");
    let tag = reply.field("ETag").to_owned();
    assert_eq!(server.get("/app/start.html").field("ETag"), tag);
    let reply = server.get_with("/users/7", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((reply.status, varies(&reply)), (304, true));
    let reply = server.get_with("/users/7", "Range: bytes=1-2\r\n");
    assert_eq!(
        (reply.status, reply.text(), varies(&reply)),
        (206, "ta", true)
    );
    // Nothing is shown there, so nothing is there.
    assert_eq!(server.get("/empty/").text(), "start");
    // While an application is built anew, its page is not there.
    fs::remove_file(site.path("app/start.html")).unwrap();
    let reply = server.get("/users/7");
    assert_eq!((reply.status, varies(&reply)), (404, false));
    site.file("app/start.html", "second");
    assert_eq!(server.get("/users/7").text(), "second");
}

#[test]
fn a_page_of_the_site_stands_for_every_404() {
    let site = site("not-found");
    site.script("cgi-bin/a", "#!/bin/sh\n");
    site.script(
        "cgi-bin/own",
        "#!/bin/sh\nprintf 'Status: 404 Mine\\n\\nown'\n",
    );
    let server = site.serve(&[
        "--cgi",
        "--not-found",
        "/404.html",
        "-H",
        "Cache-Control",
        "max-age=60",
        "--header-for",
        "/404.html",
        "Cache-Control",
        "no-store",
    ]);
    let plain = server.get("/404.html");
    assert_eq!((plain.status, what(&plain)), (200, "none".into()));
    let tag = plain.field("ETag").to_owned();
    let match_it = format!("If-None-Match: {tag}\r\n");
    for target in [
        "/none",
        "/none.png",
        "/none/",
        "/out",
        "/fifo",
        "/cgi-bin/none",
        "/both/",
    ] {
        for fields in [
            "",
            "Range: bytes=0-3\r\n",
            "If-Match: \"x\"\r\n",
            &match_it,
            "If-None-Match: *\r\n",
        ] {
            let reply = server.get_with(target, fields);
            assert_eq!(
                (reply.status, &*what(&reply)),
                (404, "none"),
                "{target} {fields}"
            );
            assert_eq!(reply.field("Content-Type"), "text/html; charset=utf-8");
            assert_eq!(reply.field("Cache-Control"), "no-store", "its own path's");
            for name in ["ETag", "Last-Modified", "Accept-Ranges", "Content-Range"] {
                assert_eq!(reply.header(name), None, "{target} {name}");
            }
        }
        let head = server.head(target);
        assert_eq!(head.field("Content-Length"), NONE.len().to_string());
    }
    let own = server.get("/cgi-bin/own");
    assert_eq!((own.status, own.text()), (404, "own"));
    let post = server.request("POST", "/none", "Content-Length: 0\r\n");
    assert_eq!((post.status, &*what(&post)), (501, "error"));
    server.log_until(|log| log.contains("code 404, message File not found (not found)"));
    // Without its page, 404 is the usual one.
    fs::write(site.path("404.html"), "").unwrap();
    assert_eq!(server.get("/none").field("Content-Length"), "0");
    fs::remove_file(site.path("404.html")).unwrap();
    assert_eq!(what(&server.get("/none")), "error");
}

#[test]
fn clean_urls_find_pages_by_what_is_before_their_extension() {
    let site = site("clean");
    let server = site.serve(&["--clean-urls"]);
    let not_found = (404, "error");
    let both = |target, want| (target, want, want);
    check(
        &server,
        &[
            both("/about", (200, "about")),
            both("/about?x", (200, "about")),
            both("/%61bout", (200, "about")),
            both("/about.html", (200, "about")),
            both("/index", (200, "app")),
            both("/docs/intro", (200, "intro")),
            both("/v1.2", (200, "v1.2")),
            both("/both", (200, "both")),
            // A directory goes first.
            both("/docs", (301, "")),
            both("/docs/", (200, "docs/")),
            both("/about/", not_found),
            both("/docs/intro/", not_found),
            both("/about/x", not_found),
            both("/none", not_found),
            both("/only", not_found),
            both("/img", not_found),
        ],
    );
    let (about, page) = (server.get("/about"), server.get("/about.html"));
    assert_eq!(about.field("ETag"), page.field("ETag"));
    assert_eq!(about.field("Content-Type"), "text/html; charset=utf-8");
    let reply = server.get_with("/about", "Range: bytes=0-1\r\n");
    assert_eq!((reply.status, reply.text()), (206, "ab"));
    assert_eq!(server.request("OPTIONS", "/about", "").status, 204);
    // What comes and goes is seen at once, however often it was asked for.
    for _ in 0..3 {
        assert_eq!(server.get("/none").status, 404);
    }
    site.file("none.html", "now");
    assert_eq!(server.get("/none").text(), "now");
    site.file("none", "itself");
    assert_eq!(server.get("/none").text(), "itself");
    fs::remove_file(site.path("none")).unwrap();
    fs::remove_file(site.path("none.html")).unwrap();
    assert_eq!(server.get("/none").status, 404);
}

#[test]
fn all_three_go_together_in_their_order() {
    let site = site("together");
    let server = site.serve(&["--clean-urls", "--spa", "--not-found", "404.html"]);
    check(
        &server,
        &[
            ("/about", (200, "about"), (200, "about")),
            ("/users/7", (200, "app"), (404, "none")),
            ("/about/", (200, "app"), (404, "none")),
            ("/none.png", (404, "none"), (404, "none")),
            ("/docs", (301, ""), (301, "")),
        ],
    );
}

#[test]
fn names_with_a_dot_are_as_if_they_were_not_there() {
    let site = site("dotfiles");
    site.link("link", ".git");
    site.file("docs/.well-known/x", "secret");
    let hidden = [
        "/.env",
        "/.git/config",
        "/.git/",
        "/.git",
        "/docs/.hidden.html",
        "/docs/.hidden",
        "/%2eenv",
        "/./.git/config",
        "/.well-known/.key",
        "/docs/.well-known/x",
        "/.nothing",
    ];
    let server = site.serve(&[
        "--hide-dotfiles",
        "--clean-urls",
        "--index",
        ".env,index.html",
    ]);
    let nothing = server.get("/nothing");
    for target in hidden {
        let reply = server.get(target);
        assert_eq!(
            (reply.status, &reply.reason),
            (404, &nothing.reason),
            "{target}"
        );
        assert_eq!(reply.body, nothing.body, "{target}");
    }
    assert_eq!(server.get("/").text(), APP);
    assert_eq!(server.get("/.well-known/security.txt").text(), "call us");
    // A link is a name of its own.
    assert_eq!(server.get("/link/config").text(), "secret");
    server.log_until(|log| log.contains("hidden by --hide-dotfiles"));

    // Nor does the application's page tell them apart.
    let server = site.serve(&["--hide-dotfiles", "--spa"]);
    for target in ["/.env", "/.git/", "/.git", "/.nothing", "/nothing"] {
        let reply = server.get(target);
        assert_eq!((reply.status, &*what(&reply)), (200, "app"), "{target}");
    }
}

#[test]
fn names_with_a_dot_are_not_listed() {
    let site = site("dotfiles-listed");
    fs::remove_file(site.path("index.html")).unwrap();
    for accept in ["", "Accept: application/json\r\n"] {
        for (options, directory, seen) in [
            (
                &["--hide-dotfiles"][..],
                "/",
                &[".well-known", "about.html"][..],
            ),
            (&["--hide-dotfiles"], "/.well-known/", &["security.txt"]),
            (&[], "/", &[".env", ".git", ".well-known", "about.html"]),
            (&[], "/.well-known/", &[".key", "security.txt"]),
        ] {
            let server = site.serve(options);
            let list = server.get_with(directory, accept);
            let text = list.text();
            for name in [
                ".env",
                ".git",
                ".well-known",
                "about.html",
                ".key",
                "security.txt",
            ] {
                let is_shown =
                    text.contains(&format!("\"{name}\"")) || text.contains(&format!("\"{name}/\""));
                assert_eq!(
                    is_shown,
                    seen.contains(&name),
                    "{options:?} {directory} {name}"
                );
            }
        }
    }
}

#[test]
#[cfg(feature = "cgi")]
fn scripts_with_a_dot_are_hidden_as_well_and_what_follows_them_is_not() {
    let site = Site::new("dotfiles-cgi");
    for name in ["cgi-bin/.secret", "cgi-bin/.d/a", "cgi-bin/a"] {
        site.script(name, "#!/bin/sh\nprintf '\\n%s' \"$PATH_INFO\"\n");
    }
    site.file("cgi-bin/.plain", "not executable");
    let server = site.serve(&["--cgi", "--hide-dotfiles"]);
    for target in [
        "/cgi-bin/.secret",
        "/cgi-bin/.d/a",
        "/cgi-bin/.plain",
        "/cgi-bin/.nothing",
    ] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
    assert_eq!(server.get("/cgi-bin/a/.git/config").text(), "/.git/config");
}

#[test]
fn what_may_not_be_read_looks_like_nothing() {
    let site = site("unreadable");
    site.file("denied", "secret");
    fs::set_permissions(site.path("denied"), fs::Permissions::from_mode(0o000)).unwrap();
    let Some(mut command) = site.unprivileged() else {
        return skip("root may read everything");
    };
    command
        .args(["-b", "127.0.0.1", "--spa", "-d"])
        .arg(site.root())
        .arg("0");
    let server = Server::start(command);
    let nothing = server.get("/nothing");
    let denied = server.get("/denied");
    assert_eq!((denied.status, &denied.body), (200, &nothing.body));
    let json = "Accept: application/json\r\n";
    let (nothing, denied) = (
        server.get_with("/nothing", json),
        server.get_with("/denied", json),
    );
    assert_eq!((denied.status, denied.body), (404, nothing.body));
}

#[test]
fn a_page_that_is_not_there_is_told_at_the_start() {
    let site = site("pages-missing");
    let start = |args: &[&str]| -> Server { Server::start(site.command(args)) };
    let server = start(&["--spa=/indx.html", "--not-found", "404.html"]);
    let log = server.log_until(|log| log.contains("warning"));
    assert!(
        log.contains("\"indx.html\" is not in the directory"),
        "{log}"
    );
    assert!(!log.contains("404.html"), "{log}");
    for (args, cause) in [
        (&["--not-found", "../x"][..], "not the path of a file"),
        (&["--spa=docs/"], "not the path of a file"),
        (&["--hide-dotfiles", "--spa=.git/config"], "a hidden file"),
    ] {
        let command: Command = site.command(args);
        assert_refused(command, 2, cause);
    }
}
