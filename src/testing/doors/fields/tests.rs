//! Tests of `testing::doors::fields`.

use super::*;
use crate::testing::doors::framing::replay;

#[test]
fn seeds_of_dates_conditions_redirects_and_pages_hold() {
    replay("http_date", check_http_date);
    replay("if_range", check_if_range);
    replay("reroute", check_reroute);
    replay("error_page", check_error_page);
}

#[test]
fn the_reference_knows_the_three_forms() {
    for date in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(reference_date(date.as_bytes()), Some(784_111_777), "{date}");
    }
    assert_eq!(reference_date(b"Mon, 06 Nov 1994 08:49:37 GMT"), None);
}
