//! What is so of a connection or not, in one byte: ten thousand that are idle have little else.

/// One of them.
#[derive(Clone, Copy, Debug)]
pub enum ConnMark {
    /// It is in the ready queue.
    Queued = 1,
    /// It is in the place that is kept for monitors.
    Guest = 2,
    /// It has asked how the server is, and nothing else so far.
    Monitor = 4,
    /// It is one of those that its peer may have.
    Counted = 8,
    /// It keeps what was read ahead of it, and was not driven since.
    Ahead = 16,
}

/// Those that are so.
#[derive(Clone, Copy, Default)]
pub struct Marks(u8);

impl Marks {
    /// Whether this is so.
    pub fn has(self, mark: ConnMark) -> bool {
        self.0 & mark as u8 != 0
    }

    /// From now on this is so, or not; returns whether it was.
    pub fn set(&mut self, mark: ConnMark, is_so: bool) -> bool {
        let was_so = self.has(mark);
        match is_so {
            true => self.0 |= mark as u8,
            false => self.0 &= !(mark as u8),
        }
        was_so
    }
}

#[cfg(test)]
mod tests;
