//! Larger files that are open at the moment: those who ask for one in the same turn share it.
//!
//! A look at its path tells each of them that it is the one that is there, as for what is
//! remembered of small files. It is closed when the turn ends, or with the last answer: a file that
//! was deleted keeps its room for no longer, and nothing stays mounted for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::memo::Memo;
use crate::handler::SharedFile;

/// Most that are shared in a turn, a count. Past it each request opens its own.
const SHARED_MAX: usize = 32;

/// Those of this turn.
#[derive(Default)]
pub struct OpenNow {
    /// Whether somebody tells when a turn ends.
    is_told: bool,
    files: Mutex<Vec<(Arc<Memo>, SharedFile)>>,
}

impl OpenNow {
    /// The file of which this is known, if it is open.
    pub fn get(&self, memo: &Arc<Memo>) -> Option<SharedFile> {
        // Nothing in here panics while the list is not whole.
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files = files.iter();
        let (_, file) = files.find(|(other, _)| Arc::ptr_eq(other, memo))?;
        Some(file.clone())
    }

    /// It was opened, and is the one of which this is known.
    pub fn add(&self, memo: &Arc<Memo>, file: &SharedFile) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_told && files.len() < SHARED_MAX {
            files.push((memo.clone(), file.clone()));
        }
    }

    /// The turn ends.
    pub fn close(&mut self) {
        self.is_told = true;
        let files = self.files.get_mut();
        files.unwrap_or_else(PoisonError::into_inner).clear();
    }
}
