//! A script's stderr, split into lines for the log: pure, bounded.

use super::limits::{STDERR_BYTES_MAX, STDERR_LINE_BYTES_MAX};

/// Gathers stderr into lines.
#[derive(Default, Debug)]
pub struct Lines {
    line: Vec<u8>,
    /// What the log puts before each line, in bytes.
    prefix_bytes: usize,
    kept_bytes: usize,
    dropped_bytes: u64,
}

impl Lines {
    /// For a log that puts so many bytes before each line.
    pub fn new(prefix_bytes: usize) -> Lines {
        Lines {
            prefix_bytes,
            ..Lines::default()
        }
    }

    /// Takes the next bytes and gives each finished line to `each`, without its line end.
    ///
    /// A line past [`STDERR_LINE_BYTES_MAX`] is broken; past [`STDERR_BYTES_MAX`] in all, bytes
    /// are only counted.
    pub fn feed(&mut self, bytes: &[u8], each: &mut dyn FnMut(String)) {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.kept_bytes >= STDERR_BYTES_MAX {
                self.dropped_bytes += (bytes.len() - at) as u64;
                return;
            }
            self.kept_bytes += 1;
            if byte == b'\n' {
                self.flush(each);
                continue;
            }
            self.line.push(byte);
            if self.line.len() == STDERR_LINE_BYTES_MAX {
                self.flush(each);
            }
        }
    }

    /// Gives the last line if it has no line end, and the count of what was dropped.
    pub fn end(&mut self, each: &mut dyn FnMut(String)) {
        self.flush(each);
        if self.dropped_bytes > 0 {
            each(format!("({} more bytes of stderr)", self.dropped_bytes));
            self.dropped_bytes = 0;
        }
    }

    /// Empty lines say nothing in a log.
    fn flush(&mut self, each: &mut dyn FnMut(String)) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        if !line.is_empty() {
            self.kept_bytes += self.prefix_bytes;
            each(String::from_utf8_lossy(line).into_owned());
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests;
