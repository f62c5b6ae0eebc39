//! What the choice among forms of a file needs: whether there are any, where they are looked for,
//! and what comes of it.

use std::fs::File;

use super::open_file::OpenFile;
use super::stale::{STALE_BYTES, Stale};
use crate::handler::{Cx, Failure};
use crate::tree::{Closed, Opened, Refused, View};

/// Which forms files have.
#[derive(Debug, Default)]
pub(super) struct Negotiation {
    /// Whether they may lie ready in codings.
    pub precompressed: bool,
    /// Whether pages may lie beside in Markdown.
    pub markdown: bool,
    pub stale: Stale,
}

impl Negotiation {
    pub fn new(precompressed: bool, markdown: bool) -> Negotiation {
        Negotiation {
            precompressed,
            markdown,
            stale: Stale::default(),
        }
    }

    /// Tells the log of what was found stale.
    pub fn tell(&self, cx: &mut Cx<'_>) {
        if self.precompressed {
            self.stale.tell(cx);
        }
    }

    /// What the log has yet to hear.
    #[cfg(test)]
    pub fn untold(&self) -> Vec<String> {
        self.stale.take()
    }

    /// What it takes at most, in bytes.
    pub fn bytes(&self) -> usize {
        match self.precompressed {
            true => STALE_BYTES,
            false => 0,
        }
    }
}

/// What a path names, in the form that suits the peer.
pub(super) enum Suited {
    File(OpenFile),
    Directory(File),
    /// There are forms, and none of them suits.
    Unsuited(Failure),
}

/// Where a file is looked for.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    view: &'a View,
    closed: &'a Closed,
}

impl<'a> Within<'a> {
    pub fn new(view: &'a View, closed: &'a Closed) -> Within<'a> {
        Within { view, closed }
    }

    /// What a path there names.
    pub fn find(&self, path: &[u8], is_directory: bool) -> Result<Opened, Refused> {
        self.view.find(path, is_directory, self.closed)
    }
}
