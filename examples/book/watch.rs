//! Whether a directory changes: looked at again and again, on a thread, as mdbook's poller does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use sprat::Handle;

/// It is looked at so often.
const SCAN_TIME: Duration = Duration::from_millis(200);

/// Files by path, with their times and lengths.
type Scan = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

pub struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Watches a directory, and wakes the server when it has changed.
    pub fn new(directory: PathBuf, server: Handle) -> Watch {
        let changed = Arc::new(AtomicBool::new(false));
        let watch = Watch(Arc::clone(&changed));
        let mut known = scan(&directory);
        let mut before = known.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(SCAN_TIME);
                let now = scan(&directory);
                // A build writes for a while: it is shown when that is over.
                if now == before && now != known {
                    known.clone_from(&now);
                    changed.store(true, Ordering::Release);
                    // It fails only if the server's poller does.
                    let _ = server.wake();
                }
                before = now;
            }
        });
        watch
    }

    /// Whether it has changed since this was last asked.
    pub fn has_changed(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

fn scan(directory: &Path) -> Scan {
    let mut found = Scan::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        // What cannot be read is not there: while a book is built that may be so.
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                directories.push(entry.path());
            } else {
                let facts = (metadata.modified().ok(), metadata.len());
                found.insert(entry.path(), facts);
            }
        }
    }
    found
}
