//! Tests of `files::testing`.

use super::*;
use crate::http::testing::replay;

#[test]
fn seeds_of_files_hold() {
    replay("root_open", root_open);
    replay("media_type", media_type);
}
