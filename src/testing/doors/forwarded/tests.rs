//! Tests of `testing::doors::forwarded`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_forwarded_hold() {
    replay("forwarded", forwarded);
}
