//! Tests of `files::file_server::lease`.

use super::LEASE_TIME;

#[test]
fn readme_has_the_time_for_a_lease() {
    let row = format!(
        "holds a lease on | tried again for {} s | 503 |",
        LEASE_TIME.as_secs()
    );
    assert!(include_str!("../../../../README.md").contains(&row));
}
