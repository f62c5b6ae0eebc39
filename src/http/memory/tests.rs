//! Tests of `http::memory`.

use super::*;

#[test]
fn terms_add_up_with_a_quarter_on_top() {
    let memory = Memory::default().plus("one", 1_000, 40);
    let memory = memory.and(Memory::default().plus("other", 200, 0));
    assert_eq!((memory.fixed(), memory.each()), (1_500, 50));
    assert_eq!(memory.of(10), 2_000);
    assert_eq!(memory.terms().count(), 3);
}

#[test]
fn of_two_handlers_each_connection_has_the_larger() {
    let files = Memory::default().plus("a", 400, 0).plus("b", 0, 80);
    let scripts = Memory::default().plus("c", 4, 40);
    for memory in [files.clone().or(scripts.clone()), scripts.or(files)] {
        assert_eq!((memory.fixed(), memory.each()), (505, 100));
    }
}

#[test]
fn what_is_too_large_to_count_is_the_largest() {
    let memory = Memory::default().plus("all", usize::MAX, usize::MAX);
    assert_eq!(memory.of(2), usize::MAX);
}
