//! CGI scripts (RFC 3875), run by the real program: `/bin/sh` only, so that any machine can.

mod aliases;
mod bodies;
mod children;
mod environment;
mod jobs;
mod privileges;
mod programs;
mod remembered;
mod responses;

use crate::support::{Server, Site};

/// A script that says where it is, and what no response may ever hold.
const RAN: &str = "#!/bin/sh\n# SOURCE\necho 'Content-Type: text/plain'\necho\n\
    echo \"ran $SCRIPT_NAME $PATH_INFO\"\n";

/// A script that writes this with `printf`, as it is.
fn says(text: &str) -> String {
    format!("#!/bin/sh\nprintf '%b' '{text}'\n")
}

fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("index.html", "home");
    site.file("a.txt", "static");
    site.script("cgi-bin/x", RAN);
    site
}

fn serve(site: &Site, options: &[&str]) -> Server {
    site.serve(&[&["--cgi"], options].concat())
}

/// Ends a server whose scripts may still run: killed, as by a drop, it cannot end them.
fn stop(mut server: Server) {
    server.signal(rustix::process::Signal::INT);
    assert!(server.wait().success());
}

#[test]
fn first_element_that_is_no_directory_is_the_script() {
    let site = site("cgi-find");
    site.script("cgi-bin/deep/er/y", RAN);
    site.script("htbin/z", RAN);
    let server = serve(&site, &[]);
    for (target, want) in [
        ("/cgi-bin/x", "ran /cgi-bin/x \n"),
        ("/cgi-bin/x/", "ran /cgi-bin/x /\n"),
        ("/cgi-bin/x/a%20b/c?d", "ran /cgi-bin/x /a b/c\n"),
        ("/cgi-bin/deep/er/y/x", "ran /cgi-bin/deep/er/y /x\n"),
        ("/htbin/z", "ran /htbin/z \n"),
    ] {
        let reply = server.get(target);
        assert_eq!((reply.status, reply.text()), (200, want), "{target}");
    }
    assert_eq!(server.get("/a.txt").text(), "static");
    assert_eq!(server.get("/").text(), "home");
}

#[test]
fn refusals_have_pythons_texts() {
    let site = site("cgi-refuse");
    site.file("cgi-bin/plain", "SOURCE");
    site.dir("cgi-bin/dir");
    site.fifo("cgi-bin/fifo");
    let server = serve(&site, &[]);
    for (target, status, reason) in [
        (
            "/cgi-bin/",
            403,
            "CGI script is not a plain file ('/cgi-bin/')",
        ),
        (
            "/cgi-bin/dir",
            403,
            "CGI script is not a plain file ('/cgi-bin/dir')",
        ),
        (
            "/cgi-bin/dir/",
            403,
            "CGI script is not a plain file ('/cgi-bin/dir/')",
        ),
        (
            "/cgi-bin/fifo",
            403,
            "CGI script is not a plain file ('/cgi-bin/fifo')",
        ),
        (
            "/cgi-bin/plain",
            403,
            "CGI script is not executable ('/cgi-bin/plain')",
        ),
        (
            "/cgi-bin/plain/i",
            403,
            "CGI script is not executable ('/cgi-bin/plain')",
        ),
        ("/cgi-bin/none", 404, "No such CGI script ('/cgi-bin/none')"),
        ("/htbin/none", 404, "No such CGI script ('/htbin/none')"),
        (
            "/cgi-bin/n%0d%0aX:%20y",
            404,
            "No such CGI script ('/cgi-bin/n\\x0d\\x0aX: y')",
        ),
    ] {
        let reply = server.get(target);
        assert_eq!((reply.status, &*reply.reason), (status, reason), "{target}");
        assert!(reply.text().contains("<p>Message: "));
    }
    let log = server.log_until(|log| log.matches("GET").count() >= 9);
    assert!(log.contains("(script not executable)"), "{log}");
    let reply = server.get("/cgi-bin");
    assert_eq!((reply.status, reply.field("Location")), (301, "/cgi-bin/"));
}

#[test]
fn no_request_ever_gets_a_scripts_source() {
    let site = site("cgi-source");
    site.dir("dir");
    let server = serve(&site, &[]);
    let host = format!("http://{}/cgi-bin/x", server.addr());
    for target in [
        "/cgi-bin/x",
        "/cgi-bin%2fx",
        "/cgi-bin%2Fx%2f",
        "//cgi-bin//x",
        "///cgi-bin/x",
        "/dir/../cgi-bin/x",
        "/dir/%2e%2e/cgi-bin/x",
        "/../cgi-bin/x",
        "/cgi-bin/./x",
        "/cgi-bin/.//x",
        "/cgi-bin/../cgi-bin/x",
        "/cgi-bin/y/../x",
        "/%63gi-bin/x",
        "/cgi-bin/%78",
        "/cgi-bin/x/",
        "/cgi-bin/x/..%2fx",
        "/cgi-bin/x%2f..%2fx",
        "/cgi-bin/x%00",
        "/cgi-bin/x%00.txt",
        "/cgi-bin/x%0a",
        "/cgi-bin/x.",
        "/cgi-bin/x%20",
        "/cgi-bin/x;y",
        "/cgi-bin/x?y",
        "/cgi-bin/x#y",
        "/cgi-bin\\x",
        "/CGI-BIN/x",
        "/Cgi-bin/X",
        "/cgi-bin%252fx",
        "cgi-bin/x",
        &host,
    ] {
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "FOO"] {
            for field in ["", "Range: bytes=0-99\r\n", "Accept: application/json\r\n"] {
                let reply = server.request(method, target, field);
                let source = String::from_utf8_lossy(&reply.body).contains("SOURCE");
                assert!(!source, "{method} {target}: {reply:?}");
            }
        }
    }
}

#[test]
fn links_are_followed_as_for_files() {
    let site = site("cgi-links");
    std::fs::write(site.outside("y"), RAN).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(site.outside("y"), executable).unwrap();
    site.link("cgi-bin/out", site.outside("y"));
    site.link("cgi-bin/in", "x");
    for (symlinks, inside, outside) in [
        ("inside", 200, 404),
        ("never", 404, 404),
        ("follow", 200, 200),
    ] {
        let server = serve(&site, &["--symlinks", symlinks]);
        assert_eq!(server.get("/cgi-bin/in").status, inside, "{symlinks}");
        assert_eq!(server.get("/cgi-bin/out").status, outside, "{symlinks}");
    }
    // A CGI directory that is a link: what is behind it is no file, whatever it is called.
    std::fs::rename(site.path("cgi-bin"), site.path("real")).unwrap();
    site.link("cgi-bin", "real");
    let server = serve(&site, &[]);
    assert_eq!(server.get("/cgi-bin/x").text(), "ran /cgi-bin/x \n");
    for target in ["/real/x", "/real/", "/real", "/REAL/x"] {
        let reply = server.get(target);
        assert_eq!(reply.status, 404, "{target}");
    }
    server.log_until(|log| log.contains("(real place of a CGI directory)"));
}

#[test]
fn directories_can_be_chosen() {
    let site = site("cgi-directories");
    site.script("a/b/y", RAN);
    site.script("c/z", RAN);
    // Without --cgi, too: else the scripts would be handed out.
    let server = site.serve(&["--cgi-directories", "/a/b/,c"]);
    assert_eq!(server.get("/a/b/y").text(), "ran /a/b/y \n");
    assert_eq!(server.get("/c/z/i").text(), "ran /c/z /i\n");
    assert_eq!(server.get("/a/").status, 200);
    assert_eq!(server.get("/cgi-bin/x").text(), RAN);
    // One that is a script is run, not handed out.
    let server = site.serve(&["--cgi-directories", "/a/b/y"]);
    for (target, want) in [("/a/b/y", "ran /a/b/y \n"), ("/a/b/y/i", "ran /a/b/y /i\n")] {
        assert_eq!(server.get(target).text(), want);
        assert_eq!(server.request("POST", target, "").text(), want);
    }
    let server = site.serve(&["--cgi-directories", "/"]);
    assert_eq!(server.get("/c/z/i").text(), "ran /c/z /i\n");
    assert_eq!(server.get("/").status, 403);
}

#[test]
fn every_method_reaches_a_script_and_post_nothing_else() {
    let site = site("cgi-methods");
    site.script(
        "cgi-bin/m",
        &says("Status: 200\\n\\n")
            .replace("''", "\"\"")
            .replace("printf", "echo X-Method: $REQUEST_METHOD\nprintf"),
    );
    let server = serve(&site, &[]);
    for method in [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO",
    ] {
        let reply = server.request(method, "/cgi-bin/m", "");
        assert_eq!((reply.status, reply.field("X-Method")), (200, method));
    }
    // A success of CONNECT would make a tunnel of the connection.
    let reply = server.request("CONNECT", "/cgi-bin/m", "");
    let message = "Unsupported method ('CONNECT')";
    assert_eq!((reply.status, &*reply.reason), (501, message));
    for target in ["/a.txt", "/", "/none", "/cgi-bin"] {
        let reply = server.request("POST", target, "");
        assert_eq!(
            (reply.status, &*reply.reason),
            (501, "Can only POST to CGI scripts")
        );
        assert!(reply.field("Allow").contains("GET"));
    }
    assert_eq!(server.request("PUT", "/a.txt", "").status, 501);
}

#[test]
fn what_cannot_be_set_up_is_a_usage_error() {
    let site = site("cgi-usage");
    for options in [
        &["--cgi-max", "0"][..],
        &["--cgi-max", "+1"],
        &["--cgi-timeout", "x"],
        &["--cgi-env", "=x"],
        &["--cgi-env", ""],
        &["--cgi-directories", ""],
        &["--cgi-directories", "/a,,/b"],
        &["--max-body", "1k"],
        &["--cgi-env", "A=b"],
        &["--cgi-pass-authorization"],
        &["--max-body", "1000"],
        &["--cgi", "--cgi-user", "no such user"],
        &["--cgi", "--cgi-user", "-1"],
    ] {
        let (code, stdout, stderr) = crate::support::server::run_to_end(site.command(options));
        assert_eq!((code, &*stdout), (Some(2), ""), "{options:?}: {stderr}");
        assert_eq!(stderr.matches('\n').count(), 1, "{stderr}");
    }
}
