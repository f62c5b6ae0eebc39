//! Frames both ways, by a client library and by a browser.

use std::io::Write;
use std::net::TcpStream;

use tungstenite::protocol::WebSocket;
use tungstenite::{Error, Message};

use super::support;
use super::{Example, devtools};

/// A client's connection to this path.
pub fn websocket_to(example: &Example, path: &str) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(example.addr).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let url = format!("ws://{}{path}", example.addr);
    tungstenite::client(url, stream).unwrap().0
}

#[test]
fn websocket() {
    let example = Example::start("websocket", &[]);
    assert_eq!(example.get("/").field("Content-Type"), "text/html");
    let refused = example.get("/echo");
    assert_eq!(
        (refused.status, refused.field("Upgrade")),
        (426, "websocket")
    );
    let mut echo = websocket_to(&example, "/echo");
    for len in [0, 1, 125, 126, 4096, 65_000] {
        let text = Message::text("x".repeat(len));
        echo.send(text.clone()).unwrap();
        assert!(echo.read().unwrap() == text, "{len}");
        let bytes = Message::binary(vec![7; len]);
        echo.send(bytes.clone()).unwrap();
        assert!(echo.read().unwrap() == bytes, "{len}");
    }
    // Many at once, all of them sent before the first is read, and none is lost.
    for number in 0..5000 {
        echo.write(Message::text(number.to_string())).unwrap();
    }
    echo.flush().unwrap();
    for number in 0..5000 {
        assert_eq!(echo.read().unwrap(), Message::text(number.to_string()));
    }
    echo.send(Message::Ping("p".into())).unwrap();
    assert_eq!(echo.read().unwrap(), Message::Pong("p".into()));
    echo.close(None).unwrap();
    assert!(matches!(echo.read(), Ok(Message::Close(_))));
    assert!(matches!(echo.read(), Err(Error::ConnectionClosed)));
    // What is too long, or no WebSocket, ends the connection and nobody else's.
    let mut long = websocket_to(&example, "/echo");
    let _ = long.send(Message::binary(vec![7; 70_000]));
    while long.read().is_ok() {}
    let mut other = websocket_to(&example, "/echo");
    other
        .get_mut()
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .unwrap();
    while other.read().is_ok() {}
    let mut peers: Vec<_> = (0..20).map(|_| websocket_to(&example, "/room")).collect();
    peers[3].send(Message::text("hello")).unwrap();
    for peer in &mut peers {
        assert_eq!(peer.read().unwrap(), Message::text("hello"));
    }
    peers.truncate(5);
    peers[4].send(Message::text("still here")).unwrap();
    for peer in &mut peers {
        assert_eq!(peer.read().unwrap(), Message::text("still here"));
    }
}

#[test]
fn websocket_is_for_pages_of_its_own_host() {
    let example = Example::start("websocket", &[]);
    let addr = example.addr;
    let ask = |path: &str, fields: &str| {
        let mut peer = example.send(format!(
            "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             {fields}\r\n"
        ));
        peer.read_head().status
    };
    for path in ["/echo", "/room"] {
        assert_eq!(ask(path, ""), 101, "no browser");
        for (origin, status) in [
            (format!("http://{addr}"), 101),
            (format!("https://{addr}"), 101),
            (format!("HTTP://{addr}"), 101),
            ("http://example.org".into(), 403),
            (format!("http://localhost:{}", addr.port()), 403),
            (format!("http://{}", addr.ip()), 403),
            (format!("http://{addr}.example.org"), 403),
            (format!("http://example.org/{addr}"), 403),
            (format!("http://user@{addr}"), 403),
            (format!("chrome-extension://{addr}"), 403),
            (addr.to_string(), 403),
            ("null".into(), 403),
            (String::new(), 403),
        ] {
            let field = format!("Origin: {origin}\r\n");
            assert_eq!(ask(path, &field), status, "{path} {origin}");
        }
        let two = format!("Origin: http://example.org\r\nOrigin: http://{addr}\r\n");
        assert_eq!(ask(path, &two), 403, "two origins");
    }
}

#[test]
fn websocket_in_a_browser() {
    let Some(mut browser) = devtools::Browser::start() else {
        return support::skip("no chromium here");
    };
    let example = Example::start("websocket", &[]);
    browser.open(&format!("http://{}/", example.addr));
    let echoed = browser.eval(
        "new Promise((done, fail) => {
            const echo = new WebSocket(`ws://${location.host}/echo`);
            echo.onopen = () => echo.send('x'.repeat(60000));
            echo.onerror = fail;
            echo.onmessage = ({ data }) => echo.close(1000, data.length);
            echo.onclose = ({ wasClean, code }) => done(`${wasClean} ${code}`);
        })",
    );
    assert_eq!(echoed, "true 1000");
    let elsewhere = browser.eval(
        "new Promise((done) => {
            const other = new WebSocket(`ws://localhost:${location.port}/echo`);
            other.onopen = () => done('opened');
            other.onerror = () => done('refused');
        })",
    );
    assert_eq!(elsewhere, "refused");
    let mut peer = websocket_to(&example, "/room");
    browser.eval(
        "new Promise((done) => {
            const opened = () => room.readyState === 1 ? done() : setTimeout(opened, 5);
            opened();
        })",
    );
    peer.send(Message::text("from outside")).unwrap();
    assert_eq!(peer.read().unwrap(), Message::text("from outside"));
    browser.eval("form.elements[0].value = 'from inside', form.requestSubmit()");
    assert_eq!(peer.read().unwrap(), Message::text("from inside"));
    let said = browser.eval(
        "new Promise((done) => {
            const heard = () => said.textContent.split('\\n').length > 2
                ? done(said.textContent) : setTimeout(heard, 5);
            heard();
        })",
    );
    assert_eq!(said, "from outside\nfrom inside\n");
}
