//! Whatever a file system takes for a name, and wherever links and mounts lead: what counts is the
//! file. The look-up is a table in place of a file system.

use super::*;

/// What there is: paths, numbers and kinds.
const FILES: [(&str, u64, Kind); 10] = [
    ("", 1, Kind::Directory),
    ("/cgi-bin", 2, Kind::Directory),
    ("/cgi-bin/x", 3, Kind::Regular),
    ("/cgi-bin/sub", 4, Kind::Directory),
    ("/cgi-bin/sub/y", 5, Kind::Regular),
    ("/index.cgi", 6, Kind::Regular),
    ("/a.txt", 7, Kind::Regular),
    ("/cgi-bin2", 8, Kind::Directory),
    ("/cgi-bin2/z", 9, Kind::Regular),
    // What a file system says of /cgi-bin that numbers each spelling apart.
    ("/other-number", 10, Kind::Directory),
];

/// How a file system reads a name.
type Fold = fn(&str) -> String;

fn exact(name: &str) -> String {
    name.to_owned()
}

fn vfat(name: &str) -> String {
    let name = name.trim_end_matches(['.', ' ']).to_lowercase();
    name.replace("cgi-bi~1", "cgi-bin")
        .replace("index~1.cgi", "index.cgi")
}

/// HFS+ ignores some characters, and folds more than ASCII.
fn hfs(name: &str) -> String {
    name.replace('\u{200c}', "").to_lowercase()
}

/// The way to a path: links, mounts and hard links lead from the first of a pair to the second.
fn look(path: &str, fold: Fold, leads: &[(&str, &str)]) -> (Vec<Identity>, Node) {
    let find = |path: &str| {
        let (_, inode, kind) = *FILES.iter().find(|file| file.0 == path).expect(path);
        Node {
            identity: Identity::made_up(inode),
            kind,
            owner: 0,
            links: 1,
            changed: std::time::UNIX_EPOCH,
        }
    };
    let (mut here, mut node) = (String::new(), find(""));
    let mut ancestors = vec![node.identity];
    for name in path.split('/').filter(|name| !name.is_empty()) {
        here = format!("{here}/{}", fold(name));
        if let Some((_, to)) = leads.iter().find(|(from, _)| *from == here) {
            here = (*to).to_owned();
        }
        node = find(&here);
        if node.kind == Kind::Directory {
            ancestors.push(node.identity);
        }
    }
    (ancestors, node)
}

#[test]
fn what_is_closed_is_closed_under_every_name() {
    let closed = Closed {
        identities: [2, 6].map(Identity::made_up).into(),
        places: ["/cgi-bin", "/index.cgi"].map(Into::into).into(),
        _open: Vec::new(),
    };
    let none: &[(&str, &str)] = &[];
    let two_numbers: &[(&str, &str)] = &[
        ("/cgi-bin", "/other-number"),
        ("/other-number/x", "/cgi-bin/x"),
    ];
    for (path, fold, leads, is_hidden) in [
        ("/cgi-bin/x", exact as Fold, none, true),
        ("/cgi-bin/sub/y", exact, none, true),
        ("/cgi-bin/sub", exact, none, true),
        ("/cgi-bin/", exact, none, true),
        ("/index.cgi", exact, none, true),
        // It is redirected to where its slash is.
        ("/cgi-bin", exact, none, false),
        ("/", exact, none, false),
        ("/a.txt", exact, none, false),
        ("/cgi-bin2/z", exact, none, false),
        ("/CGI-BIN/x", vfat, none, true),
        ("/cgi-bin./x", vfat, none, true),
        ("/cgi-bin . /x", vfat, none, true),
        ("/CGI-BI~1/sub/y", vfat, none, true),
        ("/INDEX~1.CGI", vfat, none, true),
        ("/index.cgi.", vfat, none, true),
        ("/CGI-BIN2/z.", vfat, none, false),
        ("/cgi\u{200c}-bin/x", hfs, none, true),
        ("/index.cg\u{200c}i", hfs, none, true),
        // Links, also those laid later, and mounts.
        ("/pub/x", exact, &[("/pub", "/cgi-bin")], true),
        ("/pub/", exact, &[("/pub", "/cgi-bin")], true),
        ("/pub", exact, &[("/pub", "/cgi-bin")], false),
        ("/l.txt", exact, &[("/l.txt", "/index.cgi")], true),
        (
            "/cgi-bin2/up/x",
            exact,
            &[("/cgi-bin2/up", "/cgi-bin")],
            true,
        ),
        ("/cgi-bin/out", exact, &[("/cgi-bin/out", "/a.txt")], true),
        // What has two numbers is told by its name, as far as that goes.
        ("/cgi-bin/x", exact, two_numbers, true),
        ("/CGI-BIN/x", vfat, two_numbers, true),
        ("/cgi-bin. /x", vfat, two_numbers, true),
        ("/cgi-bin./", vfat, two_numbers, true),
        // As README says: not where its name is quite another one. Nor is what lies within known by
        // another way to it.
        ("/CGI-BI~1/x", vfat, two_numbers, false),
        ("/cgi\u{200c}-bin/x", hfs, two_numbers, false),
        ("/m/y", exact, &[("/m", "/cgi-bin/sub")], false),
        ("/hard", exact, &[("/hard", "/cgi-bin/x")], false),
    ] {
        let (ancestors, node) = look(path, fold, leads);
        let relative = path[1..].trim_end_matches('/').as_bytes();
        let got = closed.hides(relative, &ancestors, &node, path.ends_with('/'));
        assert_eq!(got, is_hidden, "{path} {leads:?}");
        if node.kind == Kind::Regular && leads != two_numbers {
            assert_eq!(
                closed.covers(&ancestors, node.identity),
                is_hidden,
                "{path}"
            );
        }
    }
}
