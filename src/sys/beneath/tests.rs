//! One table for both ways to open.

use super::*;
use crate::sys::file::{Kind, node, stat};
use crate::sys::walk::LINKS_MAX;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use Symlinks::{Follow, Inside, Never};

/// What was opened: the inode tells which file.
type Outcome = Result<u64, Why>;

type Opener = fn(&Base<'_>, &[u8], Purpose) -> Result<OwnedFd, Why>;

const OPENERS: [(&str, Opener); 2] = [("kernel first", open), ("walk", walk)];

fn open(base: &Base<'_>, path: &[u8], purpose: Purpose) -> Result<OwnedFd, Why> {
    base.open(path, purpose)
}

fn walk(base: &Base<'_>, path: &[u8], purpose: Purpose) -> Result<OwnedFd, Why> {
    base.trace(path, purpose).map(|(fd, _)| fd)
}

fn outcome(opened: Result<OwnedFd, Why>) -> Outcome {
    opened.map(|fd| stat(fd.as_fd()).unwrap().inode)
}

const NOENT: Why = Why::System(Errno::NOENT);
const NOTDIR: Why = Why::System(Errno::NOTDIR);

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

    fn base(&self, symlinks: Symlinks) -> Base<'_> {
        Base {
            root: self.root.as_fd(),
            identity: node(self.root.as_fd()).unwrap().identity,
            symlinks,
        }
    }

    fn open(&self, opener: Opener, path: &str, symlinks: Symlinks) -> Outcome {
        outcome(opener(&self.base(symlinks), path.as_bytes(), Purpose::Read))
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
const REFUSED: &[(&str, Why, Why)] = &[
    ("missing", NOENT, NOENT),
    ("missing/file", NOENT, NOENT),
    ("dir/missing", NOENT, NOENT),
    ("file/x", NOTDIR, NOTDIR),
    ("file/x/y", NOTDIR, NOTDIR),
    ("to-file/x", NOTDIR, Why::Link),
    ("to-file-slash", NOTDIR, Why::Link),
    ("via-file", NOTDIR, Why::Link),
    ("broken", NOENT, Why::Link),
    ("broken-deep", NOENT, Why::Link),
    ("broken/x", NOENT, Why::Link),
    ("loop", Why::Circle, Why::Link),
    ("loop/x", Why::Circle, Why::Link),
    ("loop-a", Why::Circle, Why::Link),
    ("out", Why::Outside, Why::Link),
    ("out-dir", Why::Outside, Why::Link),
    ("out-dir/secret", Why::Outside, Why::Link),
    ("out-and-back", Why::Outside, Why::Link),
    ("out-deep", Why::Outside, Why::Link),
    ("out-absolute", Why::Outside, Why::Link),
    ("etc", Why::Outside, Why::Link),
    ("sibling", Why::Outside, Why::Link),
    ("above-all", Why::Outside, Why::Link),
    ("dir/parent/out", Why::Outside, Why::Link),
    // Not what a caller passes; still no way out.
    ("..", Why::Outside, Why::Outside),
    ("../outside/secret", Why::Outside, Why::Outside),
    ("dir/../../outside/secret", Why::Outside, Why::Outside),
    ("/passwd", NOENT, NOENT),
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
        ("to-file", "file", Err(Why::Link)),
        ("to-dir", "dir", Err(Why::Link)),
        ("to-dir/file", "dir/file", Err(Why::Link)),
        ("to-dir-slash", "dir", Err(Why::Link)),
        ("to-dir-slash/file", "dir/file", Err(Why::Link)),
        ("dots", "dir/file", Err(Why::Link)),
        ("dir/up", "file", Err(Why::Link)),
        ("dir/sub/up-up", "file", Err(Why::Link)),
        ("dir/self", "dir", Err(Why::Link)),
        ("dir/self/self/file", "dir/file", Err(Why::Link)),
        ("dir/parent", ".", Err(Why::Link)),
        ("dir/parent/dir/parent/file", "file", Err(Why::Link)),
        ("chain", "file", Err(Why::Link)),
        ("absolute", "dir/file", Err(Why::Link)),
        ("absolute-odd", "dir", Err(Why::Link)),
        ("absolute-odd/file", "dir/file", Err(Why::Link)),
        ("absolute-root", ".", Err(Why::Link)),
        ("absolute-root/to-dir/up", "file", Err(Why::Link)),
        ("through-absolute", "file", Err(Why::Link)),
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
        assert_eq!(tree.open(open, path, Follow), secret, "{path}");
    }
    for path in ["missing", "etc/passwd", "/etc/passwd"] {
        assert_eq!(tree.open(open, path, Follow), Err(NOENT), "{path}");
    }
    if cfg!(target_os = "linux") && Path::new("/proc/self/root").exists() {
        let by_text = inode(Path::new("/etc"));
        let circle = Err(Why::Circle);
        let followed = if has_openat2() { circle } else { by_text };
        for (path, policy, want) in [
            ("magic/etc", Follow, followed),
            ("magic/etc", Inside, Err(Why::Outside)),
            ("magic/etc", Never, Err(Why::Link)),
        ] {
            assert_eq!(tree.open(open, path, policy), want, "{policy:?}");
        }
    }
}

/// Whether the kernel, or the emulator, has `openat2(2)`.
fn has_openat2() -> bool {
    let tree = Tree::new(|_| {});
    kernel::open(&tree.base(Inside), b"file", Purpose::Look.flags()).is_some()
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_open_has_no_other_name_by_which_it_could_be_had() {
    use std::os::fd::AsRawFd;
    let tree = Tree::new(|www| {
        fs::write(www.join("held"), "").unwrap();
    });
    let top = Path::new(std::str::from_utf8(&tree.root_path).unwrap());
    let held = File::open(top.join("held")).unwrap();
    fs::remove_file(top.join("held")).unwrap();
    symlink(
        format!("/proc/self/fd/{}", held.as_raw_fd()),
        top.join("held"),
    )
    .unwrap();
    for (name, opener) in OPENERS {
        assert!(tree.open(opener, "held", Follow).is_err(), "{name}");
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
        let base = Base {
            root: slash.as_fd(),
            identity: node(slash.as_fd()).unwrap().identity,
            symlinks: Inside,
        };
        let got = outcome(opener(&base, &path, Purpose::Read));
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
            let fifo = opener(&tree.base(policy), b"fifo", Purpose::Read).unwrap();
            assert_eq!(stat(fifo.as_fd()).unwrap().kind, Kind::Special, "{name}");
            let socket = tree.open(opener, "socket", policy).unwrap_err();
            assert!(
                [Errno::NXIO, Errno::OPNOTSUPP]
                    .map(Why::System)
                    .contains(&socket),
                "{name} {socket:?}"
            );
        }
    }
}

#[test]
fn links_and_steps_of_one_walk_are_limited_and_depth_is_not() {
    const DEPTH: usize = 1000;
    let deep = "d/".repeat(DEPTH);
    let tree = Tree::new(|www| {
        symlink("file", www.join("link-0")).unwrap();
        for i in 1..=LINKS_MAX {
            symlink(format!("link-{}", i - 1), www.join(format!("link-{i}"))).unwrap();
        }
        symlink("./".repeat(2000), www.join("steps")).unwrap();
        fs::create_dir_all(www.join(&deep)).unwrap();
        fs::write(www.join(&deep).join("file"), b"").unwrap();
        symlink("../".repeat(DEPTH), www.join(&deep).join("back")).unwrap();
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
            Err(Why::Circle),
            "{name}"
        );
        let deepest = format!("{deep}file");
        assert_eq!(
            tree.open(opener, &deepest, Inside),
            tree.inode(&deepest),
            "{name}"
        );
        let back = format!("{deep}back/file");
        assert_eq!(tree.open(opener, &back, Inside), tree.inode("file"));
    }
    assert_eq!(tree.open(walk, "steps", Inside), tree.inode("."));
    assert_eq!(
        tree.open(walk, "steps/steps/steps", Inside),
        Err(Why::Circle)
    );
    let long = "n".repeat(300);
    for (name, opener) in OPENERS {
        assert_eq!(
            tree.open(opener, &long, Inside),
            Err(Why::System(Errno::NAMETOOLONG)),
            "{name}"
        );
    }
}

#[test]
fn an_unreadable_directory_can_be_searched() {
    let tree = Tree::new(|www| symlink("dir", www.join("to-dir")).unwrap());
    let search = |path: &[u8], symlinks| outcome(tree.base(symlinks).open(path, Purpose::Search));
    assert_eq!(search(b"dir", Never), tree.inode("dir"));
    assert_eq!(search(b"to-dir", Inside), tree.inode("dir"));
    assert_eq!(search(b"file", Inside), Err(NOTDIR));
    assert_eq!(search(b"missing", Inside), Err(NOENT));
    let to_dir = search(b"to-dir", Never);
    assert!(to_dir.is_err());
}

#[test]
fn a_look_opens_what_cannot_be_read_and_never_a_link_itself() {
    let tree = Tree::new(|www| {
        symlink("file", www.join("link")).unwrap();
        symlink("nowhere", www.join("broken")).unwrap();
        std::os::unix::net::UnixListener::bind(www.join("socket")).unwrap();
    });
    for (name, opener) in OPENERS {
        let look =
            |path: &[u8], symlinks| outcome(opener(&tree.base(symlinks), path, Purpose::Look));
        assert_eq!(look(b"link", Inside), tree.inode("file"), "{name}");
        assert_eq!(look(b"link", Never), Err(Why::Link), "{name}");
        assert_eq!(look(b"broken", Inside), Err(NOENT), "{name}");
        assert_eq!(look(b"socket", Inside).is_ok(), cfg!(target_os = "linux"));
    }
}

#[test]
fn a_trace_tells_the_directories_that_a_file_is_in() {
    let tree = Tree::new(|www| {
        symlink("dir/sub", www.join("short")).unwrap();
        symlink(www.join("dir"), www.join("absolute")).unwrap();
        symlink("../outside/deep", www.join("out")).unwrap();
    });
    let id = |path: &str| {
        let path = Path::new(std::str::from_utf8(&tree.root_path).unwrap()).join(path);
        node(File::open(path).unwrap().as_fd()).unwrap().identity
    };
    for (path, symlinks, want) in [
        ("file", Inside, &["."][..]),
        ("", Inside, &["."]),
        ("dir", Never, &[".", "dir"]),
        ("dir/sub/file", Never, &[".", "dir", "dir/sub"]),
        ("short/file", Inside, &[".", "dir", "dir/sub"]),
        ("short/../file", Inside, &[".", "dir"]),
        ("absolute/sub", Inside, &[".", "dir", "dir/sub"]),
        ("absolute/sub", Follow, &[".", "dir", "dir/sub"]),
        ("out", Follow, &["../outside", "../outside/deep"]),
    ] {
        let (_, got) = tree
            .base(symlinks)
            .trace(path.as_bytes(), Purpose::Look)
            .unwrap();
        let want: Vec<_> = want.iter().map(|path| id(path)).collect();
        assert_eq!(got, want, "{path} {symlinks:?}");
    }
}

#[test]
fn absolute_links_are_compared_by_what_is_there_and_not_by_spelling() {
    let tree = Tree::new(|www| {
        let top = www.parent().unwrap();
        symlink(top, top.join("home")).unwrap();
        symlink(top.join("home/www/dir"), www.join("by-home")).unwrap();
        symlink(top.join("home/www"), www.join("root-by-home")).unwrap();
        symlink(top.join("home/outside/secret"), www.join("out-by-home")).unwrap();
        symlink(top.join("home/outside/../www/file"), www.join("round")).unwrap();
        symlink(top.join("home/www/../outside/secret"), www.join("up")).unwrap();
    });
    for (name, opener) in OPENERS {
        let find = |path| tree.open(opener, path, Inside);
        assert_eq!(find("by-home/file"), tree.inode("dir/file"), "{name}");
        assert_eq!(find("root-by-home"), tree.inode("."), "{name}");
        assert_eq!(find("root-by-home/file"), tree.inode("file"), "{name}");
        assert_eq!(find("round"), tree.inode("file"), "{name}");
        assert_eq!(find("out-by-home"), Err(Why::Outside), "{name}");
        assert_eq!(find("up"), Err(Why::Outside), "{name}");
    }
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
