//! Tests of `http::grammar`.

use super::*;

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

#[test]
fn tokens_are_those_of_the_rfc() {
    for byte in 0..=255u8 {
        let mark = b"!#$%&'*+-.^_`|~".contains(&byte);
        assert_eq!(
            is_token_byte(byte),
            byte.is_ascii_alphanumeric() || mark,
            "{byte:#x}"
        );
    }
    assert!(is_token(b"X-A"));
    assert!(!is_token(b""));
    assert!(!is_token(b"X A"));
}

#[test]
fn values_are_judged_alike_byte_by_byte_and_whole() {
    for byte in 0..=255u8 {
        let mut value = [b'x'; 70];
        value[67] = byte;
        assert_eq!(is_value(&value), is_value_byte(byte), "{byte:#x}");
    }
    assert!(is_value(b""));
    assert!(!is_value(b"a\r\nb"));
}

#[test]
fn numbers_are_written_as_std_writes_them() {
    for shift in 0..64 {
        for number in [1 << shift, (1 << shift) - 1, u64::MAX >> shift] {
            let mut decimal = Vec::new();
            push_decimal(&mut decimal, number);
            assert_eq!(decimal, number.to_string().into_bytes());
            let mut hexadecimal = String::new();
            push_hexadecimal(&mut hexadecimal, number);
            assert_eq!(hexadecimal, format!("{number:x}"));
        }
    }
}

#[test]
fn words_are_compared_as_std_compares_them() {
    for one in 0..=u8::MAX {
        for other in 0..=u8::MAX {
            let (a, b) = ([b'x', one], [b'X', other]);
            assert_eq!(same_word(a, b), a.eq_ignore_ascii_case(&b), "{one} {other}");
        }
    }
    assert!(same_word("", ""));
    assert!(same_word("Content-Length", b"content-LENGTH"));
    assert!(!same_word("content", "content-length"));
    assert!(!same_word("content-length", "content"));
}
