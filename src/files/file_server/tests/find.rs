//! What paths name, and how directories and methods are answered.

use super::*;

#[test]
fn file_server_can_move_to_another_thread() {
    fn assert_send<T: Send>() {}
    assert_send::<FileServer>();
}

#[test]
fn what_is_not_there_is_404_in_the_words_of_python() {
    let dir = site();
    let outside = TempDir::new().unwrap();
    write(&outside, "secret", "s");
    symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
    symlink("nowhere", dir.path().join("broken")).unwrap();
    let files = serving(&dir);
    for (target, why) in [
        ("/nope", "not found"),
        ("/a.txt/", "not found"),
        ("/a.txt/b", "not found"),
        ("/nope/", "not found"),
        ("/broken", "not found"),
        ("/%61.txt%2f", "not found"),
        ("/../../etc/passwd", "not found"),
        ("/%2e%2e/%2e%2e/etc/passwd", "not found"),
        ("/out", &*Refused::Outside.cause()),
    ] {
        let response = get(&files, target);
        assert_eq!(response.status(), Status::NOT_FOUND, "{target}");
        assert_eq!(response.reason.as_deref(), Some("File not found"));
        assert_eq!(cause(&response), why, "{target}");
        assert!(response.headers().next().is_none());
    }
    let response = ask(&files, "GET *", "");
    assert_eq!(response.status(), Status::NOT_FOUND);
}

#[test]
fn directory_without_slash_is_redirected_within_the_host() {
    let dir = site();
    fs::create_dir(dir.path().join("a b\"")).unwrap();
    fs::create_dir(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff"))).unwrap();
    fs::create_dir(dir.path().join("evil.com")).unwrap();
    let files = serving(&dir);
    for (target, want) in [
        ("/dir", "/dir/"),
        ("/dir?a=b&c", "/dir/?a=b&c"),
        ("/dir?", "/dir/?"),
        ("/with", "/with/"),
        ("/./dir/../dir", "/dir/"),
        ("/a%20b%22", "/a%20b%22/"),
        ("/%ff", "/%FF/"),
        ("//evil.com", "/evil.com/"),
        ("//evil.com/x/..?//", "/evil.com/?//"),
        ("/dir?%0d%0aX:1", "/dir/?%0d%0aX:1"),
        ("/dir?\u{e9}", "/dir/?%C3%A9"),
        ("http://other/dir", "/dir/"),
        (
            "/dir?<script>\"\\^`{|}[]",
            "/dir/?%3Cscript%3E%22%5C%5E%60%7B%7C%7D%5B%5D",
        ),
        ("/dir?100%&%zz&%4&%41%", "/dir/?100%25&%25zz&%254&%41%25"),
        ("/dir?a-._~!$&'()*+,;=:@/?b", "/dir/?a-._~!$&'()*+,;=:@/?b"),
    ] {
        for method in ["GET", "HEAD"] {
            let response = ask(&files, &format!("{method} {target}"), "");
            if response.status() != Status::MOVED_PERMANENTLY {
                // `x/..` may as well keep the slash that it ends in.
                assert!(target.contains(".."), "{target}");
                continue;
            }
            assert_eq!(names(&response), ["Location"]);
            assert_eq!(field(&response, "location"), Some(want), "{target}");
            assert_eq!(body(&response), "");
        }
    }
}

#[test]
fn index_page_comes_before_the_listing() {
    let dir = site();
    let files = serving(&dir);
    let response = get(&files, "/with/");
    assert_eq!(
        field(&response, "content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(body(&response), "file 0..3");

    // The first name wins; a directory of that name is none.
    write(&dir, "with/index.htm", "four");
    assert_eq!(body(&get(&files, "/with/")), "file 0..3");
    fs::remove_file(dir.path().join("with/index.html")).unwrap();
    fs::create_dir(dir.path().join("with/index.html")).unwrap();
    assert_eq!(body(&get(&files, "/with/")), "file 0..4");

    let named = FileServer::builder(dir.path()).index_pages(vec!["a.txt".into()]);
    assert_eq!(body(&get(&named.open().unwrap(), "/")), "file 0..12");
    let none = FileServer::builder(dir.path()).index_pages(Vec::new());
    assert!(body(&get(&none.open().unwrap(), "/with/")).contains("<li>"));
}

#[test]
fn index_page_that_leads_outside_is_refused() {
    let dir = site();
    let outside = TempDir::new().unwrap();
    write(&outside, "page", "s");
    let link = dir.path().join("dir/index.html");
    symlink(outside.path().join("page"), link).unwrap();
    let response = get(&serving(&dir), "/dir/");
    assert_eq!(response.status(), Status::NOT_FOUND);
    assert_eq!(cause(&response), Refused::Outside.cause());
    let follow = FileServer::builder(dir.path()).symlinks(Symlinks::Follow);
    let response = get(&follow.open().unwrap(), "/dir/");
    assert_eq!(response.status(), Status::OK);
}

#[test]
fn directory_is_listed_as_html_or_json() {
    let dir = site();
    let files = serving(&dir);
    let response = get(&files, "/dir/");
    assert_eq!(response.status(), Status::OK);
    assert_eq!(names(&response), ["Content-type", "Vary"]);
    assert_eq!(
        field(&response, "content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(field(&response, "vary"), Some("Accept"));
    assert!(body(&response).contains("<h1>Directory listing for /dir/</h1>"));
    let line = "\n<li><a href=\"b\">b</a> <data value=\"1\">1 B</data> \
        <time datetime=\"2023-11-14T22:13:20Z\">2023-11-14 22:13</time></li>\n";
    assert!(body(&response).contains(line));
    let sorted = get(&files, "/dir/?sort=size");
    assert!(body(&sorted).contains("value=\"size\" aria-current=\"true\""));

    let response = ask(&files, "GET /dir/", "Accept: application/json\r\n");
    assert_eq!(field(&response, "content-type"), Some("application/json"));
    assert_eq!(field(&response, "vary"), Some("Accept"));
    let want = "[\n{\"name\":\"b\",\"type\":\"file\",\"size\":1,\"mtime\":1700000000,\
        \"href\":\"b\"}\n]\n";
    assert_eq!(body(&response), want);

    let head = ask(&files, "HEAD /dir/", "");
    assert_eq!(body(&head), body(&get(&files, "/dir/")));
}

#[test]
fn file_served_alone_is_the_root_as_well() {
    let dir = site();
    let files = FileServer::new(dir.path().join("a.txt")).unwrap();
    for target in ["/", "/a.txt"] {
        let response = get(&files, target);
        assert_eq!(
            field(&response, "content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(body(&response), "file 0..12");
    }
    for target in ["/a.txt/", "/empty", "/dir/", "/dir"] {
        assert_eq!(get(&files, target).status(), Status::NOT_FOUND, "{target}");
    }
}

#[test]
fn a_plain_listing_is_pythons_and_takes_no_orders() {
    let dir = site();
    let files = FileServer::builder(dir.path())
        .listing(ListingStyle::Plain)
        .open()
        .unwrap();
    let page = get(&files, "/dir/");
    assert!(body(&page).contains("\n<li><a href=\"b\">b</a></li>\n"));
    assert_eq!(
        body(&get(&files, "/dir/?sort=size&order=desc")),
        body(&page)
    );
}

#[test]
fn listing_can_be_off() {
    let dir = site();
    let files = FileServer::builder(dir.path())
        .listing(ListingStyle::Off)
        .open()
        .unwrap();
    let response = get(&files, "/dir/");
    assert_eq!(response.status(), Status::NOT_FOUND);
    assert_eq!(cause(&response), "listing is off");
    assert_eq!(get(&files, "/with/").status(), Status::OK);
    assert_eq!(get(&files, "/dir").status(), Status::MOVED_PERMANENTLY);
}

#[cfg(target_os = "linux")]
#[test]
fn directory_that_may_not_be_read_is_404() {
    use rustix::fs::{Mode, OFlags};

    let dir = site();
    let files = serving(&dir);
    let text = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    with_request(text, Version::Http11, |request| {
        // As a directory is opened that may be searched, but not read.
        let dir = rustix::fs::open(dir.path(), OFlags::PATH, Mode::empty()).unwrap();
        let response = files.list(request, OpenDir { dir });
        assert_eq!(response.status(), Status::NOT_FOUND);
        let reason = Some("No permission to list directory");
        assert_eq!(response.reason.as_deref(), reason);
        assert_eq!(cause(&response), "no read permission");
    });
}

#[test]
fn large_listings_at_once_are_limited() {
    let dir = TempDir::new().unwrap();
    for number in 0..4000 {
        File::create(dir.path().join(format!("{number}"))).unwrap();
    }
    let files = serving(&dir);
    let mut held: Vec<Response> = (0..LISTINGS_MAX).map(|_| get(&files, "/")).collect();
    assert!(held.iter().all(|response| body(response) == "source"));
    let response = get(&files, "/");
    assert_eq!(response.status(), Status::SERVICE_UNAVAILABLE);
    assert_eq!(field(&response, "retry-after"), Some("1"));
    assert_eq!(cause(&response), "too many listings");
    held.pop();
    assert_eq!(get(&files, "/").status(), Status::OK);
}

#[test]
fn other_methods_are_501_in_the_words_of_python() {
    let dir = site();
    let files = serving(&dir);
    let long = "M".repeat(100);
    let cut = format!("Unsupported method ('{}...')", "M".repeat(32));
    for (method, want) in [
        ("POST", "Unsupported method ('POST')"),
        ("PUT", "Unsupported method ('PUT')"),
        ("get", "Unsupported method ('get')"),
        ("it's", "Unsupported method (\"it's\")"),
        (&long, &cut),
    ] {
        let response = ask(&files, &format!("{method} /a.txt"), "");
        assert_eq!(response.status(), Status::NOT_IMPLEMENTED);
        assert_eq!(response.reason.as_deref(), Some(want));
        assert_eq!(field(&response, "allow"), Some("GET, HEAD, OPTIONS"));
    }
}

#[test]
fn options_tells_the_methods() {
    let dir = site();
    let files = serving(&dir);
    for target in ["*", "/a.txt", "/nope"] {
        let response = ask(&files, &format!("OPTIONS {target}"), "");
        assert_eq!(response.status(), Status::NO_CONTENT);
        assert_eq!(field(&response, "allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(body(&response), "");
    }
}

#[test]
fn bad_settings_are_refused_at_the_start() {
    let dir = site();
    let invalid = io::ErrorKind::InvalidInput;
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("\u{e9}", "x"),
        ("a", "x\r\ny: z"),
        ("a", "\0"),
        ("a", "\x7f"),
    ] {
        let files = FileServer::builder(dir.path()).header(name, value).open();
        assert_eq!(
            files.err().map(|error| error.kind()),
            Some(invalid),
            "{name:?}"
        );
    }
    for name in ["", ".", "..", "a/b", "/", "a\0"] {
        let files = FileServer::builder(dir.path()).index_pages(vec![name.into()]);
        assert_eq!(
            files.open().err().map(|error| error.kind()),
            Some(invalid),
            "{name:?}"
        );
    }
    assert!(FileServer::new(dir.path().join("nope")).is_err());
    let fine = FileServer::builder(dir.path()).header("a", "x\ty \u{e9}");
    assert!(fine.open().is_ok());
}
