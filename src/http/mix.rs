//! Numbers spread over 64 bits, so that none of them can be read off the result.

/// The output function of SplitMix64: spreads a seed over 64 bits.
pub fn mix(seed: u64) -> u64 {
    let mut word = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// Several numbers in one, in this order.
pub fn mix_all(numbers: &[u64]) -> u64 {
    numbers
        .iter()
        .fold(0, |mixed, &next| mix(mixed ^ mix(next)))
}

/// A secret number and some bytes in one.
pub fn fold(secret: u64, bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    let mut folded = secret ^ bytes.len() as u64;
    let mut take = |word: [u8; 8]| {
        let product = u128::from(folded ^ u64::from_le_bytes(word)) * 0x9E37_79B9_7F4A_7C15;
        folded = (product >> 64) as u64 ^ product as u64 ^ secret.rotate_left(32);
    };
    for word in &mut words {
        take(word.try_into().unwrap_or_default());
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    take(last);
    mix(folded)
}
