//! The small words of HTTP's grammar: digits, tokens, field values (RFC 9110 sections 5.5 and 5.6).

/// What a token can hold (RFC 9110 section 5.6.2), by byte.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether a token can hold this byte.
pub fn is_token_byte(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Whether this is a token (RFC 9110 section 5.6.2).
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether a field value can hold this byte: text, space, tab, or what is not ASCII (RFC 9110
/// section 5.5).
pub fn is_value_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// Whether this can be a field value. It runs for each field of each response, so eight bytes are
/// looked at together; only where one of them is below a space, or DEL, is each looked at.
pub fn is_value(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let doubtful = |bytes: &[u8]| {
        // There are eight; were there not, 0 would be doubtful.
        let word = bytes.try_into().map_or(0, u64::from_ne_bytes);
        let (del, below) = (word ^ (ONES * 0x7f), word.wrapping_sub(ONES * 0x20) & !word);
        (below | (del.wrapping_sub(ONES) & !del)) & (ONES * 0x80) != 0
    };
    let is_plain = |bytes: &[u8]| bytes.iter().all(|&byte| is_value_byte(byte));
    let mut words = bytes.chunks_exact(8);
    is_plain(words.remainder()) && words.all(|word| !doubtful(word) || is_plain(word))
}

/// Without the spaces and tabs at its ends (RFC 9110 section 5.6.3, OWS).
pub fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Whether two words of the grammar are the same: the case of ASCII letters makes no difference.
///
/// std's way has some 300 bytes of code wherever it stands. It does where the fields of every
/// request are compared with names that are known as this is built, which makes it faster.
pub fn same_word(one: impl AsRef<[u8]>, other: impl AsRef<[u8]>) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    one.len() == other.len() && same_letters(one, other)
}

#[inline(never)]
fn same_letters(one: &[u8], other: &[u8]) -> bool {
    // Most words come as they are usually written.
    let same = |(a, b): (&u8, &u8)| a == b || a.eq_ignore_ascii_case(b);
    one.iter().zip(other).all(same)
}

/// Reads decimal digits and nothing else; `None` for no digits, any other byte, or a number past
/// `u64::MAX`. (`str::parse` takes a `+`.)
pub fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Appends a number in decimal digits. It runs twice a response, where `write!` would cost more
/// than parsing a request head does.
pub fn push_decimal(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(decimal(number, &mut [0; DECIMAL_BYTES]));
}

/// Most decimal digits that a number has.
pub const DECIMAL_BYTES: usize = 20;

/// The decimal digits of a number, written at the end of `room`.
pub fn decimal(number: u64, room: &mut [u8; DECIMAL_BYTES]) -> &[u8] {
    let mut at = room.len();
    let mut rest = number;
    loop {
        at -= 1;
        room[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return &room[at..];
        }
    }
}

/// Appends a number in lower-case hexadecimal digits.
pub fn push_hexadecimal(out: &mut String, number: u64) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        let digit = (number >> (4 * place)) & 15;
        out.push(char::from(b"0123456789abcdef"[digit as usize]));
    }
}

#[cfg(test)]
mod tests;
