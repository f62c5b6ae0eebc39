//! Lives, and the waits that follow them.

use super::*;

#[test]
fn waits_double_up_to_the_longest_until_one_has_lived_for_long() {
    let (soon, late) = (Duration::from_secs(1), STEADY_TIME);
    let mut back_off = BackOff::default();
    for (lived, want) in [
        (soon, 0),
        (soon, 100),
        (soon, 200),
        (soon, 400),
        (soon, 800),
        (soon, 1600),
        (soon, 3200),
        (soon, 5000),
        (soon, 5000),
        (late, 0),
        (soon, 100),
        (late, 0),
    ] {
        assert_eq!(back_off.ended(lived).as_millis(), want);
    }
}
