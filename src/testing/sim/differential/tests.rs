//! Tests of `sim::differential`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_both_parsers_hold() {
    replay("differential", differential);
    replay("framing_fields", framing_fields);
    replay("host", host);
    replay("chunked_body", chunked_body);
    replay("header_list", header_list);
}
