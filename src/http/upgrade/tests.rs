//! Who asks for another protocol, and who does not.

use super::{asks_for, is_protocol};
use crate::http::head::Head;
use crate::http::limits::Limits;

#[test]
fn a_request_asks_for_a_protocol_that_it_names_for_this_hop() {
    let both = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let rows = [
        ("GET / HTTP/1.1", both, true),
        ("POST / HTTP/1.1", both, true),
        ("OPTIONS * HTTP/1.1", both, true),
        (
            "GET / HTTP/1.1",
            "connection: keep-alive, upgrade\r\nUPGRADE: WebSocket\r\n",
            true,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: upgrade\r\nUpgrade: h2c, websocket\r\n",
            true,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: a\r\nUpgrade: b\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
            true,
        ),
        ("GET / HTTP/1.0", both, false),
        ("HEAD / HTTP/1.1", both, false),
        ("CONNECT a:1 HTTP/1.1", both, false),
        ("GET / HTTP/1.1", "Upgrade: websocket\r\n", false),
        ("GET / HTTP/1.1", "Connection: upgrade\r\n", false),
        (
            "GET / HTTP/1.1",
            "Connection: close\r\nUpgrade: websocket\r\n",
            false,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: upgrade\r\nUpgrade: h2c\r\n",
            false,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: upgrade\r\nUpgrade: websocket/13\r\n",
            false,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: upgrade\r\nUpgrade: websockets\r\n",
            false,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: upgrade\r\nUpgrade: \"h2c, websocket\"\r\n",
            false,
        ),
        (
            "GET / HTTP/1.1",
            "Connection: upgraded\r\nUpgrade: websocket\r\n",
            false,
        ),
        ("GET / HTTP/1.1", "", false),
    ];
    for (line, fields, asks) in rows {
        let bytes = format!("{line}\r\nHost: h\r\n{fields}\r\n");
        let head = Head::parse(bytes.as_bytes(), &Limits::default()).unwrap();
        let (buf, version) = (bytes.as_bytes(), head.version());
        let asked = asks_for("websocket", head.method(buf), version, head.headers(buf));
        assert_eq!(asked, asks, "{bytes:?}");
    }
}

#[test]
fn a_protocol_is_a_token_and_perhaps_a_version() {
    for name in ["websocket", "h2c", "TLS/1.0", "IRC/6.9", "x"] {
        assert!(is_protocol(name), "{name:?}");
    }
    for name in [
        "", "/", "a/", "/1", "a/b/c", "a b", "a,b", "a\r\nb", "\"a\"", "é",
    ] {
        assert!(!is_protocol(name), "{name:?}");
    }
}
