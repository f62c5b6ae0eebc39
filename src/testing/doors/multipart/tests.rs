//! Tests of `testing::doors::multipart`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_forms_hold() {
    replay("multipart", multipart);
}
