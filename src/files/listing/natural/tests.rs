//! Tests of `files::listing::natural`.

use super::*;

/// What a key is made of: numbers without the zeros in front, and other bytes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    /// Below the slash, nothing else comes before a digit that does not come before all of them.
    Below(u8),
    Number(usize, Vec<u8>),
    Above(u8),
}

/// Slow and obvious.
fn pieces(key: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < key.len() {
        let mut end = at;
        while end < key.len() && key[end].is_ascii_digit() {
            end += 1;
        }
        if end > at {
            let digits: Vec<u8> = key[at..end]
                .iter()
                .copied()
                .skip_while(|&b| b == b'0')
                .collect();
            pieces.push(Piece::Number(digits.len(), digits));
            at = end;
            continue;
        }
        let byte = key[at].to_ascii_lowercase();
        pieces.push(match byte {
            b'0'.. => Piece::Above(byte),
            _ => Piece::Below(byte),
        });
        at += 1;
    }
    pieces
}

#[test]
fn numbers_compare_as_numbers() {
    let order = [
        "!",
        "-1",
        "0",
        "1",
        "2",
        "10",
        "10a",
        "10b2",
        "10b10",
        "a",
        "a0",
        "a1",
        "A2",
        "a002x",
        "a9",
        "a10",
        "a010.1",
        "a10.9",
        "a10.10",
        "a18446744073709551615",
        "a18446744073709551616",
        "aa1",
        "b",
        "v1.2.9",
        "v1.2.10",
        "v1.10.1",
        "~",
    ];
    for pair in order.windows(2) {
        let (a, b) = (pair[0].as_bytes(), pair[1].as_bytes());
        assert_eq!(compare(a, b), Ordering::Less, "{pair:?}");
        assert!(prefix(a) <= prefix(b), "{pair:?}");
    }
    for (a, b) in [("a1", "a01"), ("0", "000"), ("A7", "a7"), ("x0y", "x00y")] {
        assert_eq!(compare(a.as_bytes(), b.as_bytes()), Ordering::Equal);
    }
}

#[test]
fn any_two_names_compare_as_their_pieces_do() {
    let mut state = 11u64;
    let mut random = |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % most
    };
    let letters = b"0001299aBz-~/:\xC3\xA9";
    let mut name = || -> Vec<u8> {
        let len = random(9);
        (0..len).map(|_| letters[random(letters.len())]).collect()
    };
    for _ in 0..20_000 {
        let (a, b) = (name(), name());
        let want = pieces(&a).cmp(&pieces(&b));
        let shown = (a.escape_ascii().to_string(), b.escape_ascii().to_string());
        assert_eq!(compare(&a, &b), want, "{shown:?}");
        if prefix(&a) != prefix(&b) {
            assert_eq!(prefix(&a).cmp(&prefix(&b)), want, "{shown:?}");
        }
    }
}

#[test]
fn a_number_as_long_as_any_name_is_one() {
    let (short, long) = ("1".repeat(254), "1".repeat(255));
    assert_eq!(compare(short.as_bytes(), long.as_bytes()), Ordering::Less);
    let zeros = ["0".to_owned(), "0".repeat(65_535)];
    assert_eq!(
        compare(zeros[0].as_bytes(), zeros[1].as_bytes()),
        Ordering::Equal
    );
}
