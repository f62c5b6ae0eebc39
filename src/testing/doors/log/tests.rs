//! Tests of `testing::doors::log`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_log_line_hold() {
    replay("log_line", log_line);
}
