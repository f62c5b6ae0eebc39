//! Tests of `server::reasons`.

use super::*;

#[test]
fn each_reason_alone_is_one_and_none_is_left_after_a_call() {
    let all = [
        Reasons::BEGUN,
        Reasons::WOKEN,
        Reasons::SOURCE,
        Reasons::EXIT,
        Reasons::DEADLINE,
        Reasons::BODY,
        Reasons::ROOM,
        Reasons::PEER_ENDED,
        Reasons::DRAINING,
        Reasons::DOUBT,
    ];
    for (at, reason) in all.into_iter().enumerate() {
        let mut reasons = Reasons::default();
        assert!(reasons.is_empty());
        reasons.add(reason);
        assert!(!reasons.is_empty());
        assert!(all[..at].iter().all(|other| *other != reason), "{reason:?}");
        reasons.clear();
        assert!(reasons.is_empty());
    }
}
