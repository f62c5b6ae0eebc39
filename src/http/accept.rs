//! What a peer accepts: weights, and how it ranks media types (RFC 9110 sections 12.4.2, 12.5.1).

use super::grammar::same_word;
use super::headers::Headers;

/// A weight in thousandths, 0 to [`WEIGHT_MAX`]. 0: not acceptable.
pub type Weight = u16;

/// The weight of what is named without one.
pub const WEIGHT_MAX: Weight = 1000;

/// How an Accept field ranks one type beside HTML.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Ranked {
    /// The weight of the type, if it is named itself.
    named: Option<Weight>,
    /// Those of `text/html`, `text/*` and `*/*`, if they are named.
    html: Option<Weight>,
    text: Option<Weight>,
    any: Option<Weight>,
}

impl Ranked {
    /// Of a media type, over all fields. `*/*` is what everyone sends, so wildcards never stand for
    /// it; of what is named twice, the higher weight counts.
    pub fn of(headers: Headers<'_>, media_type: &str) -> Ranked {
        Ranked::of_list(headers.list("Accept"), media_type)
    }

    /// The same over the elements of the list.
    pub fn of_list<'a>(ranges: impl Iterator<Item = &'a [u8]>, media_type: &str) -> Ranked {
        let mut ranked = Ranked::default();
        for range in ranges {
            let (name, weight) = weighted(range);
            let is = |other: &str| same_word(name, other);
            let slot = match () {
                () if is(media_type) => &mut ranked.named,
                () if is("text/html") => &mut ranked.html,
                () if is("text/*") => &mut ranked.text,
                () if is("*/*") => &mut ranked.any,
                () => continue,
            };
            // What is none is no wish.
            *slot = Some(weight.unwrap_or(0)).max(*slot);
        }
        ranked
    }

    /// Whether it is asked for by name, and ranked no lower than HTML where that is named as well.
    pub fn is_named_first(&self) -> bool {
        let named = self.named.unwrap_or(0);
        named > 0 && named >= self.html.unwrap_or(0)
    }

    /// The same where a wildcard stands for HTML, too: the most specific range that matches counts.
    pub fn is_preferred(&self) -> bool {
        let named = self.named.unwrap_or(0);
        named > 0 && named >= self.html.or(self.text).or(self.any).unwrap_or(0)
    }
}

/// Whether a peer takes HTML: the most specific range that matches counts, and who names none takes
/// everything.
pub fn accepts_html(headers: Headers<'_>) -> bool {
    let mut ranges = headers.list("Accept").peekable();
    if ranges.peek().is_none() {
        return true;
    }
    let ranked = Ranked::of_list(ranges, "text/html");
    let weight = ranked.named.or(ranked.text).or(ranked.any);
    weight.is_some_and(|weight| weight > 0)
}

/// The media type that a peer likes best of those offered, the first of those that it likes alike;
/// `None` if it takes none. For each the most specific range that matches counts, and who names
/// none takes everything.
pub fn best_type<'a>(headers: Headers<'_>, offered: &[&'a str]) -> Option<&'a str> {
    if headers.list("Accept").next().is_none() {
        return offered.first().copied();
    }
    let ranges = Wishes::of(headers, "Accept");
    best(offered, |media_type| {
        let name = media_type.split(';').next().unwrap_or_default().trim();
        let kind = name.split('/').next().unwrap_or_default();
        let is_of_kind = |range: &[u8]| {
            let kinds = range.strip_suffix(b"/*");
            kinds.is_some_and(|range| same_word(range, kind))
        };
        let exact = ranges.highest(|range| same_word(range, name));
        exact
            .or_else(|| ranges.highest(is_of_kind))
            .or_else(|| ranges.highest(|range| range == b"*/*"))
    })
}

/// The content coding that a peer likes best of those offered, the first of those that it likes
/// alike; `None` if it takes none, or likes the content as it is better. `x-gzip` is `gzip`.
pub fn best_encoding<'a>(headers: Headers<'_>, offered: &[&'a str]) -> Option<&'a str> {
    let wishes = Wishes::of(headers, "Accept-Encoding");
    let others = wishes.highest(|name| name == b"*");
    let of = |coding: &str| {
        let named = wishes.highest(|name| {
            same_word(name, coding) || coding == "gzip" && same_word(name, b"x-gzip")
        });
        named.or(others).unwrap_or(0)
    };
    let coding = best(offered, |coding| Some(of(coding)))?;
    // Not named, it is acceptable, and comes after all codings that are.
    let identity = wishes.highest(|name| same_word(name, b"identity"));
    (of(coding) >= identity.unwrap_or(0)).then_some(coding)
}

/// The names in a list, with their weights; what has none that is one says nothing.
struct Wishes<'a>(Vec<(&'a [u8], Weight)>);

impl<'a> Wishes<'a> {
    fn of(headers: Headers<'a>, field: &str) -> Wishes<'a> {
        let elements = headers.list(field).map(weighted);
        let wishes = elements.filter_map(|(name, weight)| Some((name, weight?)));
        Wishes(wishes.collect())
    }

    /// The highest weight of those that match.
    fn highest(&self, is_match: impl Fn(&[u8]) -> bool) -> Option<Weight> {
        let matching = self.0.iter().filter(|(name, _)| is_match(name));
        matching.map(|(_, weight)| *weight).max()
    }
}

/// The first of those with the highest weight above 0.
fn best<'a>(offered: &[&'a str], weight: impl Fn(&str) -> Option<Weight>) -> Option<&'a str> {
    let mut found: Option<(Weight, &str)> = None;
    for &one in offered {
        let weight = weight(one).unwrap_or(0);
        if weight > found.map_or(0, |(best, _)| best) {
            found = Some((weight, one));
        }
    }
    found.map(|(_, one)| one)
}

/// A name, and its weight: `None` for what is none. Other parameters are let pass: `charset=utf-8`
/// says nothing new of a type.
pub fn weighted(element: &[u8]) -> (&[u8], Option<Weight>) {
    let mut parts = element.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| {
        let at = part.iter().position(|&byte| byte == b'=')?;
        let is_weight = same_word(part[..at].trim_ascii_end(), b"q");
        is_weight.then(|| thousandths(part[at + 1..].trim_ascii_start()))
    });
    (name, weight.unwrap_or(Some(WEIGHT_MAX)))
}

/// A weight: `0` or `1`, and up to three decimals.
fn thousandths(value: &[u8]) -> Option<Weight> {
    let decimals = match value {
        [b'0' | b'1'] => &[][..],
        [b'0' | b'1', b'.', decimals @ ..] => decimals,
        _ => return None,
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut weight = Weight::from(value[0] - b'0');
    for place in 0..3 {
        let digit = decimals.get(place).map_or(0, |digit| digit - b'0');
        weight = weight * 10 + Weight::from(digit);
    }
    (weight <= WEIGHT_MAX).then_some(weight)
}

#[cfg(test)]
mod tests;
