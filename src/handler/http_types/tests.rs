//! Tests of `handler::http_types`.

use super::*;

#[test]
fn every_status_goes_there_and_back() {
    for code in 100..=999 {
        let status = Status::new(code).unwrap();
        let theirs = StatusCode::from(status);
        assert_eq!((theirs.as_u16(), Status::from(theirs)), (code, status));
    }
}

#[test]
fn methods_and_versions_go_there_and_back() {
    for name in [
        "GET",
        "HEAD",
        "PATCH",
        "CONNECT",
        "get",
        "!#$%&'*+-.^_`|~09",
    ] {
        let theirs = http::Method::try_from(Method::from_name(name)).unwrap();
        assert_eq!(Method::from(&theirs), Method::from_name(name));
    }
    for name in ["", " ", "a b", "a\r\n", "\u{fc}"] {
        assert!(
            http::Method::try_from(Method::Other(name)).is_err(),
            "{name:?}"
        );
    }
    for version in [Version::Http10, Version::Http11] {
        assert_eq!(http::Version::from(version).try_into(), Ok(version));
    }
    for version in [
        http::Version::HTTP_09,
        http::Version::HTTP_2,
        http::Version::HTTP_3,
    ] {
        assert_eq!(Version::try_from(version), Err(Fault::VersionUnsupported));
    }
}

/// Byte by byte, so that no field is lost.
#[test]
fn every_field_that_is_received_goes_there() {
    let mut builder = Request::builder();
    let (mut names, mut values) = (0, 0);
    for byte in 0..=255u8 {
        let by_name = Request::builder().header([byte], "x").build();
        let by_value = Request::builder().header("x", [b'a', byte, b'b']).build();
        for (made, count) in [(by_name, &mut names), (by_value, &mut values)] {
            let Ok(made) = made else {
                continue;
            };
            *count += 1;
            let map = HeaderMap::from(made.request().headers());
            assert_eq!(map.len(), 2, "{byte}");
        }
    }
    assert_eq!((names, values), (77, 256 - 32));
    for at in 0..100 {
        builder = builder.header(["A-name", "a-NAME"][at % 2], at.to_string());
    }
    let made = builder.build().unwrap();
    let map = HeaderMap::from(made.request().headers());
    let values = map.get_all("a-name").iter();
    let found: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
    let want: Vec<_> = (0..100).map(|at| at.to_string()).collect();
    assert_eq!(found, want);
}

#[test]
fn requests_go_there_and_back() {
    for (method, target, version) in [
        ("GET", "/", Version::Http11),
        ("POST", "/a%20b?c=d&e", Version::Http11),
        ("get", "//a/../b", Version::Http10),
        ("OPTIONS", "*", Version::Http11),
        ("GET", "http://localhost/a", Version::Http11),
        ("CONNECT", "localhost:443", Version::Http11),
    ] {
        let builder = Request::builder()
            .method(method)
            .target(target)
            .version(version);
        let builder = builder.header("X-One", "1").header("X-Two", "\u{fc}");
        let made = builder.header("X-One", "2").build().unwrap();
        let theirs = http::Request::try_from(&made.request()).unwrap();
        let back = OwnedRequest::try_from(&theirs).unwrap();
        let (one, other) = (made.request(), back.request());
        assert_eq!(one.request_line(), other.request_line());
        assert_eq!(one.host(), other.host());
        assert_eq!(
            HeaderMap::from(one.headers()),
            HeaderMap::from(other.headers())
        );
        assert_eq!(one.headers().iter().count(), other.headers().iter().count());
    }
}

#[test]
fn a_request_that_has_no_counterpart_is_an_error() {
    let made = Request::builder().target("/<>").build().unwrap();
    assert!(http::Request::try_from(&made.request()).is_err());
    let asked = |uri: &str| http::Request::get(uri).body(()).unwrap();
    let fault = |asked: &http::Request<()>| OwnedRequest::try_from(asked).err();
    let mut newer = asked("/");
    *newer.version_mut() = http::Version::HTTP_2;
    assert_eq!(fault(&newer), Some(Fault::VersionUnsupported));
    let mut framed = asked("/");
    framed
        .headers_mut()
        .insert("content-length", HeaderValue::from_static("x"));
    assert_eq!(fault(&framed), Some(Fault::BadLength));
    // The host is that of the URI, without who asks.
    let made = OwnedRequest::try_from(&asked("http://h:8000/a")).unwrap();
    assert_eq!(made.request().header("Host"), Some(&b"h:8000"[..]));
    let made = OwnedRequest::try_from(&asked("/a")).unwrap();
    assert_eq!(made.request().header("Host"), Some(&b"localhost"[..]));
}

#[test]
fn responses_go_there_and_back() {
    let ours = Response::new(Status::CREATED)
        .header("Set-Cookie", "a=1")
        .header("X-One", "1")
        .header("Set-Cookie", "b=2")
        .text("hello\n");
    let theirs = http::Response::try_from(ours).unwrap();
    assert_eq!(theirs.status(), 201);
    let cookies: Vec<_> = theirs.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    let back = Response::from(theirs);
    assert_eq!(back.status(), Status::CREATED);
    assert_eq!(back.header_value("x-one"), Some(&b"1"[..]));
    assert_eq!(back.content_type(), Some(&b"text/plain; charset=utf-8"[..]));
    assert!(matches!(back.body(), Body::Bytes(bytes) if **bytes == *b"hello\n"));
    for (body, want) in [
        (Body::from(()), None),
        (Body::from("a"), Some(&b"a"[..])),
        (Body::from("a".to_owned()), Some(b"a")),
        (Body::from(&b"a"[..]), Some(b"a")),
        (Body::from(b"a".to_vec()), Some(b"a")),
    ] {
        let ours = Response::from(http::Response::new(body));
        let found = match ours.body() {
            Body::Bytes(bytes) => Some(&**bytes),
            _ => None,
        };
        assert_eq!(found, want);
    }
}

#[test]
fn a_failure_has_its_page_there() {
    let failure = Failure::new(Status::METHOD_NOT_ALLOWED).allow("PUT");
    let theirs = http::Response::try_from(Response::error(failure)).unwrap();
    assert_eq!(theirs.status(), 405);
    assert_eq!(theirs.headers()["allow"], "PUT");
    assert_eq!(theirs.headers()["content-type"], "text/html;charset=utf-8");
    assert!(matches!(theirs.body(), Body::Bytes(page) if page.starts_with(b"<!DOCTYPE")));
}

#[test]
fn what_is_no_response_there_is_an_error() {
    struct Quiet;
    impl crate::Exchange for Quiet {}
    for response in [
        Response::raw(Status::OK),
        Response::reroute("/a"),
        Response::upgrade("x", Quiet),
        Response::tunnel(Quiet),
        Response::new(Status::OK).header("a b", "1"),
        Response::new(Status::OK).header("a", "1\r\nb: 2"),
    ] {
        let failure = http::Response::try_from(response).err().unwrap();
        let text = failure.to_string();
        let start = "500 Internal Server Error (";
        assert!(
            text.starts_with(start) && text.len() > start.len() + 1,
            "{text}"
        );
    }
}
