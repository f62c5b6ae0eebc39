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
