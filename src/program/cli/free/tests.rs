//! Tests of `program::cli::free`.

use super::*;

#[test]
fn words_of_other_places_are_told_what_to_type() {
    for (text, hint) in [
        ("http.server", "type sprat 8000"),
        ("port", "type sprat 8000"),
        ("https", NO_TLS),
        ("all", EVERYWHERE),
        ("cgi-bin", "type mkdir cgi-bin, and sprat --cgi"),
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

#[test]
fn a_number_in_a_word_is_no_port() {
    for text in ["python3", "h2", "version1.2", "a8000"] {
        assert_eq!(meant(text), None, "{text}");
    }
}
