//! The image of `dist/Containerfile`, put together by what that says, and run in a root of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::server::run_to_end;
use crate::support::{Server, Site, skip};

/// A static build to put into the image, if there is one; `.ci/run` makes it.
const STATIC: &str = "SPRAT_STATIC";

/// It is the first process, as in a container.
const UNSHARED: [&str; 4] = ["unshare", "--pid", "--fork", "--kill-child"];

/// What the last stage of the file says.
#[derive(Default)]
struct Image {
    files: Vec<(String, String)>,
    user: String,
    directory: String,
    start: Vec<String>,
    health: Vec<String>,
}

/// The words of `["a", "b"]`.
fn words(list: &str) -> Vec<String> {
    let inner = list
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'));
    let words = inner.expect("a list").split(", ");
    words
        .map(|word| word.trim_matches('"').to_owned())
        .collect()
}

impl Image {
    /// Reads it. An instruction that is not understood fails the test.
    fn read() -> Image {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/Containerfile");
        let text = fs::read_to_string(path).unwrap();
        let (_, last) = text.rsplit_once("FROM ").unwrap();
        let mut lines = last.lines();
        assert_eq!(lines.next(), Some("scratch"));
        let mut image = Image::default();
        for line in lines {
            let (instruction, rest) = line.split_once(' ').unwrap();
            match instruction {
                "COPY" => {
                    let rest = rest.strip_prefix("--from=build ").unwrap();
                    let (from, to) = rest.split_once(' ').unwrap();
                    image.files.push((from.to_owned(), to.to_owned()));
                }
                "USER" => image.user = rest.to_owned(),
                "WORKDIR" => image.directory = rest.to_owned(),
                "ENTRYPOINT" => image.start = words(rest),
                "HEALTHCHECK" => image.health = words(rest.strip_prefix("CMD ").unwrap()),
                "EXPOSE" => assert_eq!(rest, "8000"),
                other => panic!("{other} is not understood"),
            }
        }
        image
    }

    /// Puts its one file into a directory.
    fn assemble(&self, root: &Path) {
        fs::create_dir_all(root.join(self.directory.trim_start_matches('/'))).unwrap();
        let [(from, to)] = &self.files[..] else {
            panic!("it has {} files", self.files.len());
        };
        assert_eq!(from, "/build/target/small/sprat");
        let program = match std::env::var_os(STATIC) {
            Some(program) => PathBuf::from(program),
            None => {
                skip(
                    "no static build (SPRAT_STATIC): the dynamic one is tried, with its libraries",
                );
                let program = PathBuf::from(env!("CARGO_BIN_EXE_sprat"));
                let libraries = libraries(&program);
                libraries.iter().for_each(|path| copy(path, root, path));
                program
            }
        };
        copy(&program, root, Path::new(to));
    }

    /// A command in that directory, as its user.
    fn command(&self, before: &[&str], root: &Path, words: &[String]) -> Command {
        let mut command = Command::new("env");
        command.args(["-u", "LD_LIBRARY_PATH"]).args(before);
        command
            .arg("chroot")
            .arg(format!("--userspec={}", self.user));
        command.arg("--groups=").arg(root).args(words);
        command
    }
}

fn copy(from: &Path, root: &Path, to: &Path) {
    let to = root.join(to.strip_prefix("/").unwrap());
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, &to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What a dynamic program is loaded with.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.split_whitespace().filter(|word| word.starts_with('/'));
    words.map(PathBuf::from).collect()
}

/// The image, in a directory; `None` where nobody may be given another root.
fn image(site: &Site) -> Option<(Image, PathBuf)> {
    let can = |words: &[&str]| {
        let probe = Command::new(words[0]).args(&words[1..]).output();
        probe.is_ok_and(|output| output.status.success())
    };
    if !can(&[&UNSHARED[..], &["chroot", "/", "true"]].concat()) {
        skip("cannot run a program in a container (unshare, chroot)");
        return None;
    }
    let (image, root) = (Image::read(), site.outside("image"));
    fs::create_dir(&root).unwrap();
    image.assemble(&root);
    Some((image, root))
}

/// The program itself: the one child of what has made the container.
fn first_process(server: &Server) -> Pid {
    let list = format!("/proc/{0}/task/{0}/children", server.pid());
    let pid = fs::read_to_string(list).unwrap().trim().parse().unwrap();
    Pid::from_raw(pid).unwrap()
}

#[test]
fn alone_in_its_image_the_program_serves_tells_its_health_and_hears_signals() {
    let site = Site::new("container");
    let Some((image, root)) = image(&site) else {
        return;
    };
    assert_eq!(image.user, "65534:65534");
    let public = root.join(image.directory.trim_start_matches('/'));
    fs::write(public.join("a.txt"), "a").unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let words = [&image.start[..], &["0".into()]].concat();
        let mut server = Server::start(image.command(&UNSHARED, &root, &words));
        assert_eq!(server.get("/a.txt").text(), "a");
        assert!(server.get("/").text().contains("a.txt"));
        assert_eq!(server.get("/../sprat").status, 404);
        let pid = first_process(&server);
        let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
        assert!(
            status.contains("\nUid:\t65534\t65534\t65534\t65534\n"),
            "{status}"
        );
        assert!(
            status.contains("\nNSpid:") && status.contains("\t1\n"),
            "{status}"
        );
        // Its port is another one than in a container.
        let port = server.port.to_string();
        let health = image.health.iter().map(|word| word.replace("8000", &port));
        let health: Vec<String> = health.collect();
        let check = || run_to_end(image.command(&[], &root, &health));
        assert_eq!(check(), (Some(0), String::new(), String::new()));
        kill_process(pid, signal).unwrap();
        assert_eq!(server.wait().code(), Some(0));
        let (code, _, said) = check();
        assert_eq!(code, Some(1), "{said}");
    }
}

#[test]
fn a_static_build_fits_the_image() {
    const BYTES_MAX: u64 = 1_400_000;
    let Some(program) = std::env::var_os(STATIC) else {
        return skip("no static build is given (SPRAT_STATIC)");
    };
    let len = fs::metadata(&program).unwrap().len();
    assert!(len <= BYTES_MAX, "{len}");
    assert!(libraries(program.as_ref()).is_empty());
}
