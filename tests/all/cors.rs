//! Pages of other origins: `--cors` and `--isolate`, judged as a browser reads the answers (Fetch)
//! and as a shared cache keeps them (RFC 9111 section 4.1).

use super::cli::assert_refused;
use crate::support::client::Reply;
use crate::support::{Server, Site};

const A: &str = "https://a.example";
const B: &str = "https://b.example:8443";
const OTHER: &str = "https://other.example";

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("a.txt", "0123456789");
    site.file("dir/b.txt", "b");
    site.script(
        "cgi-bin/own",
        "#!/bin/sh\n\
         printf 'Access-Control-Allow-Origin: https://own.example\\nContent-Type: a/b\\n\\n'\n",
    );
    site.script(
        "cgi-bin/hello",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s' \"$REQUEST_METHOD\"\n",
    );
    site.script("cgi-bin/broken", "#!/bin/sh\nexit 3\n");
    site.script(
        "cgi-bin/moved",
        "#!/bin/sh\nprintf 'Location: /a.txt\\n\\n'\n",
    );
    site
}

/// The lines of a field.
fn lines<'r>(reply: &'r Reply, name: &str) -> Vec<&'r str> {
    let fields = reply.headers.iter();
    fields
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect()
}

/// Whether a page of this origin may read an answer, as a browser decides it.
fn may_read(reply: &Reply, origin: &str) -> bool {
    match lines(reply, "Access-Control-Allow-Origin")[..] {
        [one] => one == "*" || one == origin,
        _ => false,
    }
}

fn varies(reply: &Reply, name: &str) -> bool {
    let vary = lines(reply, "Vary").join(",");
    vary.split(',')
        .any(|one| one.trim().eq_ignore_ascii_case(name))
}

/// A request line, more fields, and the status.
const ANSWERS: &[(&str, &str, u16)] = &[
    ("GET /a.txt HTTP/1.1", "", 200),
    ("HEAD /a.txt HTTP/1.1", "", 200),
    ("GET /a.txt HTTP/1.0", "", 200),
    ("GET /a.txt HTTP/1.1", "Range: bytes=1-2\r\n", 206),
    ("GET /a.txt HTTP/1.1", "Range: bytes=1-2,5-6\r\n", 206),
    ("GET /a.txt HTTP/1.1", "Range: bytes=99-\r\n", 416),
    ("GET /a.txt HTTP/1.1", "If-None-Match: *\r\n", 304),
    ("GET /a.txt HTTP/1.1", "If-Match: \"x\"\r\n", 412),
    ("GET / HTTP/1.1", "", 200),
    ("GET / HTTP/1.1", "Accept: application/json\r\n", 200),
    ("GET /dir HTTP/1.1", "", 301),
    ("GET /none HTTP/1.1", "", 404),
    ("OPTIONS /a.txt HTTP/1.1", "", 204),
    ("OPTIONS * HTTP/1.1", "", 204),
    ("POST /a.txt HTTP/1.1", "Content-Length: 0\r\n", 501),
    ("PURGE /a.txt HTTP/1.1", "", 501),
    ("GET /a.txt HTTP/1.1", "Expect: tea\r\n", 417),
    ("GET /a.txt HTTP/2.0", "", 505),
    ("GET /%00 HTTP/1.1", "", 400),
    ("GET /a.txt HTTP/1.1", "Content-Length: 1, 2\r\n", 400),
    ("GET /cgi-bin/hello HTTP/1.1", "", 200),
    ("POST /cgi-bin/hello HTTP/1.1", "Content-Length: 0\r\n", 200),
    ("GET /cgi-bin/moved HTTP/1.1", "", 200),
    ("GET /cgi-bin/broken HTTP/1.1", "", 502),
    ("GET /cgi-bin/none HTTP/1.1", "", 404),
    ("GET /cgi-bin/ HTTP/1.1", "", 403),
];

fn ask(server: &Server, line: &str, fields: &str) -> Reply {
    let mut peer = server.connect();
    peer.send(format!(
        "{line}\r\nHost: h\r\n{fields}Connection: close\r\n\r\n"
    ));
    peer.read_response_to(line.split(' ').next().unwrap())
}

fn rows(server: &Server, origin: &str) -> Vec<Reply> {
    let ask = |(line, fields, status): &(&str, &str, u16)| {
        let origin = match origin {
            "" => String::new(),
            origin => format!("Origin: {origin}\r\n"),
        };
        let reply = ask(server, line, &format!("{origin}{fields}"));
        assert_eq!(reply.status, *status, "{line} {fields}");
        reply
    };
    ANSWERS.iter().map(ask).collect()
}

#[test]
fn every_origin_may_read_every_answer() {
    let site = site("cors-any");
    let server = site.serve(&["--cgi", "--cors"]);
    for origin in ["", A, "null"] {
        for reply in rows(&server, origin) {
            assert_eq!(
                lines(&reply, "Access-Control-Allow-Origin"),
                ["*"],
                "{reply:?}"
            );
            assert!(!varies(&reply, "Origin"), "{reply:?}");
            let exposed = reply.field("Access-Control-Expose-Headers");
            for name in ["Content-Length", "Content-Range", "Accept-Ranges", "ETag"] {
                assert!(exposed.contains(name), "{name}: {exposed}");
            }
            for name in [
                "Access-Control-Allow-Credentials",
                "Access-Control-Allow-Private-Network",
            ] {
                assert_eq!(lines(&reply, name), [""; 0]);
            }
        }
    }
    let own = ask(&server, "GET /cgi-bin/own HTTP/1.1", "");
    assert_eq!(
        lines(&own, "Access-Control-Allow-Origin"),
        ["https://own.example"]
    );
    // What is no request at all has the fields, too.
    let reply = server.answer("nonsense\r\n\r\n");
    assert_eq!(reply.status, 400);
    assert!(may_read(&reply, A));
}

#[test]
fn one_origin_is_named_to_all_so_that_caches_need_not_know() {
    let site = site("cors-one");
    let server = site.serve(&["--cgi", "--cors=HTTPS://A.example:443"]);
    for origin in ["", A, OTHER] {
        for reply in rows(&server, origin) {
            assert!(may_read(&reply, A) && !may_read(&reply, OTHER), "{reply:?}");
            assert!(!varies(&reply, "Origin"), "{reply:?}");
        }
    }
    assert!(may_read(&server.answer("nonsense\r\n\r\n"), A));
}

#[test]
fn several_origins_are_each_named_to_their_own_pages() {
    let site = site("cors-several");
    let a = format!("--cors={A}");
    let b = format!("--cors={B}");
    let server = site.serve(&["--cgi", &a, &b]);
    for origin in [
        "",
        A,
        B,
        OTHER,
        "null",
        "https://a.example.evil",
        "https://A.example",
    ] {
        for reply in rows(&server, origin) {
            let reads = [A, B, OTHER].map(|page| may_read(&reply, page));
            // Of a head that is none, no field is known.
            let origin = if reply.status == 505 { "" } else { origin };
            assert_eq!(
                reads,
                [origin == A, origin == B, false],
                "{origin} {reply:?}"
            );
            // A cache that has one answer must ask again for the page of another origin.
            assert!(varies(&reply, "Origin"), "{origin} {reply:?}");
        }
    }
    let twice = format!("Origin: {A}\r\nOrigin: {B}\r\n");
    let reply = ask(&server, "GET /a.txt HTTP/1.1", &twice);
    assert_eq!(lines(&reply, "Access-Control-Allow-Origin"), [""; 0]);
    // Nothing is known of who has sent this.
    let reply = server.answer("nonsense\r\n\r\n");
    assert!(reply.status == 400 && varies(&reply, "Origin"), "{reply:?}");
}

/// The method and the fields that a preflight asks for, its status, and the fields allowed.
const PREFLIGHTS: &[(&str, &str, u16, Option<&str>)] = &[
    ("GET", "", 204, None),
    ("PUT", "", 204, None),
    ("X-OWN", "", 204, None),
    ("GET", "range", 204, Some("range")),
    ("POST", "content-type,x-a", 204, Some("content-type, x-a")),
    ("POST", " x-a ,, x-b ", 204, Some("x-a, x-b")),
    ("GET", "x a", 400, None),
    ("GET", "x-a: b", 400, None),
    ("GET", "\"x\"", 400, None),
    ("GE T", "", 400, None),
    ("", "", 400, None),
    ("GET, PUT", "", 400, None),
];

fn preflight(server: &Server, target: &str, origin: &str, method: &str, names: &str) -> Reply {
    let mut fields = format!("Origin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n");
    if !names.is_empty() {
        fields += &format!("Access-Control-Request-Headers: {names}\r\n");
    }
    ask(server, &format!("OPTIONS {target} HTTP/1.1"), &fields)
}

#[test]
fn preflights_are_answered_for_files_scripts_and_what_is_not_there() {
    let site = site("cors-preflight");
    let (a, b) = (format!("--cors={A}"), format!("--cors={B}"));
    let any = site.serve(&["--cgi", "--cors"]);
    let several = site.serve(&["--cgi", &a, &b]);
    let askers = [
        (&any, A, true),
        (&several, A, true),
        (&several, B, true),
        (&several, OTHER, false),
    ];
    let places = [
        "/a.txt",
        "/",
        "/dir",
        "/none",
        "/cgi-bin/hello",
        "/cgi-bin/own",
        "/cgi-bin/none",
    ];
    for target in places {
        for (method, names, status, allowed) in PREFLIGHTS {
            for (server, origin, may) in askers {
                let reply = preflight(server, target, origin, method, names);
                let what = format!("{target} {origin} {method} {names} {reply:?}");
                assert_eq!(reply.status, *status, "{what}");
                assert_eq!(may_read(&reply, origin), may, "{what}");
                let is_good = may && *status == 204;
                let method = Some(*method).filter(|_| is_good);
                assert_eq!(
                    reply.header("Access-Control-Allow-Methods"),
                    method,
                    "{what}"
                );
                let allowed = allowed.filter(|_| is_good);
                assert_eq!(
                    reply.header("Access-Control-Allow-Headers"),
                    allowed,
                    "{what}"
                );
                assert_eq!(varies(&reply, "Origin"), std::ptr::eq(server, &several));
            }
        }
    }
    // Without an origin, or a method, it is no preflight: the script is asked.
    let origin = format!("Origin: {A}\r\n");
    let reply = ask(&any, "OPTIONS /cgi-bin/hello HTTP/1.1", &origin);
    assert_eq!(reply.text(), "OPTIONS");
    let fields = "Access-Control-Request-Method: GET\r\nOrigin: x\r\n";
    let reply = ask(&any, "GET /cgi-bin/hello HTTP/1.1", fields);
    assert_eq!(reply.text(), "GET");
}

#[test]
fn a_preflight_names_so_many_fields_at_most() {
    let site = site("cors-long");
    let server = site.serve(&["--cors"]);
    for (bytes, status) in [(4000, 204), (5000, 431)] {
        let names = "x".repeat(bytes);
        let fields = format!(
            "Origin: {A}\r\nAccess-Control-Request-Method: GET\r\n\
             Access-Control-Request-Headers: {names}\r\n"
        );
        let reply = server.request("OPTIONS", "/a.txt", &fields);
        assert_eq!(reply.status, status, "{bytes}");
        assert!(may_read(&reply, A));
    }
}

#[test]
fn without_the_option_nothing_is_said_and_a_field_of_the_operators_wins() {
    let site = site("cors-off");
    let server = site.serve(&[]);
    let preflight = format!("Origin: {A}\r\nAccess-Control-Request-Method: GET\r\n");
    for (method, fields) in [("GET", ""), ("OPTIONS", &*preflight)] {
        let reply = server.request(method, "/a.txt", fields);
        let names = reply.headers.iter().map(|(name, _)| name.to_lowercase());
        let said: Vec<String> = names
            .filter(|name| name.starts_with("access-control") || name.starts_with("cross-origin"))
            .collect();
        assert_eq!(said, [""; 0]);
        assert!(!varies(&reply, "Origin"));
    }
    let server = site.serve(&["--cors", "-H", "Access-Control-Allow-Origin", A]);
    assert_eq!(server.get("/a.txt").field("Access-Control-Allow-Origin"), A);
    let server = site.serve(&[
        "--cors",
        "--header-for",
        "/*.txt",
        "Access-Control-Allow-Origin",
        A,
    ]);
    assert_eq!(server.get("/a.txt").field("Access-Control-Allow-Origin"), A);
    assert_eq!(
        server.get("/none").field("Access-Control-Allow-Origin"),
        "*"
    );
}

#[test]
fn isolation_is_on_every_answer_and_lets_other_origins_in_with_cors() {
    let site = site("isolate");
    for (options, resource) in [
        (&["--isolate"][..], "same-origin"),
        (&["--isolate", "--cors"], "cross-origin"),
        (&["--cors=https://a.example", "--isolate"], "cross-origin"),
    ] {
        let server = site.serve(options);
        for target in ["/a.txt", "/", "/dir", "/none", "/%00"] {
            let reply = server.get(target);
            assert_eq!(reply.field("Cross-Origin-Opener-Policy"), "same-origin");
            assert_eq!(reply.field("Cross-Origin-Embedder-Policy"), "require-corp");
            assert_eq!(
                reply.field("Cross-Origin-Resource-Policy"),
                resource,
                "{target}"
            );
        }
    }
    let server = site.serve(&[
        "--isolate",
        "-H",
        "Cross-Origin-Embedder-Policy",
        "credentialless",
    ]);
    let reply = server.get("/a.txt");
    assert_eq!(
        reply.field("Cross-Origin-Embedder-Policy"),
        "credentialless"
    );
}

#[test]
fn the_origin_is_given_by_an_equals_sign_alone() {
    let site = site("cors-args");
    // The port is the last argument.
    for options in [&["--cors"][..], &["--cors=*"], &["--isolate", "--cors"]] {
        assert!(site.serve(options).port > 0);
    }
    for (args, cause) in [
        (&["--cors="][..], "\"\" is not an origin"),
        (&["--cors=a.example"], "(--cors=https://a.example)"),
        (&["--cors=https://a.example/"], "(--cors=https://a.example)"),
        (
            &["--cors=https://a.example/x/y?z"],
            "(--cors=https://a.example)",
        ),
        (
            &["--cors=null"],
            "every page in a sandbox says null (for every origin: --cors)",
        ),
        (&["--cors=https://*.a.example"], "no valid host"),
        (&["--cors", A], "--cors=https://a.example"),
        (&["--isolate=yes"], "takes no value"),
    ] {
        assert_refused(site.command(args), 2, cause);
    }
}
