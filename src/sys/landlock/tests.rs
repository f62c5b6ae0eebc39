//! Tests of `sys::landlock`. Each enters a sandbox in a thread of its own, which takes it along.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use super::*;

/// The version that there is; `None` (and a printed line) where there is none.
fn version() -> Option<u32> {
    let version = Sandbox::version();
    if let Err(error) = &version {
        println!("skipped: {error}");
    }
    version.ok()
}

/// Does this in the sandbox.
fn inside<T: Send>(sandbox: &Sandbox, act: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            assert_eq!(sandbox.enter().unwrap(), Sandbox::version().unwrap());
            act()
        });
        thread.join().unwrap()
    })
}

/// Two directories with the same in them.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for name in ["in", "out"] {
        let at = place.path().join(name);
        fs::create_dir_all(at.join("empty")).unwrap();
        for file in ["file", "moved", "removed"] {
            fs::write(at.join(file), "hello").unwrap();
        }
    }
    place
}

/// What may be refused, by its name.
type Change = (&'static str, fn(&Path) -> io::Result<()>);

/// Done in this order, all of it succeeds elsewhere.
const CHANGES: &[Change] = &[
    ("write", |at| {
        File::options().write(true).open(at.join("file")).map(drop)
    }),
    ("append", |at| {
        File::options().append(true).open(at.join("file")).map(drop)
    }),
    ("make", |at| File::create_new(at.join("made")).map(drop)),
    ("remove", |at| fs::remove_file(at.join("removed"))),
    ("remove a directory", |at| fs::remove_dir(at.join("empty"))),
    ("make a directory", |at| {
        fs::create_dir(at.join("directory"))
    }),
    ("make a link", |at| symlink("x", at.join("link"))),
    ("make a socket", |at| {
        UnixListener::bind(at.join("socket")).map(drop)
    }),
    ("make another name", |at| {
        fs::hard_link(at.join("file"), at.join("hard"))
    }),
    ("rename", |at| fs::rename(at.join("moved"), at.join("new"))),
    // Last: old kernels forbid it not.
    ("empty", |at| {
        let path = std::ffi::CString::new(at.join("file").into_os_string().into_vec())?;
        // SAFETY: a path that ends in NUL, and a number.
        match unsafe { libc::truncate(path.as_ptr(), 0) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }),
];

/// The changes that this version can forbid.
fn changes(version: u32) -> &'static [Change] {
    match version {
        1 | 2 => &CHANGES[..CHANGES.len() - 1],
        _ => CHANGES,
    }
}

fn is_refused<T>(done: io::Result<T>) -> bool {
    match done {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            true
        }
    }
}

#[test]
fn each_version_forbids_what_it_knows() {
    for (version, files, tcp, outside) in [
        (0, 0, 0, 0),
        (1, 0x1fff, 0, 0),
        (2, 0x3fff, 0, 0),
        (3, 0x7fff, 0, 0),
        (4, 0x7fff, 3, 0),
        (5, 0xffff, 3, 0),
        (6, 0xffff, 3, 3),
        (8, 0xffff, 3, 3),
        (9, 0x1_ffff, 3, 3),
        (u32::MAX, 0x1_ffff, 3, 3),
    ] {
        let want = Forbidden {
            files,
            tcp,
            outside,
        };
        assert_eq!(Forbidden::by(version), want, "{version}");
    }
}

#[test]
fn nothing_is_written_and_all_is_read() {
    let Some(version) = version() else { return };
    let place = place();
    let at = place.path().join("in");
    let mut open = File::options().append(true).open(at.join("file")).unwrap();
    inside(&Sandbox::new(), || {
        for (name, change) in changes(version) {
            assert!(is_refused(change(&at)), "{name}");
        }
        // What is open stays so.
        open.write_all(b" you").unwrap();
        assert_eq!(fs::read_to_string(at.join("file")).unwrap(), "hello you");
        assert_eq!(fs::read_dir(&at).unwrap().count(), 4);
    });
    for (name, change) in CHANGES {
        assert!(!is_refused(change(&at)), "{name}");
    }
}

#[test]
fn rules_allow_what_they_say_beneath_their_place_alone() {
    let Some(version) = version() else { return };
    type Rule = fn(&mut Sandbox, PathBuf) -> &mut Sandbox;
    let rules: [(Rule, &[&str]); 4] = [
        (
            |it, at| it.append_beneath(at),
            &["write", "append", "make", "make another name"],
        ),
        (|it, at| it.remove_beneath(at), &["remove"]),
        (|it, at| it.read_beneath(at), &[]),
        (|it, at| it.connect_beneath(at), &[]),
    ];
    for (rule, allowed) in rules {
        let place = place();
        let [here, there] = ["in", "out"].map(|name| place.path().join(name));
        inside(rule(&mut Sandbox::new(), here.clone()), || {
            for (name, change) in changes(version) {
                assert_eq!(!is_refused(change(&here)), allowed.contains(name), "{name}");
                assert!(is_refused(change(&there)), "{name} there");
            }
        });
    }
}

#[test]
fn files_are_emptied_where_that_is_asked_for_and_not_written() {
    if version().is_none() {
        return;
    }
    let place = place();
    let at = place.path().join("in");
    inside(Sandbox::new().empty_anywhere(), || {
        for (name, change) in CHANGES {
            assert_eq!(!is_refused(change(&at)), *name == "empty", "{name}");
        }
        // Nor by opening them.
        assert!(is_refused(File::create(at.join("removed"))));
    });
}

#[test]
fn files_are_read_where_that_is_said() {
    if version().is_none() {
        return;
    }
    let place = place();
    let [here, there] = ["in", "out"].map(|name| place.path().join(name));
    // What is not there has no rule.
    let mut sandbox = Sandbox::new();
    sandbox.read_beneath(&here);
    sandbox.read_beneath(place.path().join("none"));
    inside(&sandbox, || {
        assert_eq!(fs::read(here.join("file")).unwrap(), b"hello");
        assert_eq!(fs::read_dir(&here).unwrap().count(), 4);
        assert!(is_refused(fs::read(there.join("file"))));
        assert!(is_refused(fs::read_dir(&there)));
        assert!(is_refused(fs::read("/etc/passwd")));
        assert!(there.join("file").metadata().is_ok());
    });
    // One file, whose directory is closed.
    inside(Sandbox::new().read_beneath(here.join("file")), || {
        assert_eq!(fs::read(here.join("file")).unwrap(), b"hello");
        assert!(is_refused(fs::read(here.join("moved"))));
        assert!(is_refused(fs::read_dir(&here)));
    });
    // The rule goes with the directory, and not to the one that gets its path.
    let mut sandbox = Sandbox::new();
    sandbox.read_beneath(&here);
    let moved = place.path().join("moved");
    let (entered, moved_it) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            entered.wait();
            fs::rename(&here, &moved).unwrap();
            fs::rename(&there, &here).unwrap();
            moved_it.wait();
        });
        inside(&sandbox, || {
            entered.wait();
            moved_it.wait();
            assert_eq!(fs::read(moved.join("file")).unwrap(), b"hello");
            assert!(is_refused(fs::read(here.join("file"))));
        });
    });
}

#[test]
fn no_program_is_run_and_none_gains_privileges() {
    if version().is_none() {
        return;
    }
    inside(&Sandbox::new(), || {
        assert!(is_refused(Command::new("/bin/true").status()));
        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
    });
    assert!(Command::new("/bin/true").status().unwrap().success());
}

#[test]
fn nobody_is_connected_to() {
    let Some(version) = version() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let name = format!("sprat-test-{}", std::process::id());
    let name = SocketAddr::from_abstract_name(name).unwrap();
    let _local = UnixListener::bind_addr(&name).unwrap();
    let place = place();
    let path = place.path().join("in/socket");
    let _by_path = UnixListener::bind(&path).unwrap();
    let try_all = || {
        [
            is_refused(TcpStream::connect(address)),
            is_refused(TcpListener::bind("127.0.0.1:0")),
            is_refused(UnixStream::connect_addr(&name)),
            is_refused(UnixStream::connect(&path)),
        ]
    };
    let [tcp, local, by_path] = [4, 6, 9].map(|since| version >= since);
    inside(&Sandbox::new(), || {
        assert_eq!(try_all(), [tcp, tcp, local, by_path])
    });
    let mut sandbox = Sandbox::new();
    sandbox.connect_beneath(place.path().join("in"));
    inside(&sandbox, || assert_eq!(try_all(), [tcp, tcp, local, false]));
    assert_eq!(try_all(), [false; 4]);
}

#[test]
fn nobody_else_is_signalled() {
    let Some(version) = version() else { return };
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    let ask = || is_refused(rustix::process::test_kill_process(pid).map_err(io::Error::from));
    inside(&Sandbox::new(), || assert_eq!(ask(), version >= 6));
    assert!(!ask());
    child.kill().unwrap();
    child.wait().unwrap();
}
