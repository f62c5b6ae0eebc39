//! Tests of `program::cli::free`.

use super::*;

#[test]
fn words_of_other_places_are_told_what_to_type() {
    for (text, hint) in [
        ("http.server", "type sprat 8000"),
        ("-8000", "type sprat 8000"),
        ("8080:8000", "type sprat 8000"),
        ("-p 8000", "type sprat 8000"),
        (
            "serve",
            "there are no commands: sprat 8000, or sprat public",
        ),
        ("\u{2014}cgi", "its dash is no hyphen: --cgi"),
        ("\u{2013}\u{2013}cgi", "its dash is no hyphen: --cgi"),
        ("\u{2013}d", "its dash is no hyphen: -d"),
        ("\u{2014}a\nb", "its dash is no hyphen: --NAME"),
    ] {
        assert_eq!(meant(text).as_deref(), Some(hint), "{text:?}");
    }
}
