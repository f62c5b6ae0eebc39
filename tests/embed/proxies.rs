//! Proxies in front of a program of somebody else's: who asks, and who is at the other end.

use std::net::{IpAddr, SocketAddr};

use sprat::{Builder, Cx, ForwardedFields, Handler, Reply, Request, TrustedProxies};

use super::{serve_by, text};

/// Says who asks and how, and knows the peer of the socket all the same.
struct Who;

impl Handler for Who {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let own = req.socket_peer();
        assert_eq!(own.map(|own| own.ip()), Some(IpAddr::from([127, 0, 0, 1])));
        let peer = match req.peer() {
            peer if peer == own => "own".into(),
            peer => peer.map_or("nobody".into(), |peer| peer.to_string()),
        };
        text(format!("{peer} {}", req.scheme().name())).into()
    }
}

#[test]
fn a_request_has_who_asks_and_the_peer_of_its_socket() {
    let listen = || Builder::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let nobody = TrustedProxies::default();
    let usual = nobody.clone().trust("127.0.0.0/8").unwrap();
    let standard = usual.clone().fields(ForwardedFields::Forwarded);
    let both = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\
        Forwarded: for=\"[2001:db8::1]:7\"\r\n";
    for (proxies, fields, want) in [
        (nobody, both, "own http"),
        (usual.clone(), both, "192.0.2.1:0 https"),
        (usual, "", "own http"),
        (standard, both, "[2001:db8::1]:7 http"),
    ] {
        let builder = listen().trusted_proxies(proxies);
        let server = serve_by(builder, || Who);
        assert_eq!(server.ask("GET /", fields).text(), want);
    }
}
