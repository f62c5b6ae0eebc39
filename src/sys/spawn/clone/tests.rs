//! Tests of `sys::spawn::clone`.

use super::*;

#[test]
fn children_that_could_trace_each_other_are_made_one_by_one() {
    for (text, want) in [
        (Some(b'0'), false),
        (Some(b'2'), false),
        (Some(b'1'), true),
        (Some(b'3'), true),
        (None, true),
    ] {
        assert_eq!(exposes_others(text), want, "{text:?}");
    }
    assert_eq!(flags(None, ChildMemory::Shared) & libc::CLONE_VFORK, 0);
}
