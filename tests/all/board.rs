//! What a small board asks for: the program serves with 4 MiB of memory for all that it has and
//! starts. Counted is what the kernel counts for a control group (cgroups(7), both versions):
//! memory of the server and of its script, what the kernel holds for them where it counts that, and
//! the pages of files that they were the first to read, which it gives back under pressure. There
//! is no swap.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::server::{request, wait_for};
use crate::support::{Server, Site, skip};

/// What the group may have, in bytes.
const MEMORY_BYTES_MAX: u64 = 4 << 20;

/// As many connections as are allowed.
const PEERS: usize = 16;

/// Bytes of the file: more than memory, four times over.
const LEN: usize = 16 << 20;

/// A control group with a limit on memory, removed with whatever still runs in it.
struct Group {
    path: PathBuf,
    is_version_2: bool,
}

impl Group {
    /// A new one; `None` (and a printed line) where none can be made.
    fn new(name: &str) -> Option<Group> {
        let name = format!("sprat-{name}-{}", std::process::id());
        for (place, is_version_2) in [("/sys/fs/cgroup/memory", false), ("/sys/fs/cgroup", true)] {
            let path = Path::new(place).join(&name);
            if fs::create_dir(&path).is_err() {
                continue;
            }
            let group = Group { path, is_version_2 };
            if group.limit().is_ok() {
                return Some(group);
            }
        }
        skip("no control group with a limit on memory can be made");
        None
    }

    fn limit(&self) -> std::io::Result<()> {
        let (memory, swap, none) = match self.is_version_2 {
            true => ("memory.max", "memory.swap.max", "0"),
            false => ("memory.limit_in_bytes", "memory.swappiness", "0"),
        };
        fs::write(self.path.join(memory), MEMORY_BYTES_MAX.to_string())?;
        // There is no such file where the kernel knows no swap.
        let _ = fs::write(self.path.join(swap), none);
        Ok(())
    }

    /// A command that is run in it: a shell enters, and becomes the program.
    fn enter(&self, command: &Command) -> Command {
        let mut entering = Command::new("sh");
        let enter = "echo $$ >\"$1\" && shift && exec \"$@\"";
        entering.args(["-c", enter, "sh"]);
        entering.arg(self.path.join("cgroup.procs"));
        entering.arg(command.get_program()).args(command.get_args());
        entering
    }

    fn file(&self, of_1: &str, of_2: &str) -> String {
        let name = if self.is_version_2 { of_2 } else { of_1 };
        fs::read_to_string(self.path.join(name)).unwrap_or_default()
    }

    /// How many processes were killed because there was no memory.
    fn killed(&self) -> u64 {
        let text = self.file("memory.oom_control", "memory.events");
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.expect("it is counted").trim().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Those that were killed leave it a moment later.
        wait_for("the group is empty", || fs::remove_dir(&self.path).ok());
    }
}

/// The program of a board, if `.ci/run` has made it: small and static. Else the one under test,
/// which is larger.
fn program(site: &Site, options: &[&str]) -> Command {
    let command = site.command(options);
    let Some(small) = std::env::var_os("SPRAT_STATIC") else {
        return command;
    };
    let mut small = Command::new(small);
    small.args(command.get_args());
    small
}

/// Bytes that differ from place to place.
fn content() -> Vec<u8> {
    let byte = |at: usize| (at.wrapping_mul(2_654_435_761) >> 16) as u8;
    (0..LEN).map(byte).collect()
}

/// Everything at once that the configuration allows.
fn is_served(server: &Server, content: &[u8]) {
    let mut peers: Vec<_> = (0..PEERS).map(|_| server.connect()).collect();
    let part = LEN / PEERS;
    for (at, peer) in peers.iter_mut().enumerate() {
        let range = format!("Range: bytes={}-{}\r\n", at * part, (at + 1) * part - 1);
        peer.send(request("GET", "/large", &range));
    }
    for (at, peer) in peers.iter_mut().enumerate() {
        let reply = peer.read_response();
        assert_eq!(reply.status, 206);
        assert!(reply.body == content[at * part..(at + 1) * part], "{at}");
        peer.send(request(
            "GET",
            "/large",
            "Range: bytes=5-6,1000000-1000003\r\n",
        ));
        let parts = peer.read_response();
        assert_eq!(parts.status, 206);
        assert!(
            parts
                .field("Content-Type")
                .starts_with("multipart/byteranges")
        );
    }
    for peer in &mut peers {
        peer.send(request("GET", "/cgi-bin/hello?all", ""));
    }
    for peer in &mut peers {
        assert_eq!(peer.read_response().text(), "hello all\n");
    }
    let first = &mut peers[0];
    first.send(request("GET", "/", ""));
    assert_eq!(first.read_response().status, 404, "no listing");
}

#[test]
fn a_boards_configuration_serves_ranges_and_a_script_with_4_mib_of_memory() {
    let site = Site::new("board");
    let content = content();
    site.file("large", &content);
    site.script(
        "cgi-bin/hello",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello %s\\n' \"$QUERY_STRING\"\n",
    );
    let Some(group) = Group::new("board") else {
        return;
    };
    let connections = PEERS.to_string();
    let options = [
        "--max-connections",
        &connections,
        "--no-listing",
        "--cgi",
        "--cgi-max",
        "1",
    ];
    let mut server = Server::start(group.enter(&program(&site, &options)));
    let members = fs::read_to_string(group.path.join("cgroup.procs")).unwrap();
    assert_eq!(members.trim(), server.pid().to_string());
    for _ in 0..4 {
        is_served(&server, &content);
    }
    let peak = group.file("memory.max_usage_in_bytes", "memory.peak");
    println!("at most {} bytes of {MEMORY_BYTES_MAX}", peak.trim());
    assert_eq!(group.killed(), 0, "nobody had to go");
    assert!(server.is_running());
    drop(server);
}
