//! Tests of `testing::doors::paths`.

use super::*;
use crate::testing::doors::framing::Random;

/// Up to a dozen pieces, now and then with any byte among them.
fn input_of(random: &mut Random, pieces: &[&[u8]]) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..random.below(13) {
        if random.below(16) == 0 {
            input.push(random.below(256) as u8);
        } else {
            input.extend_from_slice(pieces[random.below(pieces.len())]);
        }
    }
    input
}

const INPUTS: usize = 4_000;

#[test]
fn range_fields_keep_their_promises() {
    let pieces: Vec<&[u8]> =
        "0|1|9|64|999|18446744073709551615|99999999999999999999|-|-|-|,|,| |\t|+|="
            .split('|')
            .map(str::as_bytes)
            .collect();
    let mut random = Random(1);
    for _ in 0..INPUTS {
        let set = input_of(&mut random, &pieces);
        check_range_header(&[b"bytes=", &set[..]].concat());
        check_range_header(&set);
    }
}

#[test]
fn targets_keep_their_promises() {
    let pieces: &[&[u8]] = &[
        b"/",
        b"/",
        b"//",
        b".",
        b"..",
        b"/../",
        b"/./",
        b"a",
        b"b.txt",
        b"%",
        b"%2e",
        b"%2F",
        b"%00",
        b"%25",
        b"%ED",
        b"%B2",
        b"%b3",
        b"%80",
        b"%BF",
        b"%ED%B3%BF",
        b"%FF",
        b"\xED",
        b"\xB2",
        b"\x80",
        b"\xC3\xA4",
        b"?",
        b"#",
        b"*",
        b"http://",
        b"HTTPS://",
        b"a:80",
        b"[::1]:",
        b" ",
        b"+",
    ];
    let mut random = Random(2);
    for _ in 0..INPUTS {
        check_target(&input_of(&mut random, pieces));
    }
}

#[test]
fn tag_lists_keep_their_promises() {
    let pieces: &[&[u8]] = &[
        b"\"1-77359400\"",
        b"1-77359400",
        b"W/",
        b"w/",
        b"\"",
        b"\"x\"",
        b",",
        b",",
        b", ",
        b"*",
        b" ",
        b"\t",
        b"\\",
        b"x",
    ];
    let mut random = Random(3);
    for _ in 0..INPUTS {
        check_etag_list(&input_of(&mut random, pieces));
    }
}

#[test]
fn tag_of_the_checked_file_is_the_one_that_is_named() {
    let field = checked_file().etag.map(|tag| tag.to_field());
    assert_eq!(field.as_deref(), Some("\"1-77359400\""));
}
