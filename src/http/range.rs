//! Byte ranges (RFC 9110 section 14).

use std::ops::Range;

use super::limits::RANGES_MAX;

/// Ranges to serve: sorted, disjoint, not touching, within the file, 1 to [`RANGES_MAX`] of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeSet {
    ranges: [Range<u64>; RANGES_MAX],
    count: u8,
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

/// Reads a Range field for a file of `len` bytes.
pub fn parse(value: &[u8], len: u64) -> Asked {
    let _ = (value, len);
    Asked::Whole
}

impl RangeSet {
    /// The ranges.
    pub fn as_slice(&self) -> &[Range<u64>] {
        &self.ranges[..self.count as usize]
    }
}

/// `bytes FIRST-LAST/LEN` (RFC 9110 section 14.4).
pub fn content_range(range: &Range<u64>, len: u64) -> String {
    let _ = (range, len);
    String::new()
}

/// `bytes */LEN`, for 416.
pub fn content_range_unsatisfied(len: u64) -> String {
    let _ = len;
    String::new()
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
        let _ = seed;
        Multipart {
            set,
            content_type: content_type.into(),
            boundary: String::new(),
            file_len,
        }
    }

    /// The value of Content-Type.
    pub fn content_type(&self) -> String {
        let _ = self.file_len;
        self.content_type.clone() + &self.boundary
    }

    /// The ranges.
    pub fn ranges(&self) -> &[Range<u64>] {
        self.set.as_slice()
    }

    /// The bytes before the part with this number; for the number of parts, the closing boundary.
    pub fn part_head(&self, number: usize) -> Vec<u8> {
        let _ = number;
        Vec::new()
    }

    /// The length of the whole body, in bytes.
    pub fn total_len(&self) -> u64 {
        0
    }
}
