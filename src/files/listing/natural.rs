//! The natural order of names: digits in a row are a number, so `f9` comes before `f10`.

use std::cmp::Ordering;

/// Stands for a number where it begins, so that numbers keep the place of digits among letters.
const NUMBER: u8 = b'0';

/// Compares sort keys of names, letters in ASCII lower case.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    Natural::of(a).cmp(Natural::of(b))
}

/// The first eight bytes of what is compared, zero-padded.
pub(super) fn prefix(key: &[u8]) -> u64 {
    let mut prefix = [0; 8];
    for (to, from) in prefix.iter_mut().zip(Natural::of(key)) {
        *to = from;
    }
    u64::from_be_bytes(prefix)
}

/// A key as bytes that compare as the names do: a number is [`NUMBER`], how many digits it has
/// without zeros in front, and these digits.
struct Natural<'a> {
    rest: &'a [u8],
    /// Digits still to come.
    digits: usize,
    /// How many there are, still to come in so many bytes.
    count: usize,
    count_bytes: u8,
}

impl Natural<'_> {
    fn of(key: &[u8]) -> Natural<'_> {
        Natural {
            rest: key,
            digits: 0,
            count: 0,
            count_bytes: 0,
        }
    }

    /// Takes the zeros in front of a number, and counts its other digits.
    fn begin_number(&mut self) {
        let zeros = self.rest.iter().take_while(|&&byte| byte == b'0').count();
        self.rest = &self.rest[zeros..];
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit());
        self.digits = digits.count();
        // One more, for a zero would be taken for the end of a key.
        self.count = self.digits + 1;
        self.count_bytes = 2;
    }
}

impl Iterator for Natural<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.count_bytes > 0 {
            self.count_bytes -= 1;
            // A name has 65,535 bytes at most.
            return Some((self.count >> (8 * self.count_bytes)) as u8);
        }
        let (&byte, rest) = self.rest.split_first()?;
        if self.digits == 0 && byte.is_ascii_digit() {
            self.begin_number();
            return Some(NUMBER);
        }
        self.digits = self.digits.saturating_sub(1);
        self.rest = rest;
        Some(byte.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests;
