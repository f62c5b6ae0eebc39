//! Entity tags, dates, and the precedence of the conditional fields (RFC 9110 sections 8.8 and 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::calendar::imf_fixdate;
use super::coding::Coding;
use super::etag::{EntityTag, Etags, FileFacts, is_settled};
use super::grammar::same_word;
use super::headers::Headers;

/// The first second of the year 10000, which dates cannot write.
pub const DATES_END: Duration = Duration::from_secs(253_402_300_800);

/// An IMF-fixdate; `None` outside the years 1970 to 9999.
pub fn http_date(time: SystemTime) -> Option<String> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    (since < DATES_END).then(|| httpdate::fmt_http_date(time))
}

/// What a representation can be compared by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its entity tag.
    pub etag: Option<EntityTag>,
    /// When it was last modified; `None` where that is not known, or is yet to come.
    pub last_modified: Option<SystemTime>,
}

/// What the conditional fields say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Answer as if there were none.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
}

impl Validators {
    /// The validators of a file: a tag, weak while the file may change unseen, and a date where one
    /// is known. See [`EntityTag::of_file`] and [`FileFacts::last_modified`].
    pub fn of_file(
        file: &FileFacts,
        made_of: Etags,
        now: SystemTime,
        is_watched: impl FnOnce() -> bool,
    ) -> Validators {
        Validators {
            etag: EntityTag::of_file(file, made_of, now, is_watched),
            last_modified: file.last_modified(now),
        }
    }

    /// Those of a file that is another one's form, in Markdown or in this coding.
    pub fn in_form(self, is_markdown: bool, coding: Option<Coding>) -> Validators {
        Validators {
            etag: self.etag.map(|tag| tag.in_form(is_markdown, coding)),
            ..self
        }
    }
}

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order of RFC
/// 9110 section 13.2.2, for a representation that exists. `reads` is true for GET and HEAD.
pub fn evaluate(headers: Headers<'_>, reads: bool, validators: &Validators) -> Verdict {
    let named_if = || headers.iter_of(starts_with_if);
    judge(named_if, reads, validators)
}

/// Whether a Range field is to be honoured: no If-Range, or one that matches strongly (RFC 9110
/// section 13.1.5). `now` tells whether a date is a strong validator (section 8.8.2.2).
pub fn if_range_holds(headers: Headers<'_>, validators: &Validators, now: SystemTime) -> bool {
    range_holds(headers.iter(), validators, now)
}

/// The conditional fields of one head. Tag lists may be spread over lines, so they are only known
/// to be there; a date over two lines is a list, and no date.
#[derive(Default)]
struct Conditions<'a> {
    if_match: bool,
    if_none_match: bool,
    if_unmodified_since: Option<&'a [u8]>,
    if_modified_since: Option<&'a [u8]>,
}

impl<'a> Conditions<'a> {
    /// `None` if there are none, which is what most requests have.
    fn find(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<Conditions<'a>> {
        let mut found: Option<Conditions<'a>> = None;
        for (name, value) in fields.filter(|(name, _)| starts_with_if(name.as_bytes())) {
            let conditions = found.get_or_insert_default();
            if name.eq_ignore_ascii_case(IF_MATCH) {
                conditions.if_match = true;
            } else if name.eq_ignore_ascii_case(IF_NONE_MATCH) {
                conditions.if_none_match = true;
            } else if name.eq_ignore_ascii_case("if-unmodified-since") {
                keep_single(&mut conditions.if_unmodified_since, value);
            } else if name.eq_ignore_ascii_case("if-modified-since") {
                keep_single(&mut conditions.if_modified_since, value);
            }
        }
        found
    }
}

const IF_MATCH: &str = "if-match";
const IF_NONE_MATCH: &str = "if-none-match";

fn starts_with_if(name: &[u8]) -> bool {
    matches!(name, [b'i' | b'I', b'f' | b'F', b'-', ..])
}

fn keep_single<'a>(slot: &mut Option<&'a [u8]>, value: &'a [u8]) {
    *slot = Some(if slot.is_none() { value } else { b"" });
}

/// [`evaluate`] over the fields that `fields` gives, each time it is called.
pub fn judge<'a, F, I>(fields: F, reads: bool, validators: &Validators) -> Verdict
where
    F: Fn() -> I,
    I: Iterator<Item = (&'a str, &'a [u8])>,
{
    let Some(conditions) = Conditions::find(fields()) else {
        return Verdict::Proceed;
    };
    let any_tag = |name: &str, comparison| {
        let lines = fields().filter(|(line, _)| same_word(line, name));
        matches_any(lines.map(|(_, value)| value), validators.etag, comparison)
    };
    let modified_since = |value| is_modified_since(validators.last_modified, value);
    if conditions.if_match {
        if !any_tag(IF_MATCH, Comparison::Strong) {
            return Verdict::PreconditionFailed;
        }
    } else if conditions.if_unmodified_since.and_then(modified_since) == Some(true) {
        return Verdict::PreconditionFailed;
    }
    if conditions.if_none_match {
        return match (any_tag(IF_NONE_MATCH, Comparison::Weak), reads) {
            (false, _) => Verdict::Proceed,
            (true, true) => Verdict::NotModified,
            (true, false) => Verdict::PreconditionFailed,
        };
    }
    if reads && conditions.if_modified_since.and_then(modified_since) == Some(false) {
        return Verdict::NotModified;
    }
    Verdict::Proceed
}

/// Compares in whole seconds, all that a field can say. `None` if either date is unknown or none:
/// the condition is ignored then.
fn is_modified_since(last_modified: Option<SystemTime>, value: &[u8]) -> Option<bool> {
    Some(whole_seconds(last_modified?)? > whole_seconds(parse_date(value)?)?)
}

fn whole_seconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

pub fn parse_date(value: &[u8]) -> Option<SystemTime> {
    if let Some(seconds) = imf_fixdate(value) {
        return UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    }
    let text = std::str::from_utf8(value).ok()?;
    let text = text.is_ascii().then_some(text)?.trim();
    let date = httpdate::parse_http_date(text).ok()?;
    // It takes any byte for the space between the date and the time of an RFC 850 date.
    let time = " 08:49:37 GMT".len();
    let spaced = !text.ends_with("GMT") || text.as_bytes()[text.len() - time] == b' ';
    spaced.then_some(date)
}

pub fn range_holds<'a>(
    fields: impl Iterator<Item = (&'a str, &'a [u8])>,
    validators: &Validators,
    now: SystemTime,
) -> bool {
    let mut values = fields
        .filter(|(name, _)| same_word(name, "if-range"))
        .map(|(_, value)| value);
    let (value, more) = (values.next(), values.next());
    let Some(value) = value else {
        return true;
    };
    if more.is_some() {
        return false;
    }
    if value.starts_with(b"\"") || value.starts_with(b"W/") {
        return validators
            .etag
            .is_some_and(|tag| Comparison::Strong.holds(value, tag, &tag.to_field()));
    }
    let (Some(modified), Some(date)) = (validators.last_modified, parse_date(value)) else {
        return false;
    };
    is_settled(modified, now) && whole_seconds(modified) == whole_seconds(date)
}

/// How entity tags are compared (RFC 9110 section 8.8.3.2).
#[derive(Clone, Copy)]
enum Comparison {
    Strong,
    Weak,
}

impl Comparison {
    /// Whether `element`, a tag as a peer sent it, equals `tag`, whose field value is `field`. What
    /// is no tag equals none.
    fn holds(self, element: &[u8], tag: EntityTag, field: &str) -> bool {
        let ours = field.strip_prefix("W/").unwrap_or(field);
        match (element.strip_prefix(b"W/"), self) {
            (Some(theirs), Comparison::Weak) => theirs == ours.as_bytes(),
            (Some(_), Comparison::Strong) => false,
            (None, Comparison::Weak) => element == ours.as_bytes(),
            (None, Comparison::Strong) => element == ours.as_bytes() && !tag.weak,
        }
    }
}

/// Whether one of the tags in these lines equals `tag`, or the lines hold nothing but `*`.
fn matches_any<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    tag: Option<EntityTag>,
    comparison: Comparison,
) -> bool {
    let field = tag.map(|tag| (tag, tag.to_field()));
    let mut elements = lines.flat_map(TagElements).peekable();
    let is_starred = elements.next_if(|&element| element == b"*").is_some();
    if is_starred && elements.peek().is_none() {
        return true;
    }
    elements.any(|element| {
        field
            .as_ref()
            .is_some_and(|(tag, field)| comparison.holds(element, *tag, field))
    })
}

/// The elements of a comma-separated list: trimmed, empty ones skipped, commas between double
/// quotes kept. (An entity tag knows no backslash escape, as other quoted strings do.)
pub struct TagElements<'a>(pub &'a [u8]);

impl<'a> Iterator for TagElements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.0.is_empty() {
            let mut quoted = false;
            let comma = self.0.iter().position(|&byte| {
                quoted ^= byte == b'"';
                byte == b',' && !quoted
            });
            let (element, rest) = match comma {
                Some(at) => (&self.0[..at], &self.0[at + 1..]),
                None => (self.0, &b""[..]),
            };
            self.0 = rest;
            let element = element.trim_ascii();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
