//! Why an exchange or a source is to be called.

/// A set of reasons; empty, it is left alone.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Reasons(u16);

impl Reasons {
    /// It was not called yet.
    pub const BEGUN: Reasons = Reasons(1);
    /// A waker was used, or the last one was dropped.
    pub const WOKEN: Reasons = Reasons(1 << 1);
    /// A source of its own is ready.
    pub const SOURCE: Reasons = Reasons(1 << 2);
    /// Its child has ended.
    pub const EXIT: Reasons = Reasons(1 << 3);
    /// Its deadline has passed.
    pub const DEADLINE: Reasons = Reasons(1 << 4);
    /// It has taken bytes of the request's body, or heard of its end.
    pub const BODY: Reasons = Reasons(1 << 5);
    /// There is room for more of the response.
    pub const ROOM: Reasons = Reasons(1 << 6);
    /// The peer has ended its stream.
    pub const PEER_ENDED: Reasons = Reasons(1 << 7);
    /// The server drains.
    pub const DRAINING: Reasons = Reasons(1 << 8);
    /// Nothing is left that could wake it: perhaps its work is done.
    pub const DOUBT: Reasons = Reasons(1 << 9);

    /// Adds a reason.
    pub fn add(&mut self, reason: Reasons) {
        self.0 |= reason.0;
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// It was called and has nothing to say.
    pub fn clear(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests;
