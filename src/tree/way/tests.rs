//! Which changes a look at a path tells of.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;
use crate::sys::file::Kind;
use crate::tree::landmark::PATH_BYTES_MAX;
use crate::tree::{Guard, Root};

/// A root with a file in it and one two directories down, and a place outside.
fn tree() -> (tempfile::TempDir, std::path::PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let root = top.path().join("root");
    fs::create_dir_all(root.join("d/e")).unwrap();
    fs::create_dir(top.path().join("outside")).unwrap();
    fs::write(root.join("f"), "file").unwrap();
    fs::write(root.join("d/e/f"), "file").unwrap();
    (top, root)
}

/// Whether the way to a path leads to the same file after a change.
fn leads_on(symlinks: Symlinks, path: &str, change: impl FnOnce(&Path, &Path)) -> Option<bool> {
    let (top, root) = tree();
    let way = Root::open(&root, symlinks).unwrap().way(path.as_bytes())?;
    let before = way.look().unwrap();
    assert!(!way.is_vacant());
    change(&root, &top.path().join("outside"));
    Some(way.look() == Some(before))
}

fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    fs::rename(from, to).unwrap();
}

#[test]
fn a_way_leads_on_while_nothing_is_changed_that_it_leads_through() {
    use Symlinks::{Follow, Inside, Never};
    let nothing = |_: &Path, _: &Path| {};
    for (symlinks, path, want) in [
        (Inside, "f", Some(true)),
        (Inside, "d/e/f", Some(true)),
        (Follow, "d/e/f", Some(true)),
        (Never, "f", Some(true)),
        // Which of its directories is a link, one look does not tell.
        (Never, "d/e/f", None),
    ] {
        assert_eq!(
            leads_on(symlinks, path, nothing),
            want,
            "{symlinks:?} {path}"
        );
    }
    let inside = |path, change: fn(&Path, &Path)| leads_on(Inside, path, change).unwrap();
    assert!(inside("d/e/f", |root, _| fs::write(
        root.join("d/e/other"),
        ""
    )
    .unwrap()));
    assert!(!inside("f", |root, _| fs::write(root.join("f"), "elif").unwrap()));
    assert!(!inside("f", |root, _| fs::remove_file(root.join("f")).unwrap()));
    assert!(!inside("f", |root, _| rename(
        root.join("d/e/f"),
        root.join("f")
    )));
    assert!(!inside("d/e/f", |root, _| rename(
        root.join("d"),
        root.join("g")
    )));
    // A new name of it changes its ctime: so nobody can bring it in by one.
    assert!(!inside("f", |root, outside| {
        fs::hard_link(root.join("f"), outside.join("f")).unwrap();
    }));
}

#[test]
fn a_directory_that_was_moved_outside_is_not_followed_there() {
    let swap = |root: &Path, outside: &Path| {
        rename(root.join("d"), outside.join("d"));
        symlink(outside.join("d"), root.join("d")).unwrap();
    };
    assert_eq!(leads_on(Symlinks::Inside, "d/e/f", swap), Some(false));
    assert_eq!(leads_on(Symlinks::Follow, "d/e/f", swap), Some(true));
    let swap = |root: &Path, outside: &Path| {
        rename(root.join("d/e"), outside.join("e"));
        symlink("../../outside/e", root.join("d/e")).unwrap();
    };
    assert_eq!(leads_on(Symlinks::Inside, "d/e/f", swap), Some(false));
    // The file itself, by a link of the same name.
    let swap = |root: &Path, outside: &Path| {
        rename(root.join("f"), outside.join("f"));
        symlink(outside.join("f"), root.join("f")).unwrap();
    };
    assert_eq!(leads_on(Symlinks::Inside, "f", swap), Some(false));
    assert_eq!(leads_on(Symlinks::Never, "f", swap), Some(false));
}

#[test]
fn another_root_is_another_way() {
    for path in ["f", "d/e/f"] {
        let gone = leads_on(Symlinks::Inside, path, |root, outside| {
            rename(root, outside.join("root"));
        });
        assert_eq!(gone, Some(false));
        // With the same file in it.
        let other = leads_on(Symlinks::Inside, "d/e/f", |root, outside| {
            rename(root, outside.join("root"));
            fs::create_dir(root).unwrap();
            rename(outside.join("root/d"), root.join("d"));
        });
        assert_eq!(other, Some(false));
    }
}

#[test]
fn a_vacant_way_leads_to_nothing_in_its_own_directory() {
    let (top, root) = tree();
    let root = Root::open(&root, Symlinks::Inside).unwrap();
    let way = root.way(b"d/e/none").unwrap();
    assert!(way.is_vacant());
    let link = top.path().join("root/d/e/none");
    symlink("nowhere", &link).unwrap();
    assert!(!way.is_vacant(), "a link to nothing is not nothing");
    fs::remove_file(link).unwrap();
    assert!(way.is_vacant());
    rename(top.path().join("root/d"), top.path().join("outside/d"));
    assert!(!way.is_vacant());
    assert!(root.way("x/".repeat(PATH_BYTES_MAX).as_bytes()).is_none());
    assert!(root.way(b"a\0b").is_none());
}

/// What is closed in the tests below: directories of scripts, of which one is there, and a script.
const CLOSED: [&[u8]; 3] = [b"/cgi-bin", b"/d/bin", b"/run.cgi"];

/// Something that is done to a tree.
type Change = fn(&Path);

/// Whether a way past scripts is known to a path of a tree that was prepared.
fn is_known(symlinks: Symlinks, path: &str, prepare: Change) -> bool {
    let (_top, root) = tree();
    fs::create_dir(root.join("cgi-bin")).unwrap();
    prepare(&root);
    let root = Root::open(&root, symlinks).unwrap();
    let guards = [Guard::new(root.clone(), &CLOSED.map(<[u8]>::to_vec))];
    let way = root.way_past(&guards, path.as_bytes());
    // A link is never what was opened.
    way.and_then(|way| way.look())
        .is_some_and(|stat| stat.kind != Kind::Symlink)
}

/// Whether that way leads on after a change of the tree, and again once it is taken back.
fn leads_past(path: &str, change: Change, back: Change) -> (bool, bool) {
    let (_top, directory) = tree();
    fs::create_dir(directory.join("cgi-bin")).unwrap();
    let root = Root::open(&directory, Symlinks::Inside).unwrap();
    let guards = [Guard::new(root.clone(), &CLOSED.map(<[u8]>::to_vec))];
    let way = root.way_past(&guards, path.as_bytes()).unwrap();
    let before = way.look().unwrap();
    change(&directory);
    let after = way.look() == Some(before);
    back(&directory);
    (after, way.look() == Some(before))
}

#[test]
fn no_way_is_known_to_what_is_closed_or_may_be_by_the_next_look() {
    use Symlinks::{Follow, Inside, Never};
    let nothing = |_: &Path| {};
    for symlinks in [Inside, Never, Follow] {
        for (path, want) in [
            ("f", true),
            ("d/e/f", true),
            ("d/e", true),
            // Closed, or not there.
            ("cgi-bin", false),
            ("none", false),
            ("d/none/f", false),
        ] {
            assert_eq!(
                is_known(symlinks, path, nothing),
                want,
                "{symlinks:?} {path}"
            );
        }
    }
    let rows: [(&str, Change); 9] = [
        ("cgi-bin/x", |root| {
            fs::write(root.join("cgi-bin/x"), "x").unwrap()
        }),
        ("cgi-bin/in/x", |root| {
            fs::create_dir(root.join("cgi-bin/in")).unwrap();
            fs::write(root.join("cgi-bin/in/x"), "x").unwrap();
        }),
        ("f", |root| {
            fs::hard_link(root.join("f"), root.join("run.cgi")).unwrap()
        }),
        ("d/e/f", |root| {
            fs::remove_dir(root.join("cgi-bin")).unwrap();
            symlink("d/e", root.join("cgi-bin")).unwrap();
        }),
        ("d/e/f", |root| {
            fs::remove_dir(root.join("cgi-bin")).unwrap();
            symlink("d", root.join("cgi-bin")).unwrap();
        }),
        // Everything is.
        ("d/e/f", |root| symlink("..", root.join("d/bin")).unwrap()),
        // The file system may take it for the script.
        ("Run.CGI.", |root| {
            fs::write(root.join("Run.CGI."), "x").unwrap()
        }),
        // Links: the directories behind them would not be looked at.
        ("l/e/f", |root| symlink("d", root.join("l")).unwrap()),
        ("l", |root| symlink("cgi-bin/x", root.join("l")).unwrap()),
    ];
    for (number, (path, prepare)) in rows.into_iter().enumerate() {
        for symlinks in [Inside, Follow] {
            assert!(
                !is_known(symlinks, path, prepare),
                "{number}: {symlinks:?} {path}"
            );
        }
    }
    // What scripts of another tree are would not be seen.
    let ((_top, one), (_other, two)) = (tree(), tree());
    let root = Root::open(&one, Inside).unwrap();
    let guard = Guard::new(Root::open(&two, Inside).unwrap(), &[b"/cgi-bin".to_vec()]);
    assert!(root.way_past(&[guard], b"f").is_none());
}

/// Changes of a tree that make scripts of what `d/e/f` leads to, and those that take them back.
/// Nothing is changed about the file itself, nor about the number of directories above it.
const CLOSINGS: [(&str, Change, Change); 7] = [
    (
        "the directory is the scripts' by a link",
        |root| {
            rename(root.join("cgi-bin"), root.join("old"));
            symlink("d/e", root.join("cgi-bin")).unwrap();
        },
        |root| {
            fs::remove_file(root.join("cgi-bin")).unwrap();
            rename(root.join("old"), root.join("cgi-bin"));
        },
    ),
    (
        "and by one where nothing was",
        |root| symlink("../d", root.join("d/bin")).unwrap(),
        |root| fs::remove_file(root.join("d/bin")).unwrap(),
    ),
    (
        "the script is the file by a link",
        |root| symlink("d/e/f", root.join("run.cgi")).unwrap(),
        |root| fs::remove_file(root.join("run.cgi")).unwrap(),
    ),
    (
        "a directory is renamed to that of scripts, and found by a link",
        |root| {
            rename(root.join("cgi-bin"), root.join("old"));
            rename(root.join("d"), root.join("cgi-bin"));
            symlink("cgi-bin", root.join("d")).unwrap();
        },
        |root| {
            fs::remove_file(root.join("d")).unwrap();
            rename(root.join("cgi-bin"), root.join("d"));
            rename(root.join("old"), root.join("cgi-bin"));
        },
    ),
    (
        "a directory is moved into that of scripts, and found by a link",
        |root| {
            rename(root.join("d/e"), root.join("cgi-bin/e"));
            rename(root.join("d"), root.join("old"));
            symlink("cgi-bin", root.join("d")).unwrap();
        },
        |root| {
            fs::remove_file(root.join("d")).unwrap();
            rename(root.join("old"), root.join("d"));
            rename(root.join("cgi-bin/e"), root.join("d/e"));
        },
    ),
    (
        "the directory itself is a link into that of scripts",
        |root| {
            rename(root.join("d/e"), root.join("cgi-bin/e"));
            symlink("../cgi-bin/e", root.join("d/e")).unwrap();
        },
        |root| {
            fs::remove_file(root.join("d/e")).unwrap();
            rename(root.join("cgi-bin/e"), root.join("d/e"));
        },
    ),
    (
        "the root is replaced by its directory of scripts",
        |root| {
            let old = root.with_file_name("old");
            rename(root, &old);
            rename(old.join("d"), old.join("cgi-bin/d"));
            rename(old.join("cgi-bin"), root);
            symlink(".", root.join("cgi-bin")).unwrap();
        },
        |root| {
            let old = root.with_file_name("old");
            fs::remove_file(root.join("cgi-bin")).unwrap();
            rename(root, old.join("cgi-bin"));
            rename(old.join("cgi-bin/d"), old.join("d"));
            rename(&old, root);
        },
    ),
];

#[test]
fn a_way_past_scripts_ends_as_soon_as_what_it_leads_to_is_closed() {
    for (what, change, back) in CLOSINGS {
        assert_eq!(leads_past("d/e/f", change, back), (false, true), "{what}");
    }
    let goes_on = |change| leads_past("d/e/f", change, |_| {}) == (true, true);
    assert!(goes_on(
        |root| fs::write(root.join("cgi-bin/new"), "").unwrap()
    ));
    assert!(goes_on(|root| fs::write(root.join("d/e/new"), "").unwrap()));
    assert!(goes_on(|root| symlink("cgi-bin", root.join("l")).unwrap()));
}

#[test]
fn what_lies_beside_is_vacant_while_nothing_is_there() {
    let (_top, directory) = tree();
    let root = Root::open(&directory, Symlinks::Inside).unwrap();
    let beside = |path: &str, name: &str| {
        root.way(path.as_bytes())
            .unwrap()
            .beside(name.as_bytes())
            .unwrap()
    };
    let (deep, top) = (beside("d/e/f", "g"), beside("f", "g"));
    assert!(deep.is_vacant() && top.is_vacant());
    fs::write(directory.join("d/e/g"), "").unwrap();
    assert!(!deep.is_vacant() && top.is_vacant());
    assert!(!beside("f", "d").is_vacant());
}
