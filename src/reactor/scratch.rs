//! Buffers that connections share: one to read into, a few to write from.

/// Capacity of the read buffer, in bytes: what one read may bring, with what was kept before.
pub const READ_BYTES: usize = 64 * 1024;

/// Capacity of a new write buffer, in bytes: a head and a small file fit.
const WRITE_BYTES: usize = 18 * 1024;

/// Write buffers kept for later, in bytes: 64 new ones, or fewer that have grown under pipelined
/// requests, which would have to grow again each time.
const POOL_BYTES_MAX: usize = 64 * WRITE_BYTES;

/// Bytes that are kept in all at most.
#[cfg(any(test, fuzzing))]
pub const KEPT_BYTES_MAX: usize = POOL_BYTES_MAX + READ_BYTES;

/// What a write buffer may grow to, doubling, in bytes.
pub const GROWN_BYTES: usize = 4 * WRITE_BYTES;

/// The shared read buffer and the write pool. An idle connection owns neither.
#[derive(Default)]
pub struct Scratch {
    input: Vec<u8>,
    pool: Vec<Vec<u8>>,
    /// What these hold.
    pool_bytes: usize,
}

impl Scratch {
    /// Lends the read buffer, empty, with room for [`READ_BYTES`].
    pub fn take_input(&mut self) -> Vec<u8> {
        let mut input = std::mem::take(&mut self.input);
        input.clear();
        input.reserve(READ_BYTES);
        input
    }

    /// Takes the read buffer back.
    pub fn put_input(&mut self, input: Vec<u8>) {
        debug_assert!(input.capacity() <= READ_BYTES, "it never grows");
        self.input = input;
    }

    /// An empty write buffer.
    pub fn take_output(&mut self) -> Vec<u8> {
        let Some(output) = self.pool.pop() else {
            return Vec::with_capacity(WRITE_BYTES);
        };
        self.pool_bytes -= output.capacity();
        output
    }

    /// Takes a write buffer back, unless the pool is full or it has grown past its bound.
    pub fn put_output(&mut self, mut output: Vec<u8>) {
        let bytes = output.capacity();
        if bytes <= GROWN_BYTES && self.pool_bytes + bytes <= POOL_BYTES_MAX {
            self.pool_bytes += bytes;
            output.clear();
            self.pool.push(output);
        }
    }

    /// Bytes that are kept in all, which [`KEPT_BYTES_MAX`] bounds.
    #[cfg(any(test, fuzzing))]
    pub fn pooled_bytes(&self) -> usize {
        self.pool.iter().map(Vec::capacity).sum::<usize>() + self.input.capacity()
    }
}

#[cfg(test)]
mod tests;
