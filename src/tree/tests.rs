//! What is found beneath a root, and what a root is over time.

use super::*;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};

use Symlinks::{Follow, Inside, Never};

fn site() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let www = temp.path().join("www");
    fs::create_dir_all(www.join("dir")).unwrap();
    fs::write(temp.path().join("secret"), b"secret").unwrap();
    fs::write(www.join("file"), b"file").unwrap();
    fs::write(www.join("dir/inner"), b"inner").unwrap();
    temp
}

/// What a path names, in one word: the content of a file.
fn show(found: Result<Opened, Refused>) -> String {
    match found {
        Ok(Opened::File(mut file, stat)) => {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(stat.len, text.len() as u64);
            text
        }
        Ok(Opened::Directory(..)) => "directory".into(),
        Err(refused) => format!("{refused:?}"),
    }
}

#[test]
fn only_files_and_directories_beneath_the_root_are_found() {
    let temp = site();
    let www = temp.path().join("www");
    symlink("file", www.join("link")).unwrap();
    symlink("dir", www.join("link-dir")).unwrap();
    symlink(
        www.canonicalize().unwrap().join("file"),
        www.join("absolute"),
    )
    .unwrap();
    symlink("../secret", www.join("out")).unwrap();
    symlink("/dev/null", www.join("device")).unwrap();
    symlink("nowhere", www.join("broken")).unwrap();
    symlink("circle", www.join("circle")).unwrap();
    std::os::unix::net::UnixListener::bind(www.join("socket")).unwrap();
    let fifo = std::process::Command::new("mkfifo")
        .arg(www.join("fifo"))
        .status();
    assert!(fifo.unwrap().success());
    fs::write(www.join(OsStr::from_bytes(b"100%")), b"percent").unwrap();
    let open = |symlinks| Root::open(&www, symlinks).unwrap();
    let roots = [open(Inside), open(Never), open(Follow)];
    // (path, whether it ended in a slash, and what it is: inside, never, follow)
    for (path, is_directory, want) in [
        ("", true, ["directory"; 3]),
        ("file", false, ["file"; 3]),
        ("dir", true, ["directory"; 3]),
        ("dir", false, ["directory"; 3]),
        ("dir/inner", false, ["inner"; 3]),
        ("100%", false, ["percent"; 3]),
        ("link", false, ["file", "Link", "file"]),
        ("link-dir/inner", false, ["inner", "Link", "inner"]),
        ("link-dir", true, ["directory", "Link", "directory"]),
        ("absolute", false, ["file", "Link", "file"]),
        ("file", true, ["NotFound"; 3]),
        ("link", true, ["NotFound", "Link", "NotFound"]),
        ("missing", false, ["NotFound"; 3]),
        ("missing", true, ["NotFound"; 3]),
        ("file/inner", false, ["NotFound"; 3]),
        ("broken", false, ["NotFound", "Link", "NotFound"]),
        ("circle", false, ["NotFound", "Link", "NotFound"]),
        ("out", false, ["Outside", "Link", "secret"]),
        ("device", false, ["Outside", "Link", "NotRegular"]),
        ("fifo", false, ["NotRegular"; 3]),
        ("socket", false, ["NotRegular"; 3]),
    ] {
        let got = roots.each_ref().map(|root| {
            show(root.find_relative(path.as_bytes(), is_directory, &Closed::default()))
        });
        assert_eq!(got, want, "{path} {is_directory}");
    }
    let long = "n".repeat(300);
    assert_eq!(
        show(roots[0].find_relative(long.as_bytes(), false, &Closed::default())),
        "NotFound"
    );
    let long = "n/".repeat(3000);
    assert_eq!(
        show(roots[0].find_relative(long.as_bytes(), false, &Closed::default())),
        "NotFound"
    );
}

#[test]
fn names_that_are_not_utf8_are_found_by_their_bytes() {
    let temp = site();
    let name = b"caf\xe9\n.txt";
    let www = temp.path().join("www");
    if fs::write(www.join(OsStr::from_bytes(name)), b"coffee").is_err() {
        return; // this file system takes UTF-8 only
    }
    let root = Root::open(&www, Inside).unwrap();
    assert_eq!(
        show(root.find_relative(name, false, &Closed::default())),
        "coffee"
    );
    assert_eq!(
        show(root.find_relative("caf\u{e9}\n.txt".as_bytes(), false, &Closed::default())),
        "NotFound"
    );
}

#[test]
fn a_file_is_served_alone() {
    let temp = site();
    let www = temp.path().join("www");
    symlink("www/file", temp.path().join("shared.txt")).unwrap();
    for (path, name) in [
        (www.join("file"), "file"),
        (temp.path().join("shared.txt"), "shared.txt"),
    ] {
        let root = Root::open(&path, Never).unwrap();
        assert_eq!(root.single_file().unwrap(), name);
        for (path, is_directory, want) in [
            ("", true, "file"),
            (name, false, "file"),
            (name, true, "NotFound"),
            ("dir", true, "NotFound"),
            ("dir/inner", false, "NotFound"),
            ("other", false, "NotFound"),
        ] {
            assert_eq!(
                show(root.find_relative(path.as_bytes(), is_directory, &Closed::default())),
                want,
                "{path}"
            );
        }
    }
    let root = Root::open(&www.join("file"), Inside).unwrap();
    fs::remove_file(www.join("file")).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "Gone"
    );
    fs::write(www.join("file"), b"new").unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "new"
    );
    fs::write(www.join("newer"), b"newer").unwrap();
    fs::rename(www.join("newer"), www.join("file")).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "newer"
    );
    fs::rename(&www, temp.path().join("moved")).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "Gone"
    );
    // A link to a file leads to another file, in another directory.
    symlink("moved/file", temp.path().join("shared.new")).unwrap();
    let root = Root::open(&temp.path().join("shared.new"), Never).unwrap();
    fs::remove_file(temp.path().join("shared.new")).unwrap();
    symlink("secret", temp.path().join("shared.new")).unwrap();
    assert_eq!(
        show(root.find_relative(b"", true, &Closed::default())),
        "secret"
    );
}

#[test]
fn what_cannot_be_a_root_says_so() {
    let temp = site();
    let missing = Root::open(&temp.path().join("missing"), Inside).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    let device = Root::open(Path::new("/dev/null"), Inside).unwrap_err();
    assert_eq!(device.to_string(), "neither a directory nor a regular file");
    let fifo = temp.path().join("fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(
        Root::open(&fifo, Inside).unwrap_err().kind(),
        io::ErrorKind::InvalidInput
    );
}

#[test]
fn a_root_is_what_has_its_path() {
    let temp = site();
    let path = |name: &str| temp.path().join(name);
    let twin = |name: &str, text: &str| {
        fs::create_dir(path(name)).unwrap();
        fs::write(path(name).join("file"), text).unwrap();
    };
    symlink("www", path("link")).unwrap();
    let real = Root::open(&path("www"), Never).unwrap();
    let link = Root::open(&path("link"), Never).unwrap();
    assert!(link.path().ends_with("www"));
    assert_eq!(link.single_file(), None);
    let both =
        || [&real, &link].map(|root| show(root.find_relative(b"file", false, &Closed::default())));
    let top = || [&real, &link].map(|root| show(root.find_relative(b"", true, &Closed::default())));
    assert_eq!(both(), ["file", "file"]);

    // Nothing there: what is open is served until it is removed.
    fs::rename(path("www"), path("moved")).unwrap();
    assert_eq!(both(), ["file", "file"]);
    twin("www", "second");
    assert_eq!(both(), ["second", "second"]);
    fs::rename(path("www"), path("second")).unwrap();
    twin("www", "third");
    assert_eq!(both(), ["third", "third"]);
    let held = real.view().unwrap();

    // A release: a link is replaced by another.
    twin("release", "fourth");
    symlink("release", path("link.new")).unwrap();
    fs::rename(path("link.new"), path("link")).unwrap();
    assert_eq!(both(), ["third", "fourth"]);
    assert!(link.path().ends_with("release"));

    // A link where there was none at the start is not followed.
    fs::remove_dir_all(path("www")).unwrap();
    assert_eq!((both()[0].as_str(), top()[0].as_str()), ("Gone", "Gone"));
    symlink("release", path("www")).unwrap();
    assert_eq!(
        (both()[0].as_str(), top()[0].as_str()),
        ("Foreign", "Foreign")
    );
    fs::remove_file(path("www")).unwrap();
    fs::write(path("www"), "a file").unwrap();
    assert_eq!(both()[0], "Gone");
    fs::remove_file(path("www")).unwrap();
    twin("www", "fifth");
    assert_eq!(both(), ["fifth", "fourth"]);
    // Who has begun keeps what was there.
    assert_eq!(
        show(held.find(b"file", false, &Closed::default())),
        "NotFound"
    );
}

#[test]
fn a_root_made_by_another_user_is_not_adopted() {
    use std::os::unix::fs::chown;
    let temp = site();
    let path = |name: &str| temp.path().join(name);
    let root = Root::open(&path("www"), Inside).unwrap();
    fs::remove_dir_all(path("www")).unwrap();
    fs::create_dir(path("www")).unwrap();
    fs::write(path("www/file"), "theirs").unwrap();
    if chown(path("www"), Some(12_345), None).is_err() {
        return; // only root can give a directory away
    }
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "Foreign"
    );
    assert_eq!(
        show(root.find_relative(b"", true, &Closed::default())),
        "Foreign"
    );
    // Nor while the first one is still there under another name.
    chown(path("www"), Some(0), None).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "theirs"
    );
    fs::rename(path("www"), path("moved")).unwrap();
    fs::create_dir(path("www")).unwrap();
    chown(path("www"), Some(12_345), None).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "theirs"
    );
    // One that was another user's from the start may be that user's again.
    let root = Root::open(&path("www"), Inside).unwrap();
    fs::remove_dir(path("www")).unwrap();
    fs::create_dir(path("www")).unwrap();
    fs::write(path("www/file"), "again").unwrap();
    chown(path("www"), Some(12_345), None).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "again"
    );
}

#[test]
fn a_single_file_of_another_user_is_not_served_though_it_has_the_number_of_the_old_one() {
    use std::os::unix::fs::chown;
    let temp = site();
    let path = temp.path().join("www/file");
    let root = Root::open(&path, Inside).unwrap();
    let found = || show(root.find_relative(b"file", false, &Closed::default()));
    assert_eq!(found(), "file");
    // As a file system does that gives a removed file's number to the next one.
    if chown(&path, Some(12_345), None).is_err() {
        return; // only root can give a file away
    }
    assert_eq!(found(), "Foreign");
    chown(&path, Some(0), None).unwrap();
    assert_eq!(found(), "file");
}

#[test]
fn a_link_of_another_user_is_not_followed_to_a_new_root() {
    use std::os::unix::fs::lchown;
    let temp = site();
    let path = |name: &str| temp.path().join(name);
    fs::create_dir(path("private")).unwrap();
    fs::write(path("private/file"), "private").unwrap();
    symlink("www", path("link")).unwrap();
    let root = Root::open(&path("link"), Inside).unwrap();
    fs::remove_file(path("link")).unwrap();
    symlink("private", path("link")).unwrap();
    if lchown(path("link"), Some(12_345), None).is_err() {
        return; // only root can give a link away
    }
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "file"
    );
    fs::remove_dir_all(path("www")).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "Foreign"
    );
}

#[test]
fn without_permission_nothing_is_read() {
    let temp = site();
    let www = temp.path().join("www");
    let set = |path: &str, mode| {
        fs::set_permissions(www.join(path), PermissionsExt::from_mode(mode)).unwrap();
    };
    set("file", 0o000);
    if File::open(www.join("file")).is_ok() {
        set("file", 0o644);
        return; // the superuser reads everything
    }
    set("dir", 0o311);
    let root = Root::open(&www, Inside).unwrap();
    assert_eq!(
        show(root.find_relative(b"file", false, &Closed::default())),
        "Denied"
    );
    assert_eq!(
        show(root.find_relative(b"dir/inner", false, &Closed::default())),
        "inner"
    );
    if cfg!(target_os = "linux") {
        let found = root
            .find_relative(b"dir", true, &Closed::default())
            .unwrap();
        let Opened::Directory(dir, _) = found else {
            panic!("{found:?}")
        };
        let mut directory = crate::sys::directory::Directory::new(dir.into());
        let error = directory.read(9, &mut |_, _| {}).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
    for mode in [0o300, 0o600] {
        set("", mode);
        let error = Root::open(&www, Inside).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{mode:o}");
    }
    set("", 0o755);
    set("dir", 0o755);
}
