//! Tests of `handler::reply`.

use super::*;

#[test]
fn what_a_resource_has_by_its_methods_is_told_once() {
    for (methods, want) in [
        (&[Method::Get][..], "GET, HEAD, OPTIONS"),
        (&[Method::Head, Method::Get], "HEAD, GET, OPTIONS"),
        (&[Method::Post, Method::Post], "POST, OPTIONS"),
        (&[Method::Options, Method::Put], "OPTIONS, PUT"),
        (&[Method::Other("PURGE")], "PURGE, OPTIONS"),
        (&[], "OPTIONS"),
    ] {
        assert_eq!(allowed(methods), want);
    }
}
