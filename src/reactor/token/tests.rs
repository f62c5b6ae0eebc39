//! Tests of `reactor::token`.

use super::*;

#[test]
fn keys_and_roles_come_back() {
    for key in [0, 1, 7, 8, 4_000_000] {
        for role in 0..8 {
            assert_eq!(decode(encode(key, role)), (key, role));
        }
    }
}
