//! Tests of `server::marks`.

use super::*;

#[test]
fn each_mark_is_set_and_taken_away_alone() {
    let all = [
        ConnMark::Queued,
        ConnMark::Guest,
        ConnMark::Monitor,
        ConnMark::Counted,
    ];
    for mark in all {
        for set in [false, true] {
            let mut marks = Marks::default();
            for other in all {
                assert!(!marks.set(other, set));
            }
            assert_eq!(marks.set(mark, !set), set);
            assert_eq!(marks.set(mark, !set), !set);
            for other in all {
                let is_own = other as u8 == mark as u8;
                assert_eq!(marks.has(other), is_own != set, "{mark:?} {other:?}");
            }
        }
    }
}
