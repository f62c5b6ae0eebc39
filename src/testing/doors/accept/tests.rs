//! Tests of `testing::doors::accept`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_accepting_hold() {
    replay("accept", accept);
    replay("accept_encoding", accept_encoding);
}
