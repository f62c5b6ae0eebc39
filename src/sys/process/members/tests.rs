//! Tests of `sys::process::members`.

use super::*;

#[test]
fn nobody_is_led_by_who_cannot_be() {
    let nobody = Leader::of(u32::MAX);
    let none = Member {
        id: 1,
        session: -1,
        group: -1,
    };
    assert!(!nobody.leads(&none));
}
