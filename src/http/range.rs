//! Byte ranges (RFC 9110 section 14).

use std::fmt::{self, Write};
use std::ops::Range;

use super::grammar::{DECIMAL_BYTES, decimal, digits, is_value, same_word, trim};
use super::limits::RANGES_MAX;
use super::mix::mix;

/// Ranges to serve, in the order that was asked for: disjoint, not touching, none empty, within the
/// file, 1 to [`RANGES_MAX`] of them. So together they are never longer than the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeSet(Ranges);

/// Most sets are of one, and ask for no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ranges {
    One([Range<u64>; 1]),
    More(Vec<Range<u64>>),
}

/// What a Range field asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The whole file: another unit, a bad set, or too many ranges.
    Whole,
    /// These ranges.
    Ranges(RangeSet),
    /// Nothing that the file has: 416.
    Unsatisfiable,
}

/// One element of a range set, as asked (RFC 9110 section 14.1.2).
enum Spec {
    /// `FIRST-` or `FIRST-LAST`; a number past `u64::MAX` counts as `u64::MAX`.
    From { first: u64, last: u64 },
    /// `-LENGTH`.
    Suffix(u64),
}

/// Reads a Range field for a file of `len` bytes, which is at most `i64::MAX`.
///
/// Ranges are clamped to the file, and merged where they overlap or touch; what is merged stands
/// where the first of it was asked for (RFC 9110 section 15.3.7.2). The work is O(n log n) in the
/// length of the field, its memory 40 bytes a range; the head's limit bounds n.
pub fn parse(value: &[u8], len: u64) -> Asked {
    let Some(set) = after_unit(value) else {
        return Asked::Whole;
    };
    let mut ranges = Vec::new();
    let mut specs = 0;
    for element in set.split(|&byte| byte == b',') {
        let element = trim(element);
        // A recipient takes empty elements of a list (RFC 9110 section 5.6.1.2).
        if element.is_empty() {
            continue;
        }
        specs += 1;
        match Spec::parse(element) {
            None => return Asked::Whole,
            // Satisfiable by the RFC's words, but no Content-Range can say so.
            Some(Spec::Suffix(1..)) if len == 0 => return Asked::Whole,
            Some(spec) if element.len() == set.len() => {
                return match spec.within(len) {
                    Some(range) => Asked::Ranges(RangeSet(Ranges::One([range]))),
                    None => Asked::Unsatisfiable,
                };
            }
            Some(spec) => ranges.extend(spec.within(len)),
        }
    }
    match (specs, ranges.len()) {
        (0, _) => Asked::Whole,
        (_, 0) => Asked::Unsatisfiable,
        _ => merge(ranges),
    }
}

/// What follows `bytes=`; a unit is read in any case of letters (RFC 9110 section 14.1).
fn after_unit(value: &[u8]) -> Option<&[u8]> {
    let (unit, set) = value.split_at_checked(b"bytes=".len())?;
    same_word(unit, b"bytes=").then_some(set)
}

impl Spec {
    fn parse(element: &[u8]) -> Option<Spec> {
        let dash = element.iter().position(|&byte| byte == b'-')?;
        match (&element[..dash], &element[dash + 1..]) {
            (b"", length) => Some(Spec::Suffix(saturating_digits(length)?)),
            (first, b"") => Some(Spec::From {
                first: saturating_digits(first)?,
                last: u64::MAX,
            }),
            (first, last) => {
                let (first, last) = (saturating_digits(first)?, saturating_digits(last)?);
                (first <= last).then_some(Spec::From { first, last })
            }
        }
    }

    /// The bytes of a file of `len` bytes that this names; `None` if there are none.
    fn within(self, len: u64) -> Option<Range<u64>> {
        let range = match self {
            Spec::From { first, last } => first..last.saturating_add(1).min(len),
            Spec::Suffix(length) => len.saturating_sub(length)..len,
        };
        (range.start < range.end).then_some(range)
    }
}

/// A number of any length: what does not fit is as good as `u64::MAX`, past the end of any file.
fn saturating_digits(bytes: &[u8]) -> Option<u64> {
    let all_digits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    all_digits.then(|| digits(bytes).unwrap_or(u64::MAX))
}

fn merge(ranges: Vec<Range<u64>>) -> Asked {
    let mut numbered: Vec<(usize, Range<u64>)> = ranges.into_iter().enumerate().collect();
    numbered.sort_unstable_by_key(|(_, range)| range.start);
    numbered.dedup_by(|(number, next), (first, kept)| {
        let joins = next.start <= kept.end;
        if joins {
            kept.end = kept.end.max(next.end);
            *first = (*first).min(*number);
        }
        joins
    });
    if numbered.len() > RANGES_MAX {
        return Asked::Whole;
    }
    numbered.sort_unstable_by_key(|(number, _)| *number);
    let ranges = numbered.into_iter().map(|(_, range)| range).collect();
    Asked::Ranges(RangeSet(Ranges::More(ranges)))
}

impl RangeSet {
    /// The ranges.
    pub fn as_slice(&self) -> &[Range<u64>] {
        match &self.0 {
            Ranges::One(ranges) => ranges,
            Ranges::More(ranges) => ranges,
        }
    }
}

/// The value of a Content-Range field, which asks for no memory.
#[derive(Clone, Debug)]
pub struct ContentRange {
    text: [u8; CONTENT_RANGE_BYTES],
    len: u8,
}

/// Longest value of a Content-Range field, in bytes: three numbers of 20 digits.
const CONTENT_RANGE_BYTES: usize = "bytes -/".len() + 3 * DECIMAL_BYTES;

impl ContentRange {
    /// `bytes FIRST-LAST/LEN` (RFC 9110 section 14.4), of a range that is not empty.
    pub fn new(range: &Range<u64>, len: u64) -> ContentRange {
        debug_assert!(range.start < range.end);
        let mut value = ContentRange {
            text: [0; CONTENT_RANGE_BYTES],
            len: 0,
        };
        let numbers = [("bytes ", range.start), ("-", range.end - 1), ("/", len)];
        for (before, number) in numbers {
            value.push(before.as_bytes());
            value.push(decimal(number, &mut [0; DECIMAL_BYTES]));
        }
        value
    }

    fn push(&mut self, bytes: &[u8]) {
        let start = usize::from(self.len);
        self.text[start..start + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len() as u8;
    }

    /// The value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }
}

/// `bytes */LEN`, for 416.
pub fn content_range_unsatisfied(len: u64) -> String {
    format!("bytes */{len}")
}

/// A `multipart/byteranges` body: its part heads and its exact length (RFC 9110 section 14.6).
#[derive(Clone, Debug)]
pub struct Multipart {
    set: RangeSet,
    content_type: String,
    boundary: String,
    file_len: u64,
}

impl Multipart {
    /// A body of these ranges. `seed` makes the boundary; take what the peer cannot foresee or
    /// what no file is likely to hold (validator, time).
    pub fn new(set: RangeSet, content_type: &str, file_len: u64, seed: u64) -> Multipart {
        let words = [mix(seed), mix(seed ^ u64::MAX)];
        Multipart {
            set,
            content_type: content_type.into(),
            boundary: format!("{:016x}{:016x}", words[0], words[1]),
            file_len,
        }
    }

    /// The value of Content-Type.
    pub fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The ranges.
    pub fn ranges(&self) -> &[Range<u64>] {
        self.set.as_slice()
    }

    /// Whether the type can stand in a part's head; it is left out otherwise, as from a response's.
    pub fn has_sendable_type(&self) -> bool {
        is_value(self.content_type.as_bytes())
    }

    /// The bytes before the part with this number; for the number of parts, the closing boundary.
    ///
    /// Each begins with the line end that belongs to the boundary (RFC 2046 section 5.1.1), the
    /// first one as well, as nginx and Apache send it: zsync finds no part without it.
    pub fn part_head(&self, number: usize) -> Vec<u8> {
        let mut head = String::new();
        // Writing to a string does not fail.
        let _ = self.write_head(number, &mut head);
        head.into_bytes()
    }

    fn write_head(&self, number: usize, out: &mut impl Write) -> fmt::Result {
        let Some(range) = self.ranges().get(number) else {
            return write!(out, "\r\n--{}--\r\n", self.boundary);
        };
        write!(out, "\r\n--{}\r\n", self.boundary)?;
        if self.has_sendable_type() {
            write!(out, "Content-Type: {}\r\n", self.content_type)?;
        }
        let (first, last) = (range.start, range.end - 1);
        write!(
            out,
            "Content-Range: bytes {first}-{last}/{}\r\n\r\n",
            self.file_len
        )
    }

    /// The length of the whole body, in bytes.
    pub fn total_len(&self) -> u64 {
        let parts = self.ranges().iter().map(|range| range.end - range.start);
        let mut heads = Counter(0);
        for number in 0..=self.ranges().len() {
            // Counting does not fail.
            let _ = self.write_head(number, &mut heads);
        }
        parts.sum::<u64>() + heads.0
    }
}

/// Counts the bytes that are written to it.
struct Counter(u64);

impl Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
