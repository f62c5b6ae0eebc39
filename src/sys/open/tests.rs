//! One table for both ways to open.

use super::*;
use crate::sys::file::{Kind, stat};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use Symlinks::{Follow, Inside, Never};

/// What was opened: the inode tells which file.
type Outcome = Result<u64, Errno>;

type Opener = fn(BorrowedFd<'_>, &[u8], &[u8], Symlinks) -> io::Result<OwnedFd>;

const OPENERS: [(&str, Opener); 2] = [("kernel first", open_beneath), ("walk", walk)];

fn walk(
    root: BorrowedFd<'_>,
    root_path: &[u8],
    path: &[u8],
    symlinks: Symlinks,
) -> io::Result<OwnedFd> {
    Ok(walk_beneath(root, root_path, path, symlinks, READ)?)
}

fn outcome(opened: io::Result<OwnedFd>) -> Outcome {
    match opened {
        Ok(fd) => Ok(stat(fd.as_fd()).unwrap().inode),
        Err(error) => Err(Errno::from_io_error(&error).unwrap()),
    }
}

fn inode(path: &Path) -> Outcome {
    outcome(Ok(File::open(path).unwrap().into()))
}

struct Tree {
    _temp: tempfile::TempDir,
    root: File,
    root_path: Vec<u8>,
}

impl Tree {
    /// `outside/secret` beside `www`, the root; `links(www)` adds to it.
    fn new(links: impl FnOnce(&Path)) -> Tree {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("outside/deep")).unwrap();
        fs::write(top.join("outside/secret"), b"secret").unwrap();
        fs::create_dir_all(top.join("www/dir/sub")).unwrap();
        fs::write(top.join("www/file"), b"file").unwrap();
        fs::write(top.join("www/dir/file"), b"dir/file").unwrap();
        fs::write(top.join("www/dir/sub/file"), b"dir/sub/file").unwrap();
        let www = top.join("www");
        links(&www);
        let root_path = www.to_str().unwrap().as_bytes().to_vec();
        Tree {
            _temp: temp,
            root: File::open(&www).unwrap(),
            root_path,
        }
    }

    fn open(&self, opener: Opener, path: &str, symlinks: Symlinks) -> Outcome {
        outcome(opener(
            self.root.as_fd(),
            &self.root_path,
            path.as_bytes(),
            symlinks,
        ))
    }

    fn inode(&self, path: &str) -> Outcome {
        inode(&Path::new(std::str::from_utf8(&self.root_path).unwrap()).join(path))
    }
}

/// Every link of the table: its name and its target, in which `ROOT` is the root's path.
const LINKS: &[(&str, &str)] = &[
    ("to-file", "file"),
    ("to-dir", "dir"),
    ("to-dir-slash", "dir/"),
    ("to-file-slash", "file/"),
    ("dots", "./dir/../dir/./sub/../file"),
    ("dir/up", "../file"),
    ("dir/sub/up-up", "../../file"),
    ("dir/self", "."),
    ("dir/parent", ".."),
    ("chain", "chain-2"),
    ("chain-2", "to-dir/up"),
    ("absolute", "ROOT/dir/file"),
    ("absolute-odd", "/.//ROOT/./dir//sub/.."),
    ("absolute-root", "ROOT"),
    ("through-absolute", "absolute-root/dir/up"),
    ("broken", "missing"),
    ("broken-deep", "missing/file"),
    ("loop", "loop"),
    ("loop-a", "loop-b/x"),
    ("loop-b", "loop-a/x"),
    ("out", "../outside/secret"),
    ("out-dir", "../outside"),
    ("out-and-back", "../www/file"),
    ("out-deep", "dir/sub/../../../outside/secret"),
    ("out-absolute", "ROOT/../outside/secret"),
    ("etc", "/etc/passwd"),
    ("sibling", "ROOT-2/file"),
    (
        "above-all",
        "../../../../../../../../../../../../etc/passwd",
    ),
    ("via-file", "file/../file"),
];

/// Path, why not under `Inside`, and under `Never`.
const REFUSED: &[(&str, Errno, Errno)] = &[
    ("missing", Errno::NOENT, Errno::NOENT),
    ("missing/file", Errno::NOENT, Errno::NOENT),
    ("dir/missing", Errno::NOENT, Errno::NOENT),
    ("file/x", Errno::NOTDIR, Errno::NOTDIR),
    ("file/x/y", Errno::NOTDIR, Errno::NOTDIR),
    ("to-file/x", Errno::NOTDIR, Errno::LOOP),
    ("to-file-slash", Errno::NOTDIR, Errno::LOOP),
    ("via-file", Errno::NOTDIR, Errno::LOOP),
    ("broken", Errno::NOENT, Errno::LOOP),
    ("broken-deep", Errno::NOENT, Errno::LOOP),
    ("broken/x", Errno::NOENT, Errno::LOOP),
    ("loop", Errno::LOOP, Errno::LOOP),
    ("loop/x", Errno::LOOP, Errno::LOOP),
    ("loop-a", Errno::LOOP, Errno::LOOP),
    ("out", Errno::XDEV, Errno::LOOP),
    ("out-dir", Errno::XDEV, Errno::LOOP),
    ("out-dir/secret", Errno::XDEV, Errno::LOOP),
    ("out-and-back", Errno::XDEV, Errno::LOOP),
    ("out-deep", Errno::XDEV, Errno::LOOP),
    ("out-absolute", Errno::XDEV, Errno::LOOP),
    ("etc", Errno::XDEV, Errno::LOOP),
    ("sibling", Errno::XDEV, Errno::LOOP),
    ("above-all", Errno::XDEV, Errno::LOOP),
    ("dir/parent/out", Errno::XDEV, Errno::LOOP),
    // Not what a caller passes; still no way out.
    ("..", Errno::XDEV, Errno::XDEV),
    ("../outside/secret", Errno::XDEV, Errno::XDEV),
    ("dir/../../outside/secret", Errno::XDEV, Errno::XDEV),
    ("/passwd", Errno::NOENT, Errno::NOENT),
];

#[test]
fn both_openers_answer_the_table() {
    let tree = Tree::new(|www| {
        for (name, target) in LINKS {
            symlink(
                target.replace("ROOT", www.to_str().unwrap()),
                www.join(name),
            )
            .unwrap();
        }
    });
    // (path, what it names under Inside, and under Never)
    let found: &[(&str, &str, Outcome)] = &[
        ("", ".", tree.inode(".")),
        ("file", "file", tree.inode("file")),
        ("dir", "dir", tree.inode("dir")),
        ("dir/sub/file", "dir/sub/file", tree.inode("dir/sub/file")),
        ("to-file", "file", Err(Errno::LOOP)),
        ("to-dir", "dir", Err(Errno::LOOP)),
        ("to-dir/file", "dir/file", Err(Errno::LOOP)),
        ("to-dir-slash", "dir", Err(Errno::LOOP)),
        ("to-dir-slash/file", "dir/file", Err(Errno::LOOP)),
        ("dots", "dir/file", Err(Errno::LOOP)),
        ("dir/up", "file", Err(Errno::LOOP)),
        ("dir/sub/up-up", "file", Err(Errno::LOOP)),
        ("dir/self", "dir", Err(Errno::LOOP)),
        ("dir/self/self/file", "dir/file", Err(Errno::LOOP)),
        ("dir/parent", ".", Err(Errno::LOOP)),
        ("dir/parent/dir/parent/file", "file", Err(Errno::LOOP)),
        ("chain", "file", Err(Errno::LOOP)),
        ("absolute", "dir/file", Err(Errno::LOOP)),
        ("absolute-odd", "dir", Err(Errno::LOOP)),
        ("absolute-odd/file", "dir/file", Err(Errno::LOOP)),
        ("absolute-root", ".", Err(Errno::LOOP)),
        ("absolute-root/to-dir/up", "file", Err(Errno::LOOP)),
        ("through-absolute", "file", Err(Errno::LOOP)),
    ];
    for (opener_name, opener) in OPENERS {
        for (path, target, never) in found {
            let context = format!("{opener_name}: {path}");
            assert_eq!(
                tree.open(opener, path, Inside),
                tree.inode(target),
                "{context}"
            );
            assert_eq!(tree.open(opener, path, Never), *never, "{context}");
        }
        for (path, inside, never) in REFUSED {
            let context = format!("{opener_name}: {path}");
            assert_eq!(tree.open(opener, path, Inside), Err(*inside), "{context}");
            assert_eq!(tree.open(opener, path, Never), Err(*never), "{context}");
        }
    }
}

#[test]
fn follow_goes_anywhere_but_through_magic_links() {
    let tree = Tree::new(|www| {
        symlink("../outside/secret", www.join("out")).unwrap();
        symlink(
            www.parent().unwrap().join("outside"),
            www.join("out-absolute"),
        )
        .unwrap();
        symlink("/proc/self/root", www.join("magic")).unwrap();
    });
    let secret = tree.inode("../outside/secret");
    for path in ["out", "out-absolute/secret", "/out", "//out"] {
        assert_eq!(tree.open(open_beneath, path, Follow), secret, "{path}");
    }
    for path in ["missing", "etc/passwd", "/etc/passwd"] {
        assert_eq!(
            tree.open(open_beneath, path, Follow),
            Err(Errno::NOENT),
            "{path}"
        );
    }
    if cfg!(target_os = "linux") && Path::new("/proc/self/root").exists() {
        for (path, policy, want) in [
            ("magic/etc", Follow, Errno::LOOP),
            ("magic/etc", Inside, Errno::XDEV),
            ("magic/etc", Never, Errno::LOOP),
        ] {
            assert_eq!(
                tree.open(open_beneath, path, policy),
                Err(want),
                "{policy:?}"
            );
        }
    }
}

#[test]
fn every_absolute_path_lies_beneath_the_root_directory() {
    let tree = Tree::new(|www| {
        symlink(www.join("file"), www.join("absolute")).unwrap();
    });
    let slash = File::open("/").unwrap();
    let path = [&tree.root_path[1..], b"/absolute"].concat();
    for (name, opener) in OPENERS {
        let got = outcome(opener(slash.as_fd(), b"/", &path, Inside));
        assert_eq!(got, tree.inode("file"), "{name}");
    }
}

#[test]
fn opening_a_fifo_does_not_block_and_a_socket_cannot_be_opened() {
    let tree = Tree::new(|www| {
        let made = std::process::Command::new("mkfifo")
            .arg(www.join("fifo"))
            .status()
            .unwrap();
        assert!(made.success());
        std::os::unix::net::UnixListener::bind(www.join("socket")).unwrap();
    });
    for (name, opener) in OPENERS {
        for policy in [Inside, Never] {
            let fifo = opener(tree.root.as_fd(), &tree.root_path, b"fifo", policy).unwrap();
            assert_eq!(stat(fifo.as_fd()).unwrap().kind, Kind::Special, "{name}");
            let socket = tree.open(opener, "socket", policy).unwrap_err();
            assert!(
                [Errno::NXIO, Errno::OPNOTSUPP].contains(&socket),
                "{name} {socket}"
            );
        }
    }
}

#[test]
fn links_and_depth_of_one_walk_are_limited() {
    let deep = "d/".repeat(DEPTH_MAX);
    let tree = Tree::new(|www| {
        symlink("file", www.join("link-0")).unwrap();
        for i in 1..=LINKS_MAX {
            symlink(format!("link-{}", i - 1), www.join(format!("link-{i}"))).unwrap();
        }
        symlink("./".repeat(2000), www.join("steps")).unwrap();
        fs::create_dir_all(www.join(&deep).join("d")).unwrap();
        fs::write(www.join(&deep).join("file"), b"").unwrap();
    });
    for (name, opener) in OPENERS {
        let last = format!("link-{}", LINKS_MAX - 1);
        assert_eq!(
            tree.open(opener, &last, Inside),
            tree.inode("file"),
            "{name}"
        );
        let beyond = format!("link-{LINKS_MAX}");
        assert_eq!(
            tree.open(opener, &beyond, Inside),
            Err(Errno::LOOP),
            "{name}"
        );
        let deepest = format!("{deep}file");
        assert_eq!(
            tree.open(opener, &deepest, Inside),
            tree.inode(&deepest),
            "{name}"
        );
    }
    assert_eq!(tree.open(walk, "steps", Inside), tree.inode("."));
    assert_eq!(
        tree.open(walk, "steps/steps/steps", Inside),
        Err(Errno::LOOP)
    );
    let deeper = format!("{deep}d/file");
    assert_eq!(tree.open(walk, &deeper, Inside), Err(Errno::NAMETOOLONG));
    let long = "n".repeat(300);
    for (name, opener) in OPENERS {
        assert_eq!(
            tree.open(opener, &long, Inside),
            Err(Errno::NAMETOOLONG),
            "{name}"
        );
    }
}

#[test]
fn an_unreadable_directory_can_be_searched() {
    let tree = Tree::new(|www| symlink("dir", www.join("to-dir")).unwrap());
    let search = |path: &[u8], symlinks| {
        outcome(search_beneath(
            tree.root.as_fd(),
            &tree.root_path,
            path,
            symlinks,
        ))
    };
    assert_eq!(search(b"dir", Never), tree.inode("dir"));
    assert_eq!(search(b"to-dir", Inside), tree.inode("dir"));
    assert_eq!(search(b"file", Inside), Err(Errno::NOTDIR));
    assert_eq!(search(b"missing", Inside), Err(Errno::NOENT));
    let to_dir = search(b"to-dir", Never);
    assert!(to_dir.is_err());
}

/// SplitMix64: enough for trees.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % count as u64) as usize
    }

    fn path(&mut self, parts: &[&str]) -> String {
        let count = 1 + self.below(4);
        let names: Vec<&str> = (0..count).map(|_| parts[self.below(parts.len())]).collect();
        names.join("/")
    }
}

#[test]
fn both_openers_agree_on_random_trees() {
    let names = ["a", "b", "c", "d"];
    let steps = ["a", "b", "c", "d", "..", ".."];
    for seed in 0..60 {
        let mut random = Random(seed);
        let tree = Tree::new(|www| {
            for _ in 0..16 {
                let path = www.join(random.path(&names));
                let target = match random.below(4) {
                    0 => format!("{}/{}", www.display(), random.path(&steps)),
                    _ => random.path(&steps),
                };
                // What cannot be made, because it exists or its parent is none, is left out.
                _ = match random.below(5) {
                    0 => fs::write(path, b"file"),
                    1 | 2 => fs::create_dir_all(path),
                    _ => symlink(target, path),
                };
            }
        });
        for _ in 0..60 {
            let path = random.path(&names);
            for policy in [Inside, Never] {
                let [kernel, walk] = OPENERS.map(|(_, opener)| tree.open(opener, &path, policy));
                assert_eq!(kernel, walk, "seed {seed}, {path}, {policy:?}");
                let full = Path::new(std::str::from_utf8(&tree.root_path).unwrap()).join(&path);
                match (full.canonicalize(), policy) {
                    // What either opens is what the name means to everyone.
                    (Ok(real), _) if kernel.is_ok() => {
                        assert_eq!(kernel, inode(&real), "seed {seed}, {path}");
                        assert!(
                            real.starts_with(
                                full.ancestors().nth(path.split('/').count()).unwrap()
                            )
                        );
                    }
                    (Err(_), _) => assert!(kernel.is_err(), "seed {seed}, {path}"),
                    _ => {}
                }
            }
        }
    }
}
