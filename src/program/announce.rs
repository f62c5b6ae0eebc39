//! Who is told how the program is: whoever has started it, and a service manager.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use crate::exit::offer;
use crate::listen::Bound;
use crate::notify::{Notifier, ReadyFd};

/// What is told outside, and to whom.
pub struct Announcement {
    /// The startup lines, until they are printed.
    lines: Vec<String>,
    urls: Vec<String>,
    ready: Option<ReadyFd>,
    notifier: Notifier,
}

impl Announcement {
    /// Of these listeners.
    pub fn new(bound: &Bound, ready: Option<ReadyFd>, notifier: Notifier) -> Announcement {
        Announcement {
            lines: bound.startup_lines(),
            urls: bound.urls(),
            ready,
            notifier,
        }
    }

    /// The program answers: for the first time, or its log was opened anew.
    pub fn ready(&mut self) {
        for line in self.lines.drain(..) {
            offer(io::stdout(), &line);
        }
        if let Some(ready) = self.ready.take() {
            ready.tell(&self.urls);
        }
        self.notifier.ready(&self.urls);
    }

    /// It opens its log anew; [`ready`](Announcement::ready) follows.
    pub fn reloading(&self) {
        self.notifier.reloading();
    }

    /// It ends.
    pub fn stopping(&self) {
        self.notifier.stopping();
    }

    /// It has ended, by this signal.
    pub fn interrupted(&self) {
        offer(io::stdout(), "\nKeyboard interrupt received, exiting.\n");
    }
}

/// Who is told how one server is.
pub enum Watcher<'a> {
    /// Whoever watches the program.
    Outside(&'a mut Announcement),
    /// The supervisor, which has started it.
    Supervisor(UnixStream),
}

impl Watcher<'_> {
    /// It answers.
    pub fn ready(&mut self) {
        match self {
            Watcher::Outside(announcement) => announcement.ready(),
            Watcher::Supervisor(stream) => {
                // Where there is none any more, the server hears it.
                let _ = stream.write(b"\n");
            }
        }
    }

    /// What only the outside is told.
    pub fn outside(&self) -> Option<&Announcement> {
        match self {
            Watcher::Outside(announcement) => Some(announcement),
            Watcher::Supervisor(_) => None,
        }
    }
}
