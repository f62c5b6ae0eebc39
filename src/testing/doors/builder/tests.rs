//! Tests of `testing::doors::builder`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_the_builder_hold() {
    replay("request_builder", request_builder);
}
