//! What was found at a path, and whether it is so still.

use std::sync::Arc;

use crate::files::representation::Representation;
use crate::handler::Response;
use crate::http::lines::FieldLines;
use crate::http::method::Version;
use crate::sys::file::{Kind, Stat};
use crate::tree::Way;

/// What was found at a path.
#[derive(Debug)]
pub struct Memo {
    pub way: Way,
    /// What else must be as it was: beside the way.
    pub besides: Vec<Beside>,
    /// What the server spoke.
    pub protocol: Version,
    pub thing: Thing,
}

/// What another name in the same directory led to, or the directory itself.
#[derive(Debug)]
pub struct Beside {
    pub way: Way,
    /// `None`: to nothing.
    pub was: Option<Stat>,
}

/// What it is.
#[derive(Debug)]
pub enum Thing {
    /// A file, as long as it is as it was.
    File(Stat, Box<Representation>),
    /// A directory, of which nothing else counts, and the fields that lead to its slash.
    Directory(FieldLines),
}

impl Memo {
    /// Looks whether it is so still.
    pub fn is_so(&self) -> bool {
        if !self.besides.iter().all(Beside::is_so) {
            return false;
        }
        let stat = self.way.look();
        match &self.thing {
            Thing::File(was, _) => stat.as_ref() == Some(was),
            Thing::Directory(_) => stat.is_some_and(|stat| stat.kind == Kind::Directory),
        }
    }

    /// Whether a file's content is held with it.
    pub fn is_held(&self) -> bool {
        matches!(&self.thing, Thing::File(_, ready) if ready.is_held())
    }

    /// What it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let besides = self.besides.iter();
        let besides: usize = besides.map(Beside::bytes).sum();
        let thing = match &self.thing {
            Thing::File(_, ready) => ready.heap_bytes(),
            Thing::Directory(lines) => lines.as_bytes().len(),
        };
        size_of::<Memo>() + self.way.bytes() + besides + thing
    }
}

impl Beside {
    fn is_so(&self) -> bool {
        match &self.was {
            Some(was) => self.way.look().as_ref() == Some(was),
            None => self.way.is_vacant(),
        }
    }

    fn bytes(&self) -> usize {
        size_of::<Beside>() + self.way.bytes()
    }
}

/// What the cache says to a request.
// It is handed on at once, and kept nowhere.
#[allow(clippy::large_enum_variant)]
pub enum Recalled {
    Answer(Response),
    /// What is there, but not the bytes that are asked for.
    Known(Arc<Memo>),
    /// That nothing is there.
    Missing,
    Nothing,
}
