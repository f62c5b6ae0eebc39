//! Tests of `program::program`.

use super::*;

#[test]
fn defaults_for_scripts_are_the_librarys() {
    let config = Config::default();
    let (ours, library) = (cgi(&config), Cgi::builder(&config.directory));
    assert_eq!(format!("{ours:?}"), format!("{library:?}"));
}
