//! Tests of `testing::doors::scripts`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_environments_paths_and_lines_hold() {
    replay("script_environment", script_environment);
    replay("script_path", script_path);
    replay("script_stderr", script_stderr);
}
