//! Tests of `testing::doors::proxy_header`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_proxy_header_hold() {
    replay("proxy_header", proxy_header);
}
