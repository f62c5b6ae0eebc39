//! Tests of `handler::proxies`.

use super::*;
use crate::http::head::Head;
use crate::http::limits::Limits;

fn proxies(trusted: &[&str]) -> TrustedProxies {
    let none = TrustedProxies::default();
    let all = trusted.iter().try_fold(none, |all, one| all.trust(one));
    all.unwrap()
}

/// For whom a peer asks with two fields that differ; `-` if that is nobody known.
fn asker(proxies: &TrustedProxies, peer: &str) -> String {
    let text = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\
        Forwarded: for=192.0.2.2\r\n\r\n";
    let head = Head::parse(text, &Limits::default()).unwrap();
    let peer = match peer {
        "unix" => None,
        ip => Some(SocketAddr::new(ip.parse().unwrap(), 5000)),
    };
    let asker = proxies.asker(peer, head.headers(text)).peer;
    asker.map_or("-".into(), |asker| asker.ip().to_string())
}

#[test]
fn only_trusted_peers_say_for_whom_they_ask() {
    for (trusted, peer, want) in [
        (&[][..], "127.0.0.1", "-"),
        (&[], "unix", "-"),
        (&["127.0.0.1"], "127.0.0.1", "192.0.2.1"),
        (&["127.0.0.1"], "::ffff:127.0.0.1", "192.0.2.1"),
        (&["127.0.0.1"], "127.0.0.2", "-"),
        (&["127.0.0.1"], "unix", "-"),
        (&["::1", "10.0.0.0/8"], "10.1.2.3", "192.0.2.1"),
        (&["::1", "10.0.0.0/8"], "::1", "192.0.2.1"),
        (&["unix"], "unix", "192.0.2.1"),
        (&["unix"], "127.0.0.1", "-"),
        (&["0.0.0.0/0", "::/0"], "unix", "-"),
    ] {
        let got = asker(&proxies(trusted), peer);
        assert_eq!(got, want, "{peer} of {trusted:?}");
    }
}

#[test]
fn the_other_kind_of_field_never_counts() {
    let standard = proxies(&["unix"]).fields(ForwardedFields::Forwarded);
    assert_eq!(asker(&standard, "unix"), "192.0.2.2");
    let usual = standard.fields(ForwardedFields::XForwarded);
    assert_eq!(asker(&usual, "unix"), "192.0.2.1");
}

#[test]
fn what_is_no_network_is_refused_and_memory_is_for_those_who_are_trusted() {
    let error = proxies(&[]).trust("10.0.0.1/8").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let said = error.to_string();
    assert!(
        said.starts_with("\"10.0.0.1/8\" is not a network: "),
        "{said}"
    );
    assert_eq!(proxies(&[]).memory().each(), 0);
    assert!(proxies(&["unix"]).memory().each() >= ASKER_BYTES);
    assert!(proxies(&[]).is_empty() && !proxies(&["::1"]).is_empty());
}
