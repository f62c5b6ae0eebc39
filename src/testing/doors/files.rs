//! Fuzz targets of files: what a path opens, and what a name is called.

use std::fs;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::files::mime::MimeMap;
use crate::http::grammar::is_value;
use crate::http::target::UrlPath;
use crate::sys::open::Symlinks;
use crate::tree::{Opened, Root};

/// A tree of short names, some of them links that lead out of it; made on first use, and kept.
fn tree() -> &'static Path {
    static TREE: OnceLock<PathBuf> = OnceLock::new();
    TREE.get_or_init(|| {
        // One that is made otherwise takes another number.
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sim/tree-1");
        if !top.exists() {
            // Renamed into its place whole, for another process may be making it.
            let own = top.with_extension(std::process::id().to_string());
            plant(&own, &top);
            if fs::rename(&own, &top).is_err() {
                fs::remove_dir_all(&own).expect("one tree is enough");
            }
        }
        top.join("w").canonicalize().expect("the root")
    })
}

/// Makes a tree in `own`; its absolute links are for one in `top`.
fn plant(own: &Path, top: &Path) {
    let www = own.join("w");
    fs::create_dir_all(www.join("d/e")).expect("a tree");
    fs::create_dir_all(own.join("o")).expect("its outside");
    for inside in ["f", "d/f", "d/e/f"] {
        fs::write(www.join(inside), "inside").expect("a file");
    }
    fs::write(own.join("o/f"), "outside").expect("a file outside");
    fs::write(own.join("f"), "outside").expect("a file outside");
    let (outside, inside) = (top.join("o"), top.join("w/d"));
    for (name, target) in [
        ("a", outside.as_path()),
        ("b", Path::new("../o")),
        ("c", Path::new("d/../../o/f")),
        ("g", Path::new("d/e")),
        ("h", &inside),
        ("l", Path::new("l")),
        ("u", Path::new("..")),
        ("d/u", Path::new("..")),
        ("d/v", Path::new("../..")),
        ("r", Path::new("/")),
        ("p", Path::new("/proc/self/root")),
        ("n", Path::new("nothing")),
    ] {
        symlink(target, www.join(name)).expect("a link");
    }
}

/// Fuzz target: no path opens anything outside the root, whatever links lie in it.
pub fn root_open(input: &[u8]) {
    let Ok(path) = UrlPath::decode(input) else {
        return;
    };
    for links in [Symlinks::Inside, Symlinks::Never] {
        let root = Root::open(tree(), links).expect("a root");
        match root.find(&path) {
            Ok(Opened::File(mut file, stat)) => {
                let mut text = String::new();
                file.read_to_string(&mut text).expect("a file can be read");
                assert_eq!(text, "inside");
                assert_eq!(stat.len, 6);
                assert!(!path.is_directory());
            }
            Ok(Opened::Directory(file, _)) => {
                // Where there is no /proc, files alone tell.
                if let Ok(real) = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) {
                    assert!(real.starts_with(tree()), "{}", real.display());
                }
            }
            Err(_) => {}
        }
    }
}

/// Fuzz target: whatever a file is called, its type can stand in a field.
pub fn media_type(input: &[u8]) {
    for types in [MimeMap::default(), MimeMap::default().charset(None)] {
        let media_type = types.guess(input);
        assert!(is_value(media_type.as_bytes()));
        assert!(media_type.is_ascii() && media_type.contains('/'));
    }
}

#[cfg(test)]
mod tests;
