//! What was found at a path, and whether it is so still.

use std::sync::Arc;

use super::ready::Ready;
use crate::handler::Response;
use crate::http::method::Version;
use crate::sys::file::{Kind, Stat};
use crate::tree::Way;

/// What was found at a path.
#[derive(Debug)]
pub struct Memo {
    pub way: Way,
    /// Index pages that would come first, and are not there.
    pub vacant: Vec<Way>,
    /// What the server spoke.
    pub protocol: Version,
    /// The file, as long as it is as it was; `None` for a directory, of which nothing else counts.
    pub file: Option<(Stat, Ready)>,
}

impl Memo {
    /// Looks whether it is so still.
    pub fn is_so(&self) -> bool {
        if !self.vacant.iter().all(Way::is_vacant) {
            return false;
        }
        let stat = self.way.look();
        match &self.file {
            Some((was, _)) => stat.as_ref() == Some(was),
            None => stat.is_some_and(|stat| stat.kind == Kind::Directory),
        }
    }

    /// What it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let vacant = self.vacant.iter();
        let vacant: usize = vacant.map(|way| size_of::<Way>() + way.bytes()).sum();
        let file = self.file.as_ref().map_or(0, |(_, ready)| ready.bytes());
        size_of::<Memo>() + self.way.bytes() + vacant + file
    }
}

/// What the cache says to a request.
pub enum Recalled {
    Answer(Response),
    /// What is there, but not the bytes that are asked for.
    Known(Arc<Memo>),
    /// That nothing is there.
    Missing,
    Nothing,
}
