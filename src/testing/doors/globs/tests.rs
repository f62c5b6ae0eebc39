//! Tests of `testing::doors::globs`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_globs_hold() {
    replay("glob", glob);
}
