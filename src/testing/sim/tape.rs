//! All choices of a run: a finite string of bytes. Past its end every choice is the first one, so
//! a run always ends.

/// A tape and how far it was read.
pub struct Tape {
    bytes: Vec<u8>,
    at: usize,
}

impl Tape {
    /// A tape with these bytes.
    pub fn new(bytes: Vec<u8>) -> Tape {
        Tape { bytes, at: 0 }
    }

    /// A tape drawn from a seed (SplitMix64).
    #[cfg(test)]
    pub fn from_seed(seed: u64) -> Tape {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let words = 32 << (next() % 5);
        Tape::new((0..words).flat_map(|_| next().to_le_bytes()).collect())
    }

    /// Its bytes, to write them down.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether all of it was read.
    pub fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn byte(&mut self) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte)
    }

    /// A number below `bound`; 0 past the end.
    pub fn below(&mut self, bound: usize) -> usize {
        let mut number = self.byte();
        if bound > 1 << 8 {
            number = number << 8 | self.byte();
        }
        if bound > 1 << 16 {
            number = number << 8 | self.byte();
        }
        number % bound.max(1)
    }

    /// True so many times of 256; false past the end. What cannot be is not asked.
    pub fn chance(&mut self, of_256: u8) -> bool {
        of_256 > 0 && 255 - self.byte() < usize::from(of_256) && !self.ended_before()
    }

    /// Whether the last byte was read past the end.
    fn ended_before(&self) -> bool {
        self.at > self.bytes.len()
    }

    /// One of `choices`; the first past the end.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
