//! Tests of `http::coding`.

use super::*;
use crate::http::headers::Elements;

const BR: Chosen = Chosen::Coded(Coding::Brotli);
const ZSTD: Chosen = Chosen::Coded(Coding::Zstd);
const GZIP: Chosen = Chosen::Coded(Coding::Gzip);
const PLAIN: Chosen = Chosen::Identity;
const NO: Chosen = Chosen::NotAcceptable;
const MISSING: Chosen = Chosen::Missing;

fn ranks(lines: &[&str]) -> Ranks {
    let elements = lines.iter().flat_map(|line| Elements::new(line.as_bytes()));
    Ranks::of_list(elements.filter(|element| !element.is_empty()))
}

/// The forms that letters name: `p` is plain; lengths grow in the order of the letters.
fn forms(letters: &str) -> Forms {
    let len = |letter| letters.find(letter).map(|at| 100 + at as u64);
    Forms {
        identity: len('p'),
        coded: [len('b'), len('z'), len('g')],
    }
}

#[test]
fn the_form_is_the_best_of_those_that_are_there_and_accepted() {
    // Of `brotli, zstd, gzip, plain`, from the shortest.
    for (line, want) in [
        ("gzip", GZIP),
        ("br", BR),
        ("zstd", ZSTD),
        ("gzip, br, zstd", BR),
        ("gzip, deflate, br, zstd", BR),
        ("gzip, deflate", GZIP),
        ("x-gzip", GZIP),
        ("X-GZip;Q=0.1", GZIP),
        ("GZIP , BR;Q=0.5", GZIP),
        ("\tgzip\t;\tq=0.4 ,br;q=0.5", BR),
        ("gzip;q=0.8, br;q=0.2", GZIP),
        ("gzip;q=0.5, zstd;q=0.5", ZSTD),
        ("br;q=0, gzip", GZIP),
        ("br;q=0.001, gzip;q=0.002", GZIP),
        ("*", BR),
        ("*;q=0.1", BR),
        ("gzip, *;q=0.5", GZIP),
        ("gzip;q=0.5, *", BR),
        ("br;q=0, *", ZSTD),
        ("br;q=0, zstd;q=0, gzip;q=0", PLAIN),
        ("br;q=0, zstd;q=0, gzip;q=0, *", PLAIN),
        ("identity", PLAIN),
        ("identity, gzip;q=0.9", PLAIN),
        ("identity;q=0.5, gzip;q=0.5", GZIP),
        ("identity;q=0.5, gzip;q=0.6", GZIP),
        ("identity;q=0.5, gzip;q=0.4", PLAIN),
        ("identity;q=0.5", PLAIN),
        ("identity;q=0", NO),
        ("identity;q=0, gzip", GZIP),
        ("identity;q=0, *", BR),
        ("*;q=0", NO),
        ("*;q=0, gzip", GZIP),
        ("*;q=0, identity", PLAIN),
        ("*;q=0, identity;q=0.001", PLAIN),
        ("gzip;q=0, *;q=0", NO),
        ("deflate", PLAIN),
        ("compress, x-compress, dcb, aes128gcm", PLAIN),
        ("gzip;q=0, gzip", GZIP),
        ("gzip;q=0, x-gzip;q=0.1", GZIP),
        ("gzipx, xgzip, gz, brotli, zst", PLAIN),
        ("gzip;q=2", PLAIN),
        ("gzip;q=abc, br;q=", PLAIN),
        ("identity;q=x", PLAIN),
        ("*;q=-1", PLAIN),
        ("gzip q=1", PLAIN),
        ("\"gzip\"", PLAIN),
        ("gzip;level=9;q=0.2", GZIP),
        (";q=1", PLAIN),
        ("", PLAIN),
        (" , ,, ", PLAIN),
    ] {
        assert_eq!(forms("bzgp").choose(ranks(&[line])), want, "{line}");
    }
}

#[test]
fn what_is_not_there_is_not_chosen() {
    let chrome = "gzip, deflate, br, zstd";
    for (there, line, want) in [
        ("gp", chrome, GZIP),
        ("p", chrome, PLAIN),
        ("zp", "gzip", PLAIN),
        ("bp", "gzip, identity;q=0", NO),
        ("p", "gzip, identity;q=0", NO),
        ("p", "*;q=0", NO),
        ("p", "identity;q=0", NO),
        ("p", "*", PLAIN),
        ("g", "gzip", GZIP),
        ("g", "*", GZIP),
        ("g", "br", NO),
        ("g", "identity", NO),
        ("g", "nothing", NO),
        ("g", "gzip;q=0", NO),
        ("g", "gzip;q=x", NO),
        ("g", "", MISSING),
        ("g", ",", MISSING),
        ("bzg", "", MISSING),
        ("", "gzip", MISSING),
        ("", "identity;q=0", MISSING),
        ("", "", MISSING),
        // Lengths count where weights are equal, and only there.
        ("gzbp", chrome, GZIP),
        ("zgbp", chrome, ZSTD),
        ("pbzg", chrome, BR),
        ("pbzg", "*", PLAIN),
        ("pg", "gzip;q=0.3", GZIP),
        ("pg", "gzip;q=0.3, identity;q=0.3", PLAIN),
        ("pg", "gzip;q=0.3, *;q=0.3", PLAIN),
        ("pg", "gzip;q=0.31, *;q=0.3", GZIP),
        ("gp", "gzip;q=0.3, identity;q=0.3", GZIP),
    ] {
        assert_eq!(forms(there).choose(ranks(&[line])), want, "{there}: {line}");
    }
}

#[test]
fn equal_lengths_are_decided_as_well() {
    let all = Forms {
        identity: Some(9),
        coded: [Some(9); CODINGS],
    };
    assert_eq!(all.choose(ranks(&["*"])), PLAIN);
    assert_eq!(all.choose(ranks(&["gzip, zstd, br"])), BR);
    assert_eq!(all.choose(ranks(&["gzip, zstd"])), ZSTD);
}

#[test]
fn several_fields_are_one_list() {
    for lines in [
        &["gzip;q=0.5", "br;q=0.6"][..],
        &["gzip;q=0.5,br;q=0.6"],
        &["", "gzip;q=0.5", ",", "br;q=0.6"],
    ] {
        assert_eq!(forms("gbp").choose(ranks(lines)), BR, "{lines:?}");
    }
    assert_eq!(forms("gp").choose(Ranks::default()), PLAIN);
    assert_eq!(forms("g").choose(Ranks::default()), MISSING);
    assert_eq!(forms("g").choose(ranks(&["", ""])), MISSING);
}

#[test]
fn a_long_field_is_read_once() {
    let many = "br;q=0.1,gzip;q=0.2,".repeat(3_000);
    assert_eq!(forms("bgp").choose(ranks(&[&many])), GZIP);
    let commas = ",".repeat(60_000);
    assert_eq!(ranks(&[&commas]), Ranks::default());
}

#[test]
fn fields_of_one_meaning_are_the_same() {
    let usual = ranks(&["gzip, br"]);
    for line in [
        "br,gzip",
        "GZIP;q=0.7, br;q=0.7, deflate",
        "x-gzip;q=.9, br, gzip",
    ] {
        assert_eq!(ranks(&[line]), usual, "{line}");
    }
    assert_ne!(ranks(&["br, gzip, identity"]), usual);
    assert_ne!(ranks(&["br;q=0.9, gzip"]), usual);
}

#[test]
fn what_may_not_be_preferred_changes_no_choice() {
    let lens = [None, Some(1), Some(2), Some(3)];
    let mut kept = 0;
    for field in [
        "br",
        "gzip, br",
        "gzip, deflate, br, zstd",
        "br;q=0.5, gzip",
        "identity, gzip;q=0.5",
        "identity;q=0.5, gzip;q=0.5, zstd",
        "*;q=0",
        "*",
    ] {
        let ranks = ranks(&[field]);
        for number in 0..lens.len().pow(4) {
            let len = |place: u32| lens[number / lens.len().pow(place) % lens.len()];
            let forms = Forms {
                identity: len(3),
                coded: [0, 1, 2].map(len),
            };
            let (choice, chosen) = match forms.choose(ranks) {
                Chosen::Identity => (Chosen::Identity, None),
                Chosen::Coded(coding) => (Chosen::Coded(coding), Some(coding)),
                _ => continue,
            };
            for coding in Coding::ALL {
                if chosen == Some(coding) || ranks.may_prefer(coding, chosen) {
                    continue;
                }
                for len in lens {
                    let mut others = forms;
                    others.coded[coding as usize] = len;
                    assert_eq!(others.choose(ranks), choice, "{field}: {others:?}");
                    kept += 1;
                }
            }
        }
    }
    assert!(kept > 1_000, "{kept}");
}

#[test]
fn the_bytes_of_ranks_tell_them_apart() {
    let fields = [
        "",
        "br",
        "gzip",
        "zstd",
        "gzip, br",
        "gzip, br;q=0.5",
        "*;q=0",
    ];
    let all = fields.map(|field| ranks(&[field]));
    for one in all {
        for other in all {
            assert_eq!(one == other, one.bytes() == other.bytes(), "{one:?}");
        }
    }
    assert_eq!(
        ranks(&["br;q=0.3"]).bytes(),
        ranks(&["br;q=0.7, x"]).bytes()
    );
}

#[test]
fn a_choice_hangs_on_what_may_be_preferred_and_on_names_once() {
    let br = Some(Coding::Brotli);
    let forms = |identity, gzip, zstd| Forms {
        identity,
        coded: [Some(1), zstd, gzip],
    };
    let (there, none) = (Some(9), None);
    for (field, chosen, forms, looks) in [
        ("br", br, forms(there, there, there), 1),
        ("br", br, forms(none, none, none), 1),
        ("gzip, br", br, forms(there, there, there), 2),
        ("gzip, br", br, forms(there, none, none), 2),
        ("gzip, br, zstd", br, forms(there, none, none), 2),
        ("gzip, br, zstd", br, forms(there, there, none), 3),
        ("gzip, br, zstd", br, forms(there, there, there), 3),
        (
            "gzip;q=0.5, br, zstd;q=0.5",
            br,
            forms(there, there, there),
            1,
        ),
        ("", None, forms(there, there, there), 1),
    ] {
        assert_eq!(
            forms.looks(ranks(&[field]), chosen),
            looks,
            "{field}: {forms:?}"
        );
    }
}
