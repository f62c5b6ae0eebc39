//! Tests of `testing::doors::listing`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_listings_hold() {
    replay("listing_names", listing_names);
    replay("listing_query", listing_query);
}
