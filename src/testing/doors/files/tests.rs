//! Tests of `testing::doors::files`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_files_hold() {
    replay("root_open", root_open);
    replay("media_type", media_type);
}
