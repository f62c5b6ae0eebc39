//! A bound on memory as a sum of terms, each from a limit: a part that is there once, and a part
//! for each connection.

/// What the allocator's rounding and the holes between its blocks add: one part in this many.
const ALLOCATOR_PART: usize = 4;

/// The most memory that a server takes, in bytes: `fixed + connections * each`.
///
/// Each part of a server says its own: [`Limits::memory`](crate::Limits::memory) for the
/// connections, [`FileServer::memory`](crate::FileServer::memory) and `Cgi::memory` for the stock
/// handlers; a handler adds what it keeps. Counted is what the process itself writes to (`RssAnon`
/// in proc(5)), with a quarter on top for the allocator; not the kernel's socket buffers, nor
/// the pages of the program's and others' files, nor what scripts take.
///
/// ```
/// use sprat::Limits;
///
/// const KIB: usize = 1024;
/// // A handler that keeps 10 KiB, and answers with up to 30 KiB held in memory.
/// let memory = Limits::default().memory().plus("counters", 10 * KIB, 0);
/// let memory = memory.plus("an answer", 0, 30 * KIB);
/// assert!(memory.of(32) < 16 * KIB * KIB);
/// for term in memory.terms() {
///     println!("{}: {} + N x {}", term.what, term.fixed, term.each);
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    terms: Vec<MemoryTerm>,
}

/// A part of [`Memory`], and what it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MemoryTerm {
    /// What holds it.
    pub what: &'static str,
    /// Bytes that are there once.
    pub fixed: usize,
    /// Bytes for each connection.
    pub each: usize,
}

impl Memory {
    /// Adds a term.
    pub fn plus(mut self, what: &'static str, fixed: usize, each: usize) -> Memory {
        self.terms.push(MemoryTerm { what, fixed, each });
        self
    }

    /// Both parts of a server, at the same time.
    pub fn and(mut self, other: Memory) -> Memory {
        self.terms.extend(other.terms);
        self
    }

    /// Two handlers of which a connection occupies one at a time: for each connection, the larger
    /// one counts.
    pub fn or(mut self, mut other: Memory) -> Memory {
        let each = |memory: &Memory| sum(memory.terms.iter().map(|term| term.each));
        let smaller = match each(&self) < each(&other) {
            true => &mut self,
            false => &mut other,
        };
        smaller.terms.iter_mut().for_each(|term| term.each = 0);
        smaller.terms.retain(|term| term.fixed > 0);
        self.and(other)
    }

    /// The terms, the allocator's last.
    pub fn terms(&self) -> impl Iterator<Item = MemoryTerm> + '_ {
        let allocator = MemoryTerm {
            what: "the allocator's rounding and holes",
            fixed: sum(self.terms.iter().map(|term| term.fixed)) / ALLOCATOR_PART,
            each: sum(self.terms.iter().map(|term| term.each)) / ALLOCATOR_PART,
        };
        self.terms.iter().copied().chain([allocator])
    }

    /// What is there once, in bytes.
    pub fn fixed(&self) -> usize {
        sum(self.terms().map(|term| term.fixed))
    }

    /// What each connection adds at most, in bytes.
    pub fn each(&self) -> usize {
        sum(self.terms().map(|term| term.each))
    }

    /// The bound for so many connections, in bytes.
    pub fn of(&self, connections: usize) -> usize {
        let all = self.each().saturating_mul(connections);
        all.saturating_add(self.fixed())
    }
}

/// Limits may be set to anything: a sum past the end is the end.
fn sum(terms: impl Iterator<Item = usize>) -> usize {
    terms.fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests;
