//! Fuzz targets of what peers accept, held against slow readings that share no code with ours (RFC
//! 9110 sections 12.4.2, 12.5.1 and 12.5.3).

use crate::http::accept::Ranked;
use crate::http::coding::{Chosen, Coding, Forms, Ranks};
use crate::http::headers::Elements;

/// What a weight that breaks the grammar is to a reader of types: no wish.
const NONE: u32 = 0;

/// Fuzz target: a type is for those alone who name it, and rank it no lower than HTML.
pub fn accept(input: &[u8]) {
    let ranges: Vec<&[u8]> = Elements::new(input).filter(|one| !one.is_empty()).collect();
    let best = |name: &str| {
        let weights = ranges.iter().map(|range| reference(range));
        let named = weights.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, weight)| weight.unwrap_or(NONE)).max()
    };
    let html = best("text/html");
    let by_wildcard = html.or(best("text/*")).or(best("*/*"));
    for media_type in ["application/json", "text/markdown"] {
        let ranked = Ranked::of_list(ranges.iter().copied(), media_type);
        let named = best(media_type).unwrap_or(0);
        let is_first = |html: Option<u32>| named > 0 && named >= html.unwrap_or(0);
        assert_eq!(ranked.is_named_first(), is_first(html));
        assert_eq!(ranked.is_preferred(), is_first(by_wildcard));
        assert!(!ranked.is_preferred() || ranked.is_named_first());
    }
}

/// Fuzz target: the form of a file that answers is there, is accepted, and none is better. The
/// first four bytes say what there is.
pub fn accept_encoding(input: &[u8]) {
    let Some((&[plain, brotli, zstd, gzip], field)) = input.split_first_chunk() else {
        return;
    };
    let len = |byte: u8| (byte > 0).then(|| u64::from(byte % 4));
    let forms = Forms {
        identity: len(plain),
        coded: [len(brotli), len(zstd), len(gzip)],
    };
    let elements = || Elements::new(field).filter(|one| !one.is_empty());
    let chosen = forms.choose(Ranks::of_list(elements()));
    let is_asked = elements().next().is_some();
    let there = [
        (Chosen::Identity, forms.identity, &["identity"][..]),
        (Chosen::Coded(Coding::Brotli), forms.coded[0], &["br"]),
        (Chosen::Coded(Coding::Zstd), forms.coded[1], &["zstd"]),
        (
            Chosen::Coded(Coding::Gzip),
            forms.coded[2],
            &["gzip", "x-gzip"],
        ),
    ];
    let best = |names: &[&str]| {
        let weights = elements().map(reference);
        let named = weights.filter(|(name, _)| names.iter().any(|n| n.eq_ignore_ascii_case(name)));
        named.filter_map(|(_, weight)| weight).max()
    };
    let others = best(&["*"]);
    // Twice each weight, so that there is a place between 0 and the least of them.
    let score = |form: Chosen, names: &[&str]| match best(names).or(others) {
        Some(weight) => 2 * weight,
        None if form == Chosen::Identity => 1,
        None => 0,
    };
    let acceptable = |&&(form, len, names): &&(Chosen, Option<u64>, &[&str])| {
        len.is_some() && score(form, names) > 0
    };
    match chosen {
        Chosen::Missing => {
            assert!(forms.identity.is_none());
            assert!(!is_asked || forms == Forms::default());
        }
        Chosen::NotAcceptable => {
            assert!(is_asked && forms != Forms::default());
            assert_eq!(there.iter().filter(acceptable).count(), 0);
        }
        Chosen::Identity if !is_asked => assert!(forms.identity.is_some()),
        chosen => {
            assert!(is_asked);
            let key = |&(form, len, names): &(Chosen, Option<u64>, &[&str])| {
                (score(form, names), std::cmp::Reverse(len))
            };
            let own = there.iter().find(|(form, ..)| *form == chosen);
            let own = own.filter(acceptable).expect("it is there and accepted");
            assert_eq!(
                there.iter().filter(acceptable).map(key).max(),
                Some(key(own))
            );
        }
    }
}

/// A name and its weight in thousandths; `None` for a weight that is none.
fn reference(element: &[u8]) -> (String, Option<u32>) {
    let text: String = element.iter().map(|&byte| char::from(byte)).collect();
    let trim = |part: &str| {
        part.trim_matches(|c: char| c.is_ascii_whitespace())
            .to_owned()
    };
    let mut parts = text.split(';');
    let name = trim(parts.next().unwrap_or_default());
    let weight = parts.find_map(|part| {
        let (parameter, value) = part.split_once('=')?;
        trim(parameter)
            .eq_ignore_ascii_case("q")
            .then(|| trim(value))
    });
    let Some(weight) = weight else {
        return (name, Some(1000));
    };
    // All weights there are: `0`, `0.` and up to three digits; `1`, `1.` and up to three zeros.
    let (whole, decimals) = weight.split_once('.').unwrap_or((&weight, ""));
    let zeros = decimals.chars().all(|digit| digit == '0');
    let digits = decimals.len() <= 3 && decimals.chars().all(|digit| digit.is_ascii_digit());
    let thousandths = match whole {
        "0" if digits => format!("{decimals:0<3}").parse().ok(),
        "1" if digits && zeros => Some(1000),
        _ => None,
    };
    (name, thousandths)
}

#[cfg(test)]
mod tests;
