//! Forms of files that are older than the file, as the log hears of them: once each.

use std::sync::{Mutex, PoisonError};

use crate::handler::Cx;
use crate::http::etag::nanoseconds;
use crate::http::mix::mix_all;
use crate::sys::file::Stat;

/// How many the log is known to have heard of, a count. Past it: it hears of some again.
const TOLD_MAX: usize = 256;

/// Lines that wait for the log, a count: those of one request, and of look-ups without one.
const LINES_MAX: usize = 8;

/// Longest path in such a line, in bytes; of a longer one, its end.
const PATH_BYTES_MAX: usize = 512;

/// What all of it takes, in bytes; a byte of a path may be shown as three.
pub(super) const STALE_BYTES: usize = {
    let line = 3 * PATH_BYTES_MAX + 128 + size_of::<String>();
    2 * TOLD_MAX * size_of::<u64>() + 2 * LINES_MAX * line
};

/// What the log has heard of, and what it has yet to hear.
#[derive(Debug, Default)]
pub(super) struct Stale(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    /// Each by a number mixed of what tells it from another.
    told: Vec<u64>,
    next: usize,
    lines: Vec<String>,
}

impl Stale {
    /// Notes a form at a path, unless the log knows of it as it is.
    pub fn note(&self, path: &[u8], stat: &Stat) {
        let time = nanoseconds(stat.modified);
        let number = mix_all(&[stat.device, stat.inode, time]);
        self.with(|stale| {
            if stale.lines.len() >= LINES_MAX || stale.told.contains(&number) {
                return;
            }
            if stale.told.len() < TOLD_MAX {
                stale.told.push(number);
            } else {
                stale.told[stale.next] = number;
                stale.next = (stale.next + 1) % TOLD_MAX;
            }
            let end = path.len().saturating_sub(PATH_BYTES_MAX);
            let path = String::from_utf8_lossy(&path[end..]);
            let line = format!("stale: /{path} is older than what it was made of, and not served");
            stale.lines.push(line);
        });
    }

    /// Tells the log.
    pub fn tell(&self, cx: &mut Cx<'_>) {
        for line in self.take() {
            cx.log(line);
        }
    }

    /// What the log has yet to hear.
    pub(super) fn take(&self) -> Vec<String> {
        self.with(|stale| std::mem::take(&mut stale.lines))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Heard) -> R) -> R {
        // Nothing in here panics while the lists are not whole.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
