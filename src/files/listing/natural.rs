//! The natural order of names: digits in a row are a number, so `f9` comes before `f10`.

use std::cmp::Ordering;

/// Compares sort keys of names, letters in ASCII lower case. Numbers have the place of digits among
/// other bytes, and zeros in front of one do not count.
pub(super) fn compare(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (Some((&x, a_rest)), Some((&y, b_rest))) = (a.split_first(), b.split_first()) else {
            return a.len().cmp(&b.len());
        };
        let order = match (x.is_ascii_digit(), y.is_ascii_digit()) {
            (true, true) => {
                let (x, y);
                (x, a) = take_number(a);
                (y, b) = take_number(b);
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            (true, false) => return b'0'.cmp(&y),
            (false, true) => return x.cmp(&b'0'),
            (false, false) => {
                (a, b) = (a_rest, b_rest);
                x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits of the number that a key begins with, without zeros in front, and the rest.
fn take_number(key: &[u8]) -> (&[u8], &[u8]) {
    let zeros = key.iter().take_while(|&&byte| byte == b'0').count();
    let key = &key[zeros..];
    let digits = key.iter().take_while(|byte| byte.is_ascii_digit()).count();
    key.split_at(digits)
}

/// Eight bytes that grow with the keys: letters, and of a number a zero, how many digits it has,
/// and these, as far as there is room. Zero-padded, for no name holds a NUL.
pub(super) fn prefix(mut key: &[u8]) -> u64 {
    let mut prefix = [0; 8];
    let mut at = 0;
    while let (true, Some((&byte, rest))) = (at < prefix.len(), key.split_first()) {
        if !byte.is_ascii_digit() {
            prefix[at] = byte.to_ascii_lowercase();
            (at, key) = (at + 1, rest);
            continue;
        }
        let digits;
        (digits, key) = take_number(key);
        // One more, or it would be taken for the end. Longer ones are told apart by `compare`.
        let count = digits.len().min(254) as u8 + 1;
        // The digits of numbers whose count is not exact would not grow with them.
        let exact = if count < 255 { digits } else { &[] };
        for &byte in [b'0', count].iter().chain(exact) {
            if at < prefix.len() {
                prefix[at] = byte;
            }
            at += 1;
        }
        if count == 255 {
            break;
        }
    }
    u64::from_be_bytes(prefix)
}

#[cfg(test)]
mod tests;
