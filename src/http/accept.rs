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
    let mut ranges = headers.list("Accept").peekable();
    if ranges.peek().is_none() {
        return offered.first().copied();
    }
    let ranges: Vec<(&[u8], Weight)> = ranges
        .map(weighted)
        .filter_map(|(name, weight)| Some((name, weight?)))
        .collect();
    best(offered, |media_type| {
        let name = media_type.split(';').next().unwrap_or_default().trim();
        let kind = name.split('/').next().unwrap_or_default();
        let of = |is_match: &dyn Fn(&[u8]) -> bool| {
            let matching = ranges.iter().filter(|(range, _)| is_match(range));
            matching.map(|(_, weight)| *weight).max()
        };
        of(&|range| same_word(range, name))
            .or_else(|| {
                of(&|range| {
                    range
                        .strip_suffix(b"/*")
                        .is_some_and(|r| same_word(r, kind))
                })
            })
            .or_else(|| of(&|range| range == b"*/*"))
    })
}

/// The content coding that a peer likes best of those offered, the first of those that it likes
/// alike; `None` if it takes none, or likes the content as it is better. `x-gzip` is `gzip`.
pub fn best_encoding<'a>(headers: Headers<'_>, offered: &[&'a str]) -> Option<&'a str> {
    let elements: Vec<(&[u8], Weight)> = headers
        .list("Accept-Encoding")
        .map(weighted)
        .filter_map(|(name, weight)| Some((name, weight?)))
        .collect();
    let of = |coding: &str| {
        let is =
            |name: &[u8]| same_word(name, coding) || coding == "gzip" && same_word(name, b"x-gzip");
        let named = elements.iter().filter(|(name, _)| is(name));
        named.map(|(_, weight)| *weight).max()
    };
    let others = of("*");
    let coding = best(offered, |coding| of(coding).or(others))?;
    let weight = of(coding).or(others).unwrap_or(0);
    // Not named, it is acceptable, and comes after all codings that are.
    (weight >= of("identity").unwrap_or(0)).then_some(coding)
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
