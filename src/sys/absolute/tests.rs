//! Tests of `sys::absolute`.

use super::*;
use crate::sys::file::node;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

#[test]
fn every_link_in_the_path_is_asked_about() {
    let temp = tempfile::tempdir().unwrap();
    let top = temp.path().canonicalize().unwrap();
    fs::create_dir_all(top.join("real/www")).unwrap();
    fs::create_dir_all(top.join("other")).unwrap();
    symlink("real", top.join("up")).unwrap();
    symlink(top.join("up/www"), top.join("root")).unwrap();
    let own = crate::sys::file::node_at(top.as_os_str().as_bytes(), true).unwrap();
    let want = crate::sys::file::node_at(top.join("real/www").as_os_str().as_bytes(), true);
    let want = want.unwrap().identity;
    for (path, links) in [
        ("real/www", &[][..]),
        ("real/./www//", &[]),
        ("up/www", &["up"]),
        ("root", &["root"]),
        ("real/../root/", &["real/../root"]),
    ] {
        let path = top.join(path);
        let path = path.as_os_str().as_bytes();
        let mut seen = Vec::new();
        let fd = open_absolute(path, Purpose::Search, &mut |end, owner| {
            assert_eq!(owner, own.owner);
            seen.push(path[..end].to_vec());
            true
        });
        assert_eq!(node(fd.unwrap().as_fd()).unwrap().identity, want);
        let links: Vec<_> = links.iter().map(|link| top.join(link)).collect();
        let links: Vec<_> = links.iter().map(|l| l.as_os_str().as_bytes()).collect();
        assert_eq!(seen, links);
        let refused = open_absolute(path, Purpose::Search, &mut |_, _| false);
        assert_eq!(refused.err(), (!links.is_empty()).then_some(Errno::LOOP));
    }
    let missing = top.join("none/www");
    let missing = missing.as_os_str().as_bytes();
    let missing = open_absolute(missing, Purpose::Read, &mut |_, _| true);
    assert_eq!(missing.err(), Some(Errno::NOENT));
}
