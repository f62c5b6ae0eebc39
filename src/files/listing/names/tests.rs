//! Tests of `files::listing::names`.

use super::*;

fn sorted(names: &[&[u8]], run_len: usize) -> Vec<Vec<u8>> {
    let mut all = Names::default();
    for name in names {
        all.push(name, Mark::File).unwrap();
        if all.is_run_long(run_len, usize::MAX) {
            all.end_run();
        }
    }
    all.end_run();
    all.start_merge();
    let mut out = Vec::new();
    while let Some((name, ..)) = all.next() {
        out.push(name.to_vec());
    }
    out
}

#[test]
fn order_is_that_of_python() {
    // sorted(names, key=str.lower) of Python 3, names decoded with surrogateescape.
    let order: [&[u8]; 16] = [
        b"1",
        b"_",
        b"a",
        b"aB",
        b"abcdefgh",
        b"ABCDEFGHI",
        b"abcdefghj",
        b"B",
        b"Z",
        b"z{",
        "Äa".as_bytes(),
        "äb".as_bytes(),
        "Ω".as_bytes(),
        b"\x80",
        b"\xff",
        "\u{1F600}".as_bytes(),
    ];
    let mut shuffled = order;
    shuffled.reverse();
    shuffled.swap(3, 9);
    for run_len in [1, 2, 3, 5, 100] {
        assert_eq!(sorted(&shuffled, run_len), order);
    }
}

#[test]
fn names_that_differ_in_case_alone_are_in_order_of_bytes() {
    let names: [&[u8]; 3] = [b"readme", b"README", b"Readme"];
    let want: [&[u8]; 3] = [b"README", b"Readme", b"readme"];
    assert_eq!(sorted(&names, 1), want);
    assert_eq!(sorted(&names, 9), want);
}

#[test]
fn merge_equals_one_sort() {
    let mut state = 7u32;
    let mut names = Vec::new();
    for _ in 0..3000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        names.push(format!("F{:x}", state >> 8).into_bytes());
    }
    let slices: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    let mut want = names.clone();
    want.sort_by_key(|name| (name.to_ascii_lowercase(), name.clone()));
    assert_eq!(sorted(&slices, 64), want);
}

/// As many as share no, a short, a long beginning, and end in it, in one run and in several.
#[test]
fn names_that_begin_alike_are_in_order_too() {
    let ends = [
        "",
        "1",
        "10",
        "9",
        "a",
        "B",
        "b",
        "bb",
        "Bc",
        "é",
        "É",
        "zzzzzzzzzzzz",
    ];
    for begin in [
        "",
        "i",
        "IMG_2",
        "File-000",
        "file-0000000012345",
        "Äpfel und Birnen ",
    ] {
        let mut names: Vec<String> = ends.iter().map(|end| format!("{begin}{end}")).collect();
        names.extend(
            ends.iter()
                .map(|end| format!("{}{end}", begin.to_uppercase())),
        );
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !name.is_empty());
        let slices: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
        let mut want = slices.clone();
        want.sort_by_key(|name| (String::from_utf8_lossy(name).to_lowercase(), name.to_vec()));
        for run_len in [1, 2, 5, 100] {
            assert_eq!(sorted(&slices, run_len), want, "{begin}, runs of {run_len}");
        }
    }
}

#[test]
fn eight_bytes_are_folded_at_once_as_each_of_them() {
    for byte in 0..=u8::MAX {
        for at in 0..PREFIX_BYTES {
            let mut key = *b"aZ\x7f\xff@[`{";
            key[at] = byte;
            let want = u64::from_be_bytes(key.map(|byte| byte.to_ascii_lowercase()));
            assert_eq!(key_prefix(&key), want);
            let short = key_prefix(&key[..at]);
            assert_eq!(
                short,
                want & !u64::MAX.checked_shr(8 * at as u32).unwrap_or(0)
            );
        }
    }
}

#[test]
fn no_names_no_merge() {
    assert!(sorted(&[], 4).is_empty());
}

#[test]
fn a_name_too_long_for_any_file_system_is_left_out() {
    let mut names = Names::default();
    assert_eq!(names.push(&[b'a'; 65_536], Mark::File), None);
    assert_eq!(names.len(), 0);
}

#[test]
fn memory_is_counted() {
    let mut names = Names::default();
    names.push(b"12345", Mark::File);
    assert_eq!(names.bytes(), 21);
    names.push("É".as_bytes(), Mark::File);
    assert_eq!(names.bytes(), 21 + 2 + 4 + 2 + 16);
}
