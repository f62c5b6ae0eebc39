//! What a script sees: its variables, its arguments, its process (RFC 3875 sections 4 and 7.2).

use super::{serve, site};
use crate::support::Server;
use crate::support::server::request;

/// A script that prints its variables, sorted.
const ENV: &str = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\nenv | sort\n";

fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|other| other == line)
}

fn get(server: &Server, target: &str, fields: &str) -> String {
    let reply = server.get_with(target, fields);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.text().to_owned()
}

#[test]
fn variables_are_those_of_the_standard() {
    let site = site("cgi-env");
    site.script("cgi-bin/env", ENV);
    let server = serve(&site, &[]);
    let root = site.root().canonicalize().unwrap();
    let root = root.display();
    let fields = "X-A: one\r\nx-a: two\r\nCookie: a=b\r\nCookie: c=d\r\nX_A: three\r\n\
        Proxy: http://evil/\r\nAuthorization: Basic x\r\nContent-Type: a/b\r\n";
    let text = get(&server, "/cgi-bin/env/i%20j?q=%20", fields);
    let port = server.port;
    for line in [
        "GATEWAY_INTERFACE=CGI/1.1",
        "SERVER_NAME=localhost",
        &format!("SERVER_PORT={port}"),
        "SERVER_ADDR=127.0.0.1",
        "SERVER_PROTOCOL=HTTP/1.1",
        "REQUEST_METHOD=GET",
        "REQUEST_SCHEME=http",
        "REQUEST_URI=/cgi-bin/env/i%20j?q=%20",
        "SCRIPT_NAME=/cgi-bin/env",
        &format!("SCRIPT_FILENAME={root}/cgi-bin/env"),
        &format!("DOCUMENT_ROOT={root}"),
        "PATH_INFO=/i j",
        &format!("PATH_TRANSLATED={root}/i j"),
        "QUERY_STRING=q=%20",
        "REMOTE_ADDR=127.0.0.1",
        "CONTENT_TYPE=a/b",
        "HTTP_X_A=one, two",
        "HTTP_COOKIE=a=b; c=d",
        "HTTP_HOST=localhost",
    ] {
        assert!(has_line(&text, line), "no {line} in\n{text}");
    }
    for name in [
        "HTTP_PROXY",
        "HTTP_AUTHORIZATION",
        "HTTP_CONNECTION",
        "HTTP_CONTENT_TYPE",
        "CONTENT_LENGTH",
        "REMOTE_USER",
        "AUTH_TYPE",
    ] {
        assert!(!text.contains(&format!("\n{name}=")), "{name} in\n{text}");
    }
}

#[test]
fn old_requests_and_absolute_targets_are_described_as_they_are() {
    let site = site("cgi-env-old");
    site.script("cgi-bin/env", ENV);
    let server = serve(&site, &[]);
    let reply = server.answer("GET /cgi-bin/env HTTP/1.0\r\n\r\n");
    assert!(has_line(reply.text(), "SERVER_PROTOCOL=HTTP/1.0"));
    assert!(has_line(reply.text(), "SERVER_NAME=127.0.0.1"));
    assert!(has_line(reply.text(), "QUERY_STRING="));
    let reply = server.answer("GET http://other:1/cgi-bin/env?x HTTP/1.0\r\nHost: h\r\n\r\n");
    assert!(has_line(reply.text(), "SERVER_NAME=other"));
    assert!(has_line(reply.text(), "HTTP_HOST=other:1"));
    assert!(has_line(reply.text(), "REQUEST_URI=/cgi-bin/env?x"));
    let reply = server.get("cgi-bin/env?u=http://other/x");
    assert!(has_line(reply.text(), "SERVER_NAME=localhost"));
    assert!(has_line(
        reply.text(),
        "REQUEST_URI=/cgi-bin/env?u=http://other/x"
    ));
}

#[test]
fn servers_own_environment_stays_with_it() {
    let site = site("cgi-own-env");
    site.script("cgi-bin/env", ENV);
    let options = [
        "--cgi",
        "--cgi-env",
        "GIVEN=a=b",
        "--cgi-env",
        "HANDED",
        "--cgi-env",
        "ABSENT",
        "--cgi-env",
        "EMPTY=",
        "--cgi-env",
        "LANG=xx",
        "--cgi-env",
        "SERVER_NAME=fixed",
        "--cgi-pass-authorization",
    ];
    let mut command = site.command(&options);
    command
        .env("SECRET", "s")
        .env("HANDED", "h")
        .env("TZ", "UTC");
    command.env_remove("ABSENT").env("LANG", "C");
    let server = Server::start(command);
    let text = get(&server, "/cgi-bin/env", "Authorization: Basic x\r\n");
    for line in [
        "GIVEN=a=b",
        "HANDED=h",
        "EMPTY=",
        "LANG=xx",
        "TZ=UTC",
        "SERVER_NAME=fixed",
        "HTTP_AUTHORIZATION=Basic x",
    ] {
        assert!(has_line(&text, line), "no {line} in\n{text}");
    }
    for name in ["SECRET", "ABSENT", "HOME", "CARGO"] {
        assert!(!text.contains(&format!("\n{name}")), "{name} in\n{text}");
    }
    assert!(text.contains("\nPATH="));
}

#[test]
fn a_name_that_is_given_is_nobody_elses() {
    if !std::path::Path::new("/proc/self/environ").exists() {
        return crate::support::skip("no /proc here");
    }
    let site = site("cgi-once");
    // What execve(2) was given: a shell has put it in order by the time of `env`.
    let raw = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n\
        tr '\\0' '\\n' </proc/$$/environ\n";
    site.script("cgi-bin/raw", raw);
    let given = [
        "SERVER_NAME=real",
        "HTTP_X_AUTH_USER=nobody",
        "HTTP_X_ABSENT",
        "CONTENT_LENGTH=7",
        "A=1",
        "A=2",
        "PATH=/bin:/usr/bin",
    ];
    let mut options = vec!["--cgi"];
    options.extend(given.iter().flat_map(|one| ["--cgi-env", one]));
    let mut command = site.command(&options);
    command.env_remove("HTTP_X_ABSENT");
    let server = Server::start(command);
    for framing in [
        "Content-Length: 3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ] {
        let fields = "Host: peer\r\nX-Auth-User: root\r\nx-auth-user: admin\r\nX-Absent: root";
        let reply = server.answer(format!(
            "POST /cgi-bin/raw HTTP/1.1\r\n{fields}\r\n{framing}"
        ));
        let text = reply.text();
        let mut names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split('=').next())
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{text}");
        for line in given
            .iter()
            .filter(|line| !["HTTP_X_ABSENT", "A=1"].contains(line))
        {
            assert!(has_line(text, line), "no {line} in\n{text}");
        }
        assert!(!names.contains(&"HTTP_X_ABSENT"), "{text}");
    }
}

#[test]
fn indexed_query_becomes_arguments_but_never_an_option() {
    let site = site("cgi-arguments");
    let script = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\nprintf '[%s]' \"$@\"\n";
    site.script("cgi-bin/args", script);
    let server = serve(&site, &[]);
    for (query, want) in [
        ("?a+b%20c", "[a][b c]"),
        ("?%24(id)", "[$(id)]"),
        ("?a=b", "[]"),
        ("?-c+id", "[]"),
        ("?%2dc+id", "[]"),
        ("?a+-b", "[]"),
        ("?", "[]"),
        ("", "[]"),
    ] {
        let text = get(&server, &format!("/cgi-bin/args{query}"), "");
        assert_eq!(text, want, "{query}");
    }
    let mut peer = server.connect();
    peer.send(request("POST", "/cgi-bin/args?a", "Content-Length: 0\r\n"));
    assert_eq!(peer.read_response().text(), "[]");
}

#[test]
fn script_has_its_directory_its_group_and_no_descriptor_of_ours() {
    let site = site("cgi-surroundings");
    let script = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\npwd\numask\n\
        kill -PIPE $$\necho alive\n";
    site.script("cgi-bin/sub/pipe", script);
    let server = serve(&site, &[]);
    let mut peer = server.connect();
    peer.send(request("GET", "/cgi-bin/sub/pipe", ""));
    let text = String::from_utf8_lossy(&peer.read_until_cut()).into_owned();
    let directory = site.path("cgi-bin/sub").canonicalize().unwrap();
    assert!(text.contains(&*directory.to_string_lossy()), "{text}");
    assert!(!text.contains("alive"), "SIGPIPE is ignored");
    server.log_until(|log| log.contains("killed by signal 13"));
    if !std::path::Path::new("/proc/self/stat").exists() {
        return crate::support::skip("no /proc here");
    }
    // The shell's own descriptor of the script is at 10 or above.
    let script = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\n\
        read -r pid name state parent group rest </proc/$$/stat\n\
        [ $pid = $group ] && echo leader\n\
        for fd in 0 1 2 3 4 5 6 7 8 9; do\n[ -e /proc/$$/fd/$fd ] && echo fd $fd\ndone\ntrue\n";
    site.script("cgi-bin/proc", script);
    let text = get(&server, "/cgi-bin/proc", "");
    assert_eq!(text, "leader\nfd 0\nfd 1\nfd 2\n");
}
