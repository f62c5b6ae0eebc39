//! Validators of files, and the conditional fields against RFC 9110 section 13.

use super::*;

const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn now() -> SystemTime {
    at(1_700_000_000)
}

fn modified() -> SystemTime {
    at(784_111_777)
}

fn of_file(modified: SystemTime) -> Validators {
    let file = FileFacts {
        len: 0xA,
        modified,
        changed: modified,
        inode: 0xB,
    };
    Validators::of_file(&file, Etags::Mtime, now(), || false)
}

fn settled() -> Validators {
    // Later in its second than any field can say.
    of_file(modified() + Duration::from_nanos(999_999_999))
}

fn racy() -> Validators {
    of_file(now() - Duration::from_secs(1))
}

fn field_of(validators: &Validators) -> String {
    validators.etag.unwrap().to_field()
}

fn verdict(fields: &[(&str, &str)], reads: bool, validators: &Validators) -> Verdict {
    let lines = || fields.iter().map(|&(name, value)| (name, value.as_bytes()));
    judge(lines, reads, validators)
}

#[test]
fn tag_lists_match_exactly_or_not_at_all() {
    let strong = settled();
    let ours = field_of(&strong);
    let bare = ours.trim_matches('"');
    let weak = format!("W/{ours}");
    let upper = format!("\"{}\"", bare.to_uppercase());
    // (value, strong match, weak match)
    for (value, strongly, weakly) in [
        (ours.as_str(), true, true),
        (&format!("\"x\", {ours}"), true, true),
        (&format!("\"a,b\",{ours}"), true, true),
        (&format!(" ,, {ours}\t,"), true, true),
        (&format!("garbage, {ours}"), true, true),
        (&format!("W/\"x\",{ours},\"y\""), true, true),
        ("*", true, true),
        (" * ", true, true),
        (&weak, false, true),
        (&format!("\"x\",{weak}"), false, true),
        ("", false, false),
        (",", false, false),
        ("**", false, false),
        ("\"*\"", false, false),
        ("W/*", false, false),
        ("*, \"x\"", false, false),
        ("\"x\", *", false, false),
        ("\"x\"", false, false),
        (bare, false, false),
        (&upper, false, false),
        (&format!("w/{ours}"), false, false),
        (&format!("W/ {ours}"), false, false),
        (&format!("W{ours}"), false, false),
        (&format!("W/W/{ours}"), false, false),
        (&format!("'{bare}'"), false, false),
        (&format!("\"{bare}"), false, false),
        (&format!("{bare}\""), false, false),
        (&format!("\"\\\"{bare}\""), false, false),
        (&format!("\"x\" {ours}"), false, false),
        (&format!("\"x,{ours}"), false, false),
        (&format!("{ours};q=1"), false, false),
        (&format!("\"{bare} \""), false, false),
        (&format!("\"{bare}-gzip\""), false, false),
    ] {
        let if_match = verdict(&[("If-Match", value)], true, &strong);
        let if_none_match = verdict(&[("If-None-Match", value)], true, &strong);
        assert_eq!(if_match == Verdict::Proceed, strongly, "{value}");
        assert_eq!(if_none_match == Verdict::NotModified, weakly, "{value}");
    }
}

#[test]
fn weak_tags_match_weakly_only() {
    let weak = racy();
    let ours = field_of(&weak);
    let stripped = ours.strip_prefix("W/").unwrap();
    for value in [&ours, stripped] {
        let if_match = verdict(&[("If-Match", value)], true, &weak);
        let if_none_match = verdict(&[("If-None-Match", value)], true, &weak);
        assert_eq!(if_match, Verdict::PreconditionFailed, "{value}");
        assert_eq!(if_none_match, Verdict::NotModified, "{value}");
    }
}

#[test]
fn field_lines_are_combined_and_names_are_in_any_case() {
    use Verdict::{NotModified, PreconditionFailed, Proceed};
    let strong = settled();
    let ours = field_of(&strong);
    for (fields, want) in [
        (
            &[("if-none-match", "\"x\""), ("IF-NONE-MATCH", &ours)][..],
            NotModified,
        ),
        (
            &[("If-None-Match", &ours), ("If-None-Match", "\"x\"")],
            NotModified,
        ),
        (&[("if-match", "\"x\""), ("If-Match", &ours)], Proceed),
        (
            &[("If-Match", "\"x\""), ("If-Match", "\"y\"")],
            PreconditionFailed,
        ),
        // A star is alone, or nothing.
        (
            &[("If-None-Match", "*"), ("If-None-Match", "\"x\"")],
            Proceed,
        ),
        (
            &[("If-None-Match", "*"), ("If-None-Match", "")],
            NotModified,
        ),
        // Two dates are no date.
        (
            &[("If-Modified-Since", SAME), ("If-Modified-Since", SAME)],
            Proceed,
        ),
        (
            &[
                ("If-Unmodified-Since", EARLIER),
                ("If-Unmodified-Since", EARLIER),
            ],
            Proceed,
        ),
        (&[("iF-mOdified-since", SAME)], NotModified),
        // Other fields.
        (
            &[
                ("If", SAME),
                ("If-", SAME),
                ("If-Modified", SAME),
                ("X-If-Match", "\"x\""),
            ],
            Proceed,
        ),
        (
            &[("Host", "h"), ("Range", "bytes=0-"), ("If-Range", "\"x\"")],
            Proceed,
        ),
        (&[], Proceed),
    ] {
        assert_eq!(verdict(fields, true, &strong), want, "{fields:?}");
    }
}

#[test]
fn dates_have_three_forms_and_others_are_ignored() {
    for (value, want) in [
        (SAME, Verdict::NotModified),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Verdict::NotModified),
        ("Sun Nov  6 08:49:37 1994", Verdict::NotModified),
        (LATER, Verdict::NotModified),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Verdict::NotModified),
        (EARLIER, Verdict::Proceed),
        ("Thu, 01 Jan 1970 00:00:00 GMT", Verdict::Proceed),
        ("", Verdict::Proceed),
        ("now", Verdict::Proceed),
        ("Sun, 06 Nov 2094 08:49:37 +0100", Verdict::Proceed),
        ("Sun, 32 Nov 2094 08:49:37 GMT", Verdict::Proceed),
        ("Wed, 31 Dec 1969 23:59:59 GMT", Verdict::Proceed),
        ("Sun, 06 Nov 2094 08:49:37 GMT, x", Verdict::Proceed),
        ("2094-11-06T08:49:37Z", Verdict::Proceed),
        ("784111778", Verdict::Proceed),
        // Found by the target `http_date`: a digit for the space before the time.
        ("Saturday, 06-Nov-94008:49:37 GMT", Verdict::Proceed),
        ("Sunday, 06-Nov-94008:49:37 GMT", Verdict::Proceed),
        ("S\u{fc}n, 06 Nov 2094 08:49:37 GMT", Verdict::Proceed),
    ] {
        let got = verdict(&[("If-Modified-Since", value)], true, &settled());
        assert_eq!(got, want, "{value}");
    }
    let lines = || [("If-Modified-Since", &b"\xFF\xFE"[..])].into_iter();
    assert_eq!(judge(lines, true, &settled()), Verdict::Proceed);
}

/// The steps of RFC 9110 section 13.2.2, each condition already evaluated; `None` where a field is
/// absent or ignored.
fn rfc9110_13_2_2(
    if_match: Option<bool>,
    if_unmodified_since: Option<bool>,
    if_none_match: Option<bool>,
    if_modified_since: Option<bool>,
    reads: bool,
) -> Verdict {
    match (if_match, if_unmodified_since) {
        (Some(false), _) | (None, Some(false)) => return Verdict::PreconditionFailed,
        (Some(true), _) | (None, _) => {}
    }
    match (if_none_match, reads) {
        (Some(true), _) => return Verdict::Proceed,
        (Some(false), true) => return Verdict::NotModified,
        (Some(false), false) => return Verdict::PreconditionFailed,
        (None, _) => {}
    }
    match (if_modified_since, reads) {
        (Some(false), true) => Verdict::NotModified,
        _ => Verdict::Proceed,
    }
}

#[test]
fn precedence_is_that_of_rfc9110_13_2_2_in_every_combination() {
    let known = settled();
    let undated = Validators {
        last_modified: None,
        ..known.clone()
    };
    let ours = field_of(&known);
    let weak = format!("W/{ours}");
    // (value, does it match strongly, does it match weakly)
    let tags = [
        (None, None, None),
        (Some("*"), Some(true), Some(true)),
        (Some(ours.as_str()), Some(true), Some(true)),
        (Some(weak.as_str()), Some(false), Some(true)),
        (Some("\"x\""), Some(false), Some(false)),
        (Some("garbage"), Some(false), Some(false)),
    ];
    // (value, is the file not later than it)
    let dates = [
        (None, None),
        (Some(EARLIER), Some(false)),
        (Some(SAME), Some(true)),
        (Some(LATER), Some(true)),
        (Some("garbage"), None),
    ];
    let mut combinations = Vec::new();
    for if_match in tags {
        for if_none_match in tags {
            for unmodified in dates {
                combinations.extend(dates.map(|date| (if_match, unmodified, if_none_match, date)));
            }
        }
    }
    for (if_match, unmodified, if_none_match, modified) in combinations {
        let lines = [
            ("If-Modified-Since", modified.0),
            ("If-None-Match", if_none_match.0),
            ("Host", Some("h")),
            ("If-Unmodified-Since", unmodified.0),
            ("If-Match", if_match.0),
        ];
        let fields: Vec<(&str, &str)> = lines
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        for (validators, is_dated) in [(&known, true), (&undated, false)] {
            let date = |not_later: Option<bool>| not_later.filter(|_| is_dated);
            for reads in [true, false] {
                let want = rfc9110_13_2_2(
                    if_match.1,
                    date(unmodified.1),
                    if_none_match.2.map(|matches| !matches),
                    date(modified.1).map(|not_later| !not_later),
                    reads,
                );
                let got = verdict(&fields, reads, validators);
                assert_eq!(got, want, "{fields:?} {is_dated} {reads}");
            }
        }
    }
}

#[test]
fn if_range_holds_for_a_strong_tag_or_the_exact_date() {
    let strong = settled();
    let ours = field_of(&strong);
    for (value, want) in [
        (ours.as_str(), true),
        (SAME, true),
        ("Sunday, 06-Nov-94 08:49:37 GMT", true),
        ("Sun Nov  6 08:49:37 1994", true),
        (EARLIER, false),
        (LATER, false),
        (&format!("W/{ours}"), false),
        ("\"x\"", false),
        ("\"", false),
        ("*", false),
        ("", false),
        ("garbage", false),
        ("Sunday, 06-Nov-94008:49:37 GMT", false),
        (&format!("{ours}, \"x\""), false),
        (ours.trim_matches('"'), false),
    ] {
        let fields = [("if-range", value.as_bytes())].into_iter();
        assert_eq!(range_holds(fields, &strong, now()), want, "{value}");
    }
}

#[test]
fn if_range_needs_a_settled_file_and_one_line() {
    let racy = racy();
    let date = httpdate::fmt_http_date(racy.last_modified.unwrap());
    let tag = field_of(&racy);
    for value in [&tag, tag.trim_start_matches("W/"), &date] {
        let fields = [("If-Range", value.as_bytes())].into_iter();
        assert!(!range_holds(fields, &racy, now()), "{value}");
    }
    let undated = of_file(UNIX_EPOCH);
    let epoch = [("If-Range", &b"Thu, 01 Jan 1970 00:00:00 GMT"[..])];
    assert!(!range_holds(epoch.into_iter(), &undated, now()));
    let twice = [("If-Range", SAME.as_bytes()); 2];
    assert!(!range_holds(twice.into_iter(), &settled(), now()));
    let none = [("Range", &b"bytes=0-"[..])];
    assert!(range_holds(none.into_iter(), &racy, now()));
}
