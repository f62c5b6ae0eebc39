//! Tests of the meta-variables and arguments: RFC 3875 sections 4.1 and 4.4, one fact a row.

use super::*;
use crate::cgi::environment::Environment;

const HOST: (&str, &[u8]) = ("Host", b"example.org:8080");

fn facts() -> RequestFacts<'static> {
    RequestFacts {
        method: "GET",
        target: b"/cgi-bin/x/info%20a?q=1",
        query: Some(b"q=1"),
        version: "HTTP/1.1",
        fields: vec![HOST],
        body_bytes: None,
        peer: Some("192.0.2.7:5000".parse().unwrap()),
        scheme: Scheme::Http,
        local: Some("192.0.2.1:8000".parse().unwrap()),
        script_name: b"/cgi-bin/x",
        path_info: b"/info a",
        script_file: b"/srv/www/cgi-bin/x",
        document_root: b"/srv/www",
        pass_authorization: false,
    }
}

/// The value of a variable; `-` if it is not set.
fn get(facts: &RequestFacts<'_>, name: &str) -> String {
    let list = variables(facts);
    let mut found = list.iter().filter(|(other, _)| other == name.as_bytes());
    let value = found.next().map_or("-".into(), |(_, value)| {
        String::from_utf8_lossy(value).into_owned()
    });
    assert!(found.next().is_none(), "{name} twice");
    value
}

#[test]
fn meta_variables_of_section_4_1() {
    for (name, want) in [
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", SOFTWARE),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("SERVER_NAME", "example.org"),
        ("SERVER_PORT", "8000"),
        ("SERVER_ADDR", "192.0.2.1"),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_SCHEME", "http"),
        ("REQUEST_URI", "/cgi-bin/x/info%20a?q=1"),
        ("QUERY_STRING", "q=1"),
        ("SCRIPT_NAME", "/cgi-bin/x"),
        ("SCRIPT_FILENAME", "/srv/www/cgi-bin/x"),
        ("DOCUMENT_ROOT", "/srv/www"),
        ("PATH_INFO", "/info a"),
        ("PATH_TRANSLATED", "/srv/www/info a"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_HOST", "192.0.2.7"),
        ("REMOTE_PORT", "5000"),
        ("HTTP_HOST", "example.org:8080"),
        ("AUTH_TYPE", "-"),
        ("REMOTE_USER", "-"),
        ("REMOTE_IDENT", "-"),
        ("CONTENT_TYPE", "-"),
        ("CONTENT_LENGTH", "-"),
        ("HTTPS", "-"),
        ("PATH", "-"),
        ("HOME", "-"),
    ] {
        assert_eq!(get(&facts(), name), want, "{name}");
    }
}

#[test]
fn a_proxy_may_say_who_asks_and_how() {
    let mut facts = facts();
    facts.peer = Some("[::ffff:198.51.100.9]:0".parse().unwrap());
    facts.scheme = Scheme::Https;
    for (name, want) in [
        ("REMOTE_ADDR", "198.51.100.9"),
        ("REMOTE_HOST", "198.51.100.9"),
        // Nobody has said it.
        ("REMOTE_PORT", "-"),
        ("REQUEST_SCHEME", "https"),
        ("HTTPS", "on"),
        ("SERVER_PORT", "8000"),
    ] {
        assert_eq!(get(&facts, name), want, "{name}");
    }
}

#[test]
fn what_a_request_lacks_is_empty_or_not_set() {
    let mut facts = facts();
    facts.query = None;
    facts.path_info = b"";
    facts.peer = None;
    facts.local = None;
    facts.fields = Vec::new();
    for (name, want) in [
        ("QUERY_STRING", ""),
        ("PATH_INFO", ""),
        ("PATH_TRANSLATED", "-"),
        ("REMOTE_ADDR", ""),
        ("REMOTE_PORT", "-"),
        ("SERVER_ADDR", "-"),
        ("SERVER_NAME", "localhost"),
        ("SERVER_PORT", "80"),
        ("HTTP_HOST", "-"),
    ] {
        assert_eq!(get(&facts, name), want, "{name}");
    }
}

#[test]
fn body_is_described_if_there_is_one() {
    let mut facts = facts();
    facts.fields = vec![("content-TYPE", b"a/b; c=d"), ("Content-Length", b"007")];
    facts.body_bytes = Some(7);
    assert_eq!(get(&facts, "CONTENT_TYPE"), "a/b; c=d");
    assert_eq!(get(&facts, "CONTENT_LENGTH"), "7");
    facts.body_bytes = Some(0);
    assert_eq!(get(&facts, "CONTENT_LENGTH"), "0");
}

#[test]
fn server_is_what_the_peer_called_it_if_that_is_a_name() {
    // (Host, SERVER_NAME)
    for (host, name) in [
        (&b"example.org"[..], "example.org"),
        (b"example.org:", "example.org"),
        (b"EXAMPLE.org:80", "EXAMPLE.org"),
        (b"127.0.0.1:80", "127.0.0.1"),
        (b"[::1]:80", "[::1]"),
        (b"[::1]", "[::1]"),
        (b"a_b-c.~", "a_b-c.~"),
        (b"", "192.0.2.1"),
        (b":80", "192.0.2.1"),
        (b"[]", "192.0.2.1"),
        (b"[::1", "192.0.2.1"),
        (b"::1", "192.0.2.1"),
        (b"a b", "192.0.2.1"),
        (b"a/b", "192.0.2.1"),
        (b"user@host", "192.0.2.1"),
        (b"$(reboot)", "192.0.2.1"),
        (b"a\"b", "192.0.2.1"),
        (b"caf\xc3\xa9", "192.0.2.1"),
    ] {
        let mut facts = facts();
        facts.fields = vec![("Host", host)];
        assert_eq!(get(&facts, "SERVER_NAME"), name, "{}", host.escape_ascii());
    }
    // (local address, SERVER_NAME, SERVER_ADDR)
    for (local, name, addr) in [
        ("[::1]:80", "[::1]", "::1"),
        ("[::ffff:1.2.3.4]:80", "1.2.3.4", "1.2.3.4"),
    ] {
        let mut facts = facts();
        facts.fields = Vec::new();
        facts.local = Some(local.parse().unwrap());
        facts.peer = facts.local;
        assert_eq!(get(&facts, "SERVER_NAME"), name);
        assert_eq!(get(&facts, "SERVER_ADDR"), addr);
        assert_eq!(get(&facts, "REMOTE_ADDR"), addr);
    }
}

#[test]
fn absolute_form_names_the_server_and_is_reduced() {
    for (target, name, uri) in [
        (&b"http://other:99/cgi-bin/x?y"[..], "other", "/cgi-bin/x?y"),
        (b"HTTP://other?y", "other", "/?y"),
        (b"http://other", "other", "/"),
        (
            b"/cgi-bin/x?http://other/",
            "example.org",
            "/cgi-bin/x?http://other/",
        ),
        (b"cgi-bin/x", "example.org", "/cgi-bin/x"),
        (
            b"cgi-bin/x?u=http://other/y",
            "example.org",
            "/cgi-bin/x?u=http://other/y",
        ),
        (b"ftp://other/x", "example.org", "/ftp://other/x"),
    ] {
        let mut facts = self::facts();
        facts.target = target;
        assert_eq!(get(&facts, "SERVER_NAME"), name);
        assert_eq!(get(&facts, "REQUEST_URI"), uri);
    }
    let mut facts = self::facts();
    facts.target = b"http://other:99/cgi-bin/x";
    assert_eq!(get(&facts, "HTTP_HOST"), "other:99");
    facts.fields.retain(|field| field.0 != "Host");
    assert_eq!(get(&facts, "HTTP_HOST"), "other:99");
    // On a Unix socket, the port is the one that was named.
    for (host, port) in [
        (&b"h:81"[..], "81"),
        (b"[::1]:82", "82"),
        (b"h", "80"),
        (b"h:", "80"),
        (b"h:+81", "80"),
        (b"h:65536", "80"),
    ] {
        let mut facts = self::facts();
        facts.local = None;
        facts.fields = vec![("Host", host)];
        assert_eq!(get(&facts, "SERVER_PORT"), port, "{}", host.escape_ascii());
    }
}

#[test]
fn fields_become_variables_but_for_the_withheld() {
    let mut facts = facts();
    facts.fields = vec![
        ("X-Plain", b"one"),
        ("x-plain", b"two"),
        ("Cookie", b"a=b"),
        ("cookie", b"c=d"),
        ("Accept", b"a/b"),
        ("ACCEPT", b"c/d"),
        ("X-Empty", b""),
        ("X-Raw", b"\xff"),
        ("X_Plain", b"underscore"),
        ("X.Dot", b"dot"),
        ("X%", b"percent"),
        ("Proxy", b"http://evil/"),
        ("PROXY", b"http://evil/"),
        ("Content-Length", b"5"),
        ("Content-Type", b"a/b"),
        ("Connection", b"close"),
        ("Transfer-Encoding", b"chunked"),
        ("Keep-Alive", b"x"),
        ("TE", b"x"),
        ("Authorization", b"Basic secret"),
        ("Proxy-Authorization", b"Basic secret"),
        ("X-Nul", b"a\0b"),
    ];
    let all = || -> Vec<(String, Vec<u8>)> {
        let http = variables(&facts).into_iter();
        http.filter(|(name, _)| name.starts_with(b"HTTP_"))
            .map(|(name, value)| (String::from_utf8(name).unwrap(), value))
            .collect()
    };
    let want = [
        ("HTTP_X_PLAIN", &b"one, two"[..]),
        ("HTTP_COOKIE", b"a=b; c=d"),
        ("HTTP_ACCEPT", b"a/b, c/d"),
        ("HTTP_X_EMPTY", b""),
        ("HTTP_X_RAW", b"\xff"),
    ];
    assert_eq!(all(), want.map(|(name, value)| (name.into(), value.into())));
    facts.pass_authorization = true;
    assert_eq!(get(&facts, "HTTP_AUTHORIZATION"), "Basic secret");
    assert_eq!(get(&facts, "HTTP_PROXY_AUTHORIZATION"), "-");
}

#[test]
fn no_name_comes_twice_and_no_value_holds_nul() {
    let mut facts = facts();
    facts.fields = vec![("A", b"1"), ("a", b"2"), ("B-C", b"3"), ("b-c", b"4"), HOST];
    facts.path_info = b"/a\0b";
    let list = variables(&facts);
    for (at, (name, value)) in list.iter().enumerate() {
        assert!(!value.contains(&0));
        assert!(list[..at].iter().all(|(other, _)| other != name));
    }
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }
}

#[test]
fn in_no_environment_does_a_name_come_twice_and_the_programs_own_wins() {
    const FIELDS: [&str; 8] = [
        "Host",
        "X-Auth-User",
        "x-auth-user",
        "X_Auth_User",
        "Content-Length",
        "Cookie",
        "Path",
        "A",
    ];
    let mut names: Vec<Vec<u8>> = [
        "HTTP_X_AUTH_USER",
        "HTTP_HOST",
        "HTTP_A",
        "HTTP_COOKIE",
        "CONTENT_LENGTH",
        "REMOTE_USER",
        "PATH",
        "LANG",
    ]
    .map(Into::into)
    .into();
    names.extend(variables(&facts()).into_iter().map(|(name, _)| name));
    let mut dice = Dice(7);
    for _ in 0..2_000 {
        let mut own = Environment::default();
        for _ in 0..dice.roll(6) {
            let name = names[dice.roll(names.len())].clone();
            match dice.roll(4) {
                0 => own.withhold(name),
                _ => own.give(name, b"own".to_vec()),
            }
        }
        let mut facts = facts();
        let fields = (0..dice.roll(12)).map(|_| (FIELDS[dice.roll(FIELDS.len())], &b"peer"[..]));
        facts.fields = fields.collect();
        facts.body_bytes = [None, Some(3)][dice.roll(2)];
        let mut environment = own.clone();
        environment.extend(variables(&facts));
        // A spooled body, whose length is known late.
        environment.give(b"CONTENT_LENGTH".to_vec(), b"9".to_vec());
        let list = environment.into_list();
        for (at, (name, value)) in list.iter().enumerate() {
            assert!(
                list[..at].iter().all(|(other, _)| other != name),
                "{list:?}"
            );
            assert!(own.get(name).is_none_or(|own| own == value), "{list:?}");
        }
        for (name, _) in own.into_list() {
            assert!(list.iter().any(|(other, _)| *other == name));
        }
    }
}

#[test]
fn arguments_of_section_4_4() {
    for (method, query, want) in [
        ("GET", "a", &["a"][..]),
        ("HEAD", "a+b+c", &["a", "b", "c"]),
        ("GET", "a%20b+%2B", &["a b", "+"]),
        ("GET", "a%3Db", &["a=b"]),
        ("GET", "%24(x)+;ls", &["$(x)", ";ls"]),
        ("GET", "a-b", &["a-b"]),
        ("POST", "a", &[]),
        ("PUT", "a", &[]),
        ("GET", "", &[]),
        ("GET", "a=b", &[]),
        ("GET", "a+b=c", &[]),
        ("GET", "-s", &[]),
        ("GET", "%2Ds", &[]),
        ("GET", "%2ds", &[]),
        ("GET", "a+-d+x", &[]),
        ("GET", "a+%2dd", &[]),
        ("GET", "a++b", &[]),
        ("GET", "+a", &[]),
        ("GET", "a+", &[]),
        ("GET", "a%00b", &[]),
        ("GET", "a%", &[]),
        ("GET", "a%2", &[]),
        ("GET", "a%zz", &[]),
        ("GET", "a%+1", &[]),
    ] {
        let got = arguments(method, Some(query.as_bytes()));
        let want: Vec<Vec<u8>> = want.iter().map(|word| word.as_bytes().to_vec()).collect();
        assert_eq!(got, want, "{method} {query}");
    }
    assert!(arguments("GET", None).is_empty());
    let most = ["a"; ARGUMENTS_MAX].join("+");
    assert_eq!(arguments("GET", Some(most.as_bytes())).len(), ARGUMENTS_MAX);
    assert!(arguments("GET", Some(format!("{most}+a").as_bytes())).is_empty());
}
