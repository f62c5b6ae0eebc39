//! Tests of what is said about proxies that are none.

use super::*;
use crate::cli::parse;
use crate::cli::tests::{os, serve};

#[test]
fn what_is_no_proxy_is_told_what_to_type() {
    let usual = "(such as 127.0.0.1, 10.0.0.0/8 or unix; each takes one of its own)";
    for (value, want) in [
        (
            "10.0.0.1/8",
            "it goes on past its length, as 10.0.0.0/8 does not",
        ),
        ("::/129", "its length is not 0 to 128"),
        (
            "localhost",
            "(--trusted-proxy 127.0.0.1 --trusted-proxy ::1)",
        ),
        ("[::1]", usual),
        ("unix:/run/sprat.sock", usual),
        ("::1,10.0.0.0/8", usual),
        ("box.lan", usual),
        ("a\nb", usual),
        ("*", "(who is trusted can be anybody: name the proxy alone)"),
        ("", "(who is trusted can be anybody: name the proxy alone)"),
    ] {
        let said = parse(os(&["--trusted-proxy", value]))
            .unwrap_err()
            .to_string();
        let start = format!("argument --trusted-proxy: {value:?} is not a network: ");
        assert!(said.starts_with(&start) && said.contains(want), "{said}");
        assert!(!said.contains('\n'), "{said:?}");
    }
}

#[test]
fn fields_are_of_two_kinds_and_need_somebody_who_is_believed() {
    for (args, want) in [
        (
            &["--trusted-proxy", "::1", "--forwarded", "x-real-ip"][..],
            "argument --forwarded: \"x-real-ip\" is neither x-forwarded nor forwarded",
        ),
        (
            &["--forwarded", "forwarded"],
            "argument --forwarded: nobody is believed without --trusted-proxy \
             (--trusted-proxy 10.0.0.0/8 --forwarded forwarded)",
        ),
        (
            &["--proxy-protocol"],
            "argument --proxy-protocol: nobody is believed without --trusted-proxy \
             (--trusted-proxy 10.0.0.0/8 --proxy-protocol)",
        ),
        (
            &["--forwarded", "forwarded", "--proxy"],
            "argument --proxy-protocol: nobody is believed without --trusted-proxy \
             (--trusted-proxy 10.0.0.0/8 --proxy-protocol)",
        ),
    ] {
        assert_eq!(parse(os(args)).unwrap_err().to_string(), want);
    }
    let config = serve(os(&["--forwarded", "forwarded", "--trusted-proxy", "unix"]));
    assert_eq!(config.forwarded, ForwardedFields::Forwarded);
    assert!(!config.proxies.is_empty() && !config.proxy_protocol);
    let config = serve(os(&["--proxy-protocol", "--trusted-proxy", "unix"]));
    assert!(config.proxy_protocol);
    assert!(
        serve(os(&["--forwarded", "x-forwarded"]))
            .proxies
            .is_empty()
    );
}
