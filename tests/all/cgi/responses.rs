//! What a script's output becomes (RFC 3875 section 6).

use super::{says, serve, site};
use crate::support::server::request;
use crate::support::{Framing, Server, Site};

/// A site with one script that writes this, served.
fn saying(name: &str, text: &str) -> (Site, Server) {
    let site = site(name);
    site.script("cgi-bin/s", &says(text));
    let server = serve(&site, &[]);
    (site, server)
}

#[test]
fn status_fields_and_cookies_are_handed_on() {
    let text = "Status: 418 Tea pot\\r\\nContent-Type: a/b\\nSet-Cookie: a=b\\nSet-Cookie: c=d\\n\
        X-A: 1\\nConnection: X-A\\nTransfer-Encoding: chunked\\n\\nbody";
    let (_site, server) = saying("cgi-status", text);
    let mut peer = server.connect();
    for _ in 0..2 {
        peer.send(request("GET", "/cgi-bin/s", ""));
        let reply = peer.read_response();
        assert_eq!((reply.status, &*reply.reason), (418, "Tea pot"));
        assert_eq!((reply.text(), reply.framing), ("body", Framing::Chunked));
        assert_eq!(reply.field("Content-Type"), "a/b");
        assert_eq!(reply.header("X-A"), None);
        let cookies = reply
            .headers
            .iter()
            .filter(|(name, _)| name == "Set-Cookie");
        let cookies: Vec<&str> = cookies.map(|(_, value)| &**value).collect();
        assert_eq!(cookies, ["a=b", "c=d"]);
    }
    let reply = server.answer("GET /cgi-bin/s HTTP/1.0\r\n\r\n");
    assert_eq!((reply.text(), reply.framing), ("body", Framing::Close));
}

#[test]
fn heads_of_scripts_for_other_servers_are_taken() {
    let site = site("cgi-lenient");
    for (number, (head, status, fields, names)) in [
        (
            "Content-Type: a/b\\nContent-Type: c/d\\n\\n",
            200,
            "Content-Type: c/d",
            1,
        ),
        ("Status: 404\\nStatus: 404\\n\\n", 404, "", 0),
        (
            "Set-Cookie: a=b\\nSet-Cookie: c=d\\n\\n",
            200,
            "Set-Cookie: a=b Set-Cookie: c=d",
            2,
        ),
        ("X-A: b\\n\\n", 200, "X-A: b", 1),
        ("\\n", 200, "", 0),
        (
            "HTTP/1.1 404 Not Found\\r\\nX-A: b\\r\\n\\r\\n",
            404,
            "X-A: b",
            1,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("cgi-bin/{number}");
        site.script(&name, &says(&format!("{head}body")));
        let server = serve(&site, &[]);
        let reply = server.get(format!("/{name}"));
        assert_eq!((reply.status, reply.text()), (status, "body"), "{head}");
        let own = ["Server", "Date", "Transfer-Encoding", "Connection"];
        let sent = reply.headers.iter();
        let sent: Vec<String> = sent
            .filter(|(name, _)| !own.contains(&&**name))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            (sent.join(" "), sent.len()),
            (fields.into(), names),
            "{head}"
        );
        if number == 0 {
            server.log_until(|log| {
                log.contains("/cgi-bin/0: Content-Type twice in the head, the last counts")
            });
        }
    }
}

#[test]
fn redirects_of_the_peer() {
    for (name, text, status, body) in [
        ("cgi-found", "Location: http://h/x\\n\\n", 302, ""),
        (
            "cgi-document",
            "Location: http://h/x\\nStatus: 301 M\\nContent-Type: a/b\\n\\nhere",
            301,
            "here",
        ),
        (
            "cgi-relative",
            "Status: 303\\nLocation: http://h/x\\n\\n",
            303,
            "",
        ),
    ] {
        let (_site, server) = saying(name, text);
        let reply = server.get("/cgi-bin/s");
        assert_eq!((reply.status, reply.text()), (status, body));
        assert_eq!(reply.field("Location"), "http://h/x");
    }
}

#[test]
fn local_redirect_is_answered_inside_and_ends() {
    let (site, server) = saying("cgi-local", "Location: /a.txt\\n\\n");
    site.script("cgi-bin/round", &says("Location: /cgi-bin/round?x\\n\\n"));
    site.script("cgi-bin/env", &says("Location: /cgi-bin/x/info?q\\n\\n"));
    site.script("cgi-bin/none", &says("Location: /none\\n\\n"));
    for method in ["GET", "POST"] {
        let mut peer = server.connect();
        peer.send(request(method, "/cgi-bin/s", "Content-Length: 3\r\n"));
        peer.send("abc");
        let reply = peer.read_response();
        assert_eq!((reply.status, reply.text()), (200, "static"), "{method}");
        assert_eq!(reply.field("Content-Type"), "text/plain; charset=utf-8");
    }
    assert_eq!(server.get("/cgi-bin/env").text(), "ran /cgi-bin/x /info\n");
    // The script that answers is asked by a GET without a body.
    let env = "#!/bin/sh\nprintf 'Status: 200\\n\\n'\n\
        echo \"$REQUEST_METHOD ${CONTENT_TYPE-no} ${CONTENT_LENGTH-no} $HTTP_X_A $QUERY_STRING\"\n";
    site.script("cgi-bin/asked", env);
    site.script("cgi-bin/ask", &says("Location: /cgi-bin/asked?q\\n\\n"));
    for framing in [
        "Content-Length: 0\r\n",
        "Content-Length: 3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let head = "POST /cgi-bin/ask HTTP/1.1\r\nHost: h\r\nX-A: a\r\nContent-Type: c/d";
        let reply = server.answer(format!("{head}\r\n{framing}\r\n"));
        assert_eq!(reply.text(), "GET no no a q\n");
    }
    assert_eq!(server.get("/cgi-bin/none").status, 404);
    assert_eq!(server.get("/cgi-bin/round").status, 500);
    server.log_until(|log| log.contains("(too many local redirects)"));
}

#[test]
fn what_has_no_body_gets_none() {
    let text = "Status: 200\\nContent-Type: a/b\\nContent-Length: 4\\n\\nbody";
    let (site, server) = saying("cgi-bodiless", text);
    site.script("cgi-bin/204", &says("Status: 204\\n\\nbody"));
    site.script("cgi-bin/304", &says("Status: 304\\nETag: \"x\"\\n\\nbody"));
    let mut peer = server.connect();
    for (method, target, status) in [
        ("HEAD", "/cgi-bin/s", 200),
        ("HEAD", "/cgi-bin/x", 200),
        ("GET", "/cgi-bin/204", 204),
        ("GET", "/cgi-bin/304", 304),
        ("HEAD", "/cgi-bin/s", 200),
    ] {
        // A body would be taken for the next response.
        peer.send(request(method, target, ""));
        let reply = peer.read_response_to(method);
        assert_eq!(reply.status, status, "{method} {target}");
    }
    assert_eq!(server.head("/cgi-bin/s").field("Content-Length"), "4");
}

#[test]
fn head_is_answered_although_the_script_goes_on() {
    let site = site("cgi-head");
    let endless = "#!/bin/sh\nprintf 'Status: 200\\nX-A: b\\n\\n'\n\
        while sleep 0.1; do echo tick; done\n";
    site.script("cgi-bin/s", endless);
    site.script("cgi-bin/to", &says("Location: /cgi-bin/s\\n\\n"));
    let server = serve(&site, &[]);
    for target in ["/cgi-bin/s", "/cgi-bin/to"] {
        let reply = server.head(target);
        assert_eq!((reply.status, reply.field("X-A")), (200, "b"), "{target}");
    }
    super::stop(server);
}

#[test]
fn scripts_content_length_is_enforced() {
    let (site, server) = saying("cgi-length", "Status: 200\\nContent-Length: 4\\n\\nbody");
    site.script(
        "cgi-bin/more",
        &says("Status: 200\\nContent-Length: 4\\n\\nbody and more"),
    );
    site.script(
        "cgi-bin/less",
        &says("Status: 200\\nContent-Length: 9\\n\\nbody"),
    );
    site.script(
        "cgi-bin/zero",
        &says("Status: 200\\nContent-Length: 0\\n\\n"),
    );
    let endless = "#!/bin/sh\nprintf 'Status: 200\\nContent-Length: 5\\n\\n'\nexec yes\n";
    site.script("cgi-bin/endless", endless);
    let mut peer = server.connect();
    for (target, want) in [
        ("/cgi-bin/s", "body"),
        ("/cgi-bin/more", "body"),
        ("/cgi-bin/zero", ""),
        ("/cgi-bin/endless", "y\ny\ny"),
        ("/cgi-bin/s", "body"),
    ] {
        peer.send(request("GET", target, ""));
        let reply = peer.read_response();
        assert_eq!(
            (reply.text(), reply.framing),
            (want, Framing::Length),
            "{target}"
        );
    }
    peer.send(request("GET", "/cgi-bin/less", ""));
    let got = peer.read_until_cut();
    assert!(got.ends_with(b"\r\n\r\nbody"), "{}", got.escape_ascii());
    let log = server.log_until(|log| log.contains("ends 5 bytes before its Content-Length"));
    assert!(log.contains("/cgi-bin/more: output is longer than its Content-Length"));
}

#[test]
fn first_bytes_come_before_the_script_ends() {
    let site = site("cgi-stream");
    let fifo = site.fifo("go");
    let script = format!(
        "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nfirst'\nread -r line <'{}'\necho $line\n",
        fifo.display()
    );
    site.script("cgi-bin/s", &script);
    std::fs::set_permissions(&fifo, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    assert_eq!(peer.read_head().status, 200);
    assert_eq!(peer.read_exactly(6 + 5 + 2), b"0005\r\nfirst\r\n");
    std::fs::write(&fifo, "second\n").unwrap();
    assert_eq!(peer.read_exactly(6 + 7 + 2), b"0007\r\nsecond\n\r\n");
}

#[test]
fn a_head_may_come_byte_by_byte() {
    let site = site("cgi-drip");
    let script = "#!/bin/sh\nfor byte in S t a t u s : ' ' 2 9 9 '\\r' '\\n' '\\r' '\\n' b\n\
        do printf \"$byte\"; /bin/true; done\n";
    site.script("cgi-bin/s", script);
    let server = serve(&site, &[]);
    let reply = server.get("/cgi-bin/s");
    assert_eq!((reply.status, reply.text()), (299, "b"));
}

#[test]
fn a_script_may_speak_for_itself() {
    let site = site("cgi-nph");
    site.script(
        "cgi-bin/nph-s",
        &says("HTTP/1.1 299 Mine\\r\\nX: y\\r\\n\\r\\nraw"),
    );
    site.script("cgi-bin/nph-none", "#!/bin/sh\nexit 0\n");
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/nph-s", ""));
    let got = peer.read_to_end();
    assert_eq!(got, b"HTTP/1.1 299 Mine\r\nX: y\r\n\r\nraw");
    server.log_until(|log| log.contains("\"GET /cgi-bin/nph-s HTTP/1.1\" 299 -"));
    assert_eq!(server.get("/cgi-bin/nph-none").status, 502);
}

#[test]
fn scripts_at_fault_are_502_and_the_log_says_why() {
    let site = site("cgi-502");
    site.script("cgi-bin/nothing", "#!/bin/sh\nexit 0\n");
    site.script("cgi-bin/code", "#!/bin/sh\nexit 3\n");
    site.script("cgi-bin/killed", "#!/bin/sh\nkill -9 $$\n");
    site.script("cgi-bin/part", &says("Status: 200\\n"));
    site.script("cgi-bin/text", &says("hello\\n\\n"));
    site.script("cgi-bin/line", &says("HTTP/1.1 100 Continue\\n\\n"));
    site.script("cgi-bin/both", &says("Status: 200\\nStatus: 204\\n\\n"));
    site.script("cgi-bin/status", &says("Status: 99\\n\\n"));
    site.script("cgi-bin/fold", &says("Status: 200\\nX: y\\n z\\n\\n"));
    let long = "#!/bin/sh\nprintf 'X: '\nexec yes\n";
    site.script(
        "cgi-bin/long",
        &long.replace("exec yes", "exec yes | tr -d '\\n'"),
    );
    let server = serve(&site, &[]);
    for (name, cause) in [
        ("nothing", "script gave no output"),
        ("code", "script gave no output, exit code 3"),
        ("killed", "script gave no output, killed by signal 9"),
        ("part", "script ended inside its head"),
        ("text", "script's head has a line that is no field"),
        ("line", "script's Status is not valid"),
        (
            "both",
            "script's head has two Status or Location that differ",
        ),
        ("status", "script's Status is not valid"),
        ("fold", "script's head has a line that is no field"),
        ("long", "script's head is too large"),
    ] {
        let reply = server.get(format!("/cgi-bin/{name}"));
        assert_eq!(reply.status, 502, "{name}");
        assert!(!reply.text().contains("script"), "{name}");
        let line = format!("(/cgi-bin/{name}: ");
        let log = server.log_until(|log| log.contains(&line));
        let line = log.lines().find(|other| other.contains(&line)).unwrap();
        assert!(line.contains(cause), "{line}");
    }
}

#[test]
fn what_cannot_be_started_is_500_and_the_log_says_why() {
    let site = site("cgi-500");
    site.script("cgi-bin/interpreter", "#!/no/such/interpreter\n");
    site.script("cgi-bin/format", "echo SOURCE; echo\n");
    site.script("cgi-bin/empty", "");
    let server = serve(&site, &[]);
    for (name, cause) in [
        ("interpreter", "interpreter not found"),
        ("format", "Exec format error"),
        ("empty", "Exec format error"),
    ] {
        assert_eq!(server.get(format!("/cgi-bin/{name}")).status, 500, "{name}");
        let line = format!("(/cgi-bin/{name}: {cause}");
        server.log_until(|log| log.contains(&line));
    }
}

#[test]
fn a_response_that_a_signal_ended_is_cut() {
    let site = site("cgi-cut");
    let script = "#!/bin/sh\nprintf 'Status: 200\\n\\npart'\nkill -9 $$\n";
    site.script("cgi-bin/s", script);
    site.script(
        "cgi-bin/late",
        "#!/bin/sh\nprintf 'Status: 200\\n\\nwhole'\nexit 3\n",
    );
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/s", ""));
    let got = peer.read_until_cut();
    assert!(got.ends_with(b"0004\r\npart\r\n"), "{}", got.escape_ascii());
    // Where the end of the connection is the end of the body, that must not look like one.
    site.script(
        "cgi-bin/nph-s",
        &script.replace("Status: 200", "HTTP/1.1 200 OK"),
    );
    for request in [
        "GET /cgi-bin/s HTTP/1.0\r\n\r\n",
        "GET /cgi-bin/nph-s HTTP/1.1\r\nHost: h\r\n\r\n",
    ] {
        let mut peer = server.connect();
        peer.send(request);
        let got = peer.read_until_reset();
        assert!(got.ends_with(b"part"), "{}", got.escape_ascii());
    }
    // An exit code alone says nothing about what was sent.
    assert_eq!(server.get("/cgi-bin/late").text(), "whole");
    let log = server.log_until(|log| log.contains("/cgi-bin/late: CGI script exit code 3"));
    assert!(log.contains("/cgi-bin/s: CGI script killed by signal 9"));
}

#[test]
fn fields_of_the_operator_stand_once_and_leave_what_the_script_decides() {
    let site = site("cgi-operator");
    let text = "Content-Type: a/b\\nAccess-Control-Allow-Origin: http://evil\\n\
        X-Frame-Options: a\\nX-Frame-Options: b\\nETag: \"1\"\\nContent-Language: de\\n\\nbody";
    site.script("cgi-bin/s", &says(text));
    let args = [
        "-H",
        "access-control-allow-origin",
        "*",
        "-H",
        "Content-Language",
        "en",
        "-H",
        "X-A",
        "1",
    ];
    let reply = serve(&site, &args).get("/cgi-bin/s");
    // `field` fails on a repeated one.
    assert_eq!(reply.field("Access-Control-Allow-Origin"), "*");
    assert_eq!(reply.field("X-Frame-Options"), "b");
    assert_eq!(reply.field("ETag"), "\"1\"");
    assert_eq!(reply.field("Content-Language"), "de");
    assert_eq!((reply.field("X-A"), reply.text()), ("1", "body"));
}
