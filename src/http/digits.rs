//! Decimal numbers on the wire (the `1*DIGIT` of RFC 9110 and 9112).

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

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn digits_and_nothing_else_make_a_number() {
        for (bytes, want) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("007", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("00000000000000000000000000000000000000000001", Some(1)),
            ("", None),
            ("+1", None),
            ("-1", None),
            (" 1", None),
            ("1 ", None),
            ("1_000", None),
            ("1,0", None),
            ("0x10", None),
            ("1e3", None),
            ("1.0", None),
            ("\u{661}", None),
            ("18446744073709551616", None),
            ("99999999999999999999999999", None),
        ] {
            assert_eq!(digits(bytes.as_bytes()), want, "{bytes:?}");
        }
    }
}
