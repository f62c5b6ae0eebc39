//! The real program under faults: what changes beneath it, what it runs out of, and crowds that
//! mean ill. Through each of them it stays within bounds, and somebody else is served all along.

#[path = "faults/change.rs"]
mod change;
#[path = "faults/crowd.rs"]
mod crowd;
#[path = "faults/descriptors.rs"]
mod descriptors;
#[cfg(feature = "cgi")]
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/errors.rs"]
mod errors;
#[path = "faults/forms.rs"]
mod forms;
#[path = "faults/fuse.rs"]
mod fuse;
#[path = "faults/made_up.rs"]
mod made_up;
#[path = "faults/memory.rs"]
mod memory;
#[path = "faults/peers.rs"]
mod peers;
#[path = "faults/slow.rs"]
mod slow;
#[path = "faults/stale.rs"]
mod stale;
#[path = "faults/storm.rs"]
mod storm;
#[path = "faults/swap.rs"]
mod swap;
#[path = "faults/tree.rs"]
mod tree;
#[cfg(feature = "cgi")]
#[path = "faults/turns.rs"]
mod turns;
#[path = "faults/watch.rs"]
mod watch;

// The other binaries use the rest of it.
#[allow(dead_code, unused_imports, unused_macros)]
mod support;

use std::process::Command;

use support::{Server, Site};

/// More than the socket buffers of both ends hold.
const LARGE: u64 = 64 << 20;

/// A site with what the canary asks for.
fn site(name: &str) -> Site {
    let site = Site::new(name);
    site.file("canary", watch::SONG);
    site
}

/// Serves a site from a shell that does this first, like `ulimit -n 32`.
fn serve_after(site: &Site, first: &str, options: &[&str]) -> Server {
    Server::start(command_after("sh", &[], site, first, options))
}

/// The command line of [`serve_after`], with a shell of one's own.
fn command_after(
    shell: &str,
    arguments: &[&str],
    site: &Site,
    first: &str,
    options: &[&str],
) -> Command {
    let program = site.command(options);
    let mut command = Command::new(shell);
    command.args(arguments);
    command.args(["-c", &format!("{first}; exec \"$0\" \"$@\"")]);
    command.arg(program.get_program()).args(program.get_args());
    command
}
