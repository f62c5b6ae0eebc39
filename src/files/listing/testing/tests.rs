//! Tests of `files::listing::testing`.

use super::*;
use crate::http::testing::replay;

#[test]
fn seeds_of_listings_hold() {
    replay("accept", accept);
    replay("listing_names", listing_names);
}
