//! Tests of `sys::account`.

use super::*;

const PASSWD: &[u8] = b"# comment\nroot:x:0:0:root:/root:/bin/sh\nno:x\n\
    nobody:*:-2:-2:x:/:/bin/false\nbad:x:1x:1::/:\nwww:x:33:34::/:";

const GROUP: &[u8] = b"root:x:0:\nwww:x:34:\nlogs:x:4:root,www\nbad:x:5x:www\nno:x:6\n\
    nobody:*:-2:\n# comment\nnear:x:7:wwww,ww, www\nbuild:x:8:www";

#[test]
fn users_are_found_by_name() {
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
        assert_eq!(user_of(PASSWD, name), want, "{name}");
    }
}

#[test]
fn groups_are_found_by_name_and_by_member() {
    for (name, want) in [
        ("www", Some(34)),
        ("nobody", Some(4_294_967_294)),
        ("no", Some(6)),
        ("bad", None),
        ("", None),
        ("log", None),
    ] {
        assert_eq!(group_of(GROUP, name), want, "{name}");
    }
    let with = |name| groups_with(GROUP, name).collect::<Vec<u32>>();
    assert_eq!(with("www"), [4, 8]);
    assert_eq!(with("root"), [4]);
    assert_eq!(with("nobody"), [0; 0]);
}

#[test]
fn numbers_need_no_file() {
    for (name, user, group) in [
        ("7", 7, 7),
        ("7:8", 7, 8),
        ("0:0", 0, 0),
        ("-2:4294967294", 4_294_967_294, 4_294_967_294),
    ] {
        let groups = vec![group];
        let want = Account {
            user,
            group,
            groups,
        };
        assert_eq!(Account::look_up(name).unwrap(), want, "{name}");
    }
    for text in [
        "+7",
        "",
        "4294967296",
        "4294967295",
        "-1",
        "7 ",
        "0x7",
        "--2",
        "www",
    ] {
        assert_eq!(number(text.as_bytes()), None, "{text}");
    }
    for name in [
        "no such user",
        "7:no such group",
        "7:",
        ":7",
        "7:-1",
        "7:8:9",
        "-1",
        "+7",
    ] {
        let error = Account::look_up(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{name}");
    }
}

#[test]
fn who_has_the_ids_already_may_keep_them_and_nobody_else() {
    let own = Account {
        user: geteuid().as_raw(),
        group: getegid().as_raw(),
        groups: vec![getegid().as_raw()],
    };
    if own.user == ROOT {
        // Black-box tests become somebody else: this process has other tests to run as root.
        return;
    }
    own.assume().unwrap();
    let other = Account { user: ROOT, ..own };
    let error = other.assume().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}
