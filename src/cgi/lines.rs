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
mod tests {
    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for chunk in chunks {
            lines.feed(chunk, &mut |line| out.push(line));
        }
        lines.end(&mut |line| out.push(line));
        out
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        for (input, want) in [
            (&b"one\ntwo\n"[..], &["one", "two"][..]),
            (b"one\r\ntwo", &["one", "two"]),
            (b"\n\n\nx\n", &["x"]),
            (b"a\rb\n", &["a\rb"]),
            (b"\xff\n", &["\u{fffd}"]),
            (b"", &[]),
        ] {
            assert_eq!(split(&[input]), want);
            for at in 0..input.len() {
                assert_eq!(split(&[&input[..at], &input[at..]]), want);
            }
        }
    }

    #[test]
    fn a_long_line_is_broken_and_a_flood_is_counted() {
        let long = vec![b'x'; STDERR_LINE_BYTES_MAX + 1];
        let lines = split(&[&long]);
        assert_eq!(
            lines.iter().map(String::len).collect::<Vec<_>>(),
            [STDERR_LINE_BYTES_MAX, 1]
        );
        let flood = vec![b'y'; STDERR_BYTES_MAX + 5];
        let lines = split(&[&flood, b"and\nmore\n"]);
        assert_eq!(lines.len(), STDERR_BYTES_MAX / STDERR_LINE_BYTES_MAX + 1);
        assert_eq!(lines.last().unwrap(), "(14 more bytes of stderr)");
    }

    #[test]
    fn what_stands_before_each_line_counts() {
        let mut lines = Lines::new(15);
        let mut count = 0;
        lines.feed(&b"x\n".repeat(STDERR_BYTES_MAX), &mut |_| count += 1);
        assert_eq!(count, STDERR_BYTES_MAX / 17);
    }
}
