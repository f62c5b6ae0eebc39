//! Tests of `cgi::user`.

use super::*;

#[test]
fn users_are_found_by_name_and_number() {
    let passwd = b"# comment\nroot:x:0:0:root:/root:/bin/sh\nno:x\n\
        nobody:*:-2:-2:x:/:/bin/false\nbad:x:1x:1::/:\nwww:x:33:34::/:";
    for (name, want) in [
        ("root", Some((0, 0))),
        ("www", Some((33, 34))),
        ("nobody", Some((4_294_967_294, 4_294_967_294))),
        ("no", None),
        ("bad", None),
        ("", None),
        ("roo", None),
        ("# comment", None),
    ] {
        let got = find(passwd, name).map(|user| (user.uid, user.gid));
        assert_eq!(got, want, "{name}");
    }
    for (name, want) in [
        ("7", Some((7, 7))),
        ("7:8", Some((7, 8))),
        ("+7", None),
        ("7:", None),
        (":7", None),
        ("4294967296", None),
        ("4294967295", None),
        ("-1", None),
        ("7:-1", None),
        ("7:8:9", None),
        ("www", None),
    ] {
        let got = numbers(name).map(|user| (user.uid, user.gid));
        assert_eq!(got, want, "{name}");
    }
    assert!(look_up("no such user").is_err());
}
