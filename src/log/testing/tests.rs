//! Tests of `log::testing`.

use super::*;
use crate::http::testing::replay;

#[test]
fn seeds_of_log_line_hold() {
    replay("log_line", log_line);
}
