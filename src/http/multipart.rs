//! Forms with files as they arrive: bytes in, events out (`multipart/form-data`, RFC 7578 over RFC
//! 2046 section 5.1). However the bytes are cut, the events are the same.
//!
//! It takes what the grammar has and nothing else, so that no one else can read a form in another
//! way: lines end with CRLF, and where the boundary begins a line there is a delimiter, or a fault.

mod fault;
mod parameters;
mod part;

use std::ops::Range;

pub use fault::FormFault;
pub use part::FormPart;

use super::grammar::same_word;
use super::limits::{BOUNDARY_BYTES_MAX, FORM_PARTS_MAX};
use parameters::{Parameters, split};

/// What comes next in a form.
///
/// A part is one [`Part`](FormEvent::Part), its bytes in any number of [`Data`](FormEvent::Data),
/// and one [`PartEnd`](FormEvent::PartEnd).
#[derive(Debug)]
#[non_exhaustive]
pub enum FormEvent<'a> {
    /// A part begins: a field of the form, or a file.
    Part(&'a FormPart),
    /// Some of its bytes, as they were sent: never none.
    Data(&'a [u8]),
    /// The part is complete. The form may still be broken off.
    PartEnd,
    /// The body has ended, and the form was whole.
    End,
}

/// A form that is being read.
pub struct Parser {
    /// The line end before it, two dashes, the boundary.
    delimiter: Vec<u8>,
    /// How much of the delimiter the bytes so far end with.
    matched: usize,
    /// How much of that is no data even if the rest of the delimiter does not come: the line end
    /// that the form begins behind, or that of the part's head.
    apart: usize,
    stage: FormStage,
    part: FormPart,
    parts: usize,
}

/// What is read next.
#[derive(Clone, Copy)]
enum FormStage {
    /// What stands before the first delimiter, and means nothing.
    Preamble,
    /// The end of a delimiter, which may be the last.
    Delimiter,
    /// The second dash of the last one.
    Dash,
    /// Spaces behind a delimiter.
    Padding,
    /// The line feed behind a delimiter.
    LineFeed,
    Head,
    Data,
    /// Spaces behind the last delimiter.
    Closed,
    /// The line feed behind the last delimiter.
    LastLineFeed,
    /// What stands behind the last delimiter, and means nothing.
    Epilogue,
    Broken(FormFault),
}

/// What a stretch of bytes has led to.
enum Stretch<'i> {
    Part,
    /// A part of the delimiter that was data after all.
    Held(Range<usize>),
    Data(&'i [u8]),
    PartEnd,
    /// There are no more bytes.
    More,
}

impl Parser {
    /// A form that a request with this Content-Type has.
    ///
    /// # Errors
    /// Another type, and a boundary that is missing, repeated or none.
    pub fn new(content_type: &[u8]) -> Result<Parser, FormFault> {
        Ok(Parser {
            delimiter: [b"\r\n--", &*boundary(content_type)?].concat(),
            matched: LINE_END_BYTES,
            apart: LINE_END_BYTES,
            stage: FormStage::Preamble,
            part: FormPart::default(),
            parts: 0,
        })
    }

    /// The next event of these bytes, which are taken off the front of `input`. `None` when all of
    /// them are used up.
    ///
    /// # Errors
    /// What breaks the grammar or a limit. It stays so: nothing more is taken then.
    pub fn next<'e, 'i: 'e>(
        &'e mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<FormEvent<'e>>, FormFault> {
        match self.step(input) {
            Ok(Stretch::Part) => Ok(Some(FormEvent::Part(&self.part))),
            Ok(Stretch::Held(held)) => Ok(Some(FormEvent::Data(&self.delimiter[held]))),
            Ok(Stretch::Data(data)) => Ok(Some(FormEvent::Data(data))),
            Ok(Stretch::PartEnd) => Ok(Some(FormEvent::PartEnd)),
            Ok(Stretch::More) => Ok(None),
            Err(fault) => {
                self.stage = FormStage::Broken(fault);
                Err(fault)
            }
        }
    }

    /// The last event, at the end of the body.
    ///
    /// # Errors
    /// The last delimiter has not come, or something was wrong before.
    pub fn finish(&self) -> Result<FormEvent<'static>, FormFault> {
        match self.stage {
            FormStage::Closed | FormStage::Epilogue => Ok(FormEvent::End),
            FormStage::Broken(fault) => Err(fault),
            _ => Err(FormFault::Truncated),
        }
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Result<Stretch<'i>, FormFault> {
        while let Some(&byte) = input.first() {
            match self.stage {
                FormStage::Broken(fault) => return Err(fault),
                FormStage::Preamble => {
                    if let Stretch::PartEnd = self.search(input) {
                        self.stage = FormStage::Delimiter;
                    }
                }
                FormStage::Data => match self.search(input) {
                    Stretch::More => {}
                    Stretch::PartEnd => {
                        self.stage = FormStage::Delimiter;
                        return Ok(Stretch::PartEnd);
                    }
                    data => return Ok(data),
                },
                FormStage::Head => {
                    if self.part.read(input)? {
                        self.stage = FormStage::Data;
                        // The head's own line end may be that of a delimiter.
                        (self.matched, self.apart) = (LINE_END_BYTES, LINE_END_BYTES);
                        return Ok(Stretch::Part);
                    }
                }
                FormStage::Epilogue => *input = &[],
                _ => {
                    self.stage = self.after_delimiter(byte)?;
                    *input = &input[1..];
                }
            }
        }
        Ok(Stretch::More)
    }

    /// Goes one byte on behind a delimiter, which is followed by a head or by nothing that counts.
    fn after_delimiter(&mut self, byte: u8) -> Result<FormStage, FormFault> {
        match (self.stage, byte) {
            (FormStage::Delimiter, b'-') => Ok(FormStage::Dash),
            (FormStage::Delimiter | FormStage::Padding, b' ' | b'\t') => Ok(FormStage::Padding),
            (FormStage::Delimiter | FormStage::Padding, b'\r') => Ok(FormStage::LineFeed),
            (FormStage::LineFeed, b'\n') if self.parts == FORM_PARTS_MAX => {
                Err(FormFault::PartsTooMany)
            }
            (FormStage::LineFeed, b'\n') => {
                self.parts += 1;
                self.part.clear();
                Ok(FormStage::Head)
            }
            (FormStage::Dash, b'-') | (FormStage::Closed, b' ' | b'\t') => Ok(FormStage::Closed),
            (FormStage::Closed, b'\r') => Ok(FormStage::LastLineFeed),
            (FormStage::LastLineFeed, b'\n') => Ok(FormStage::Epilogue),
            _ => Err(FormFault::BadDelimiter),
        }
    }

    /// Takes data off the front of `input`, or a delimiter, which is a `PartEnd`.
    fn search<'i>(&mut self, input: &mut &'i [u8]) -> Stretch<'i> {
        if self.matched > 0 {
            let same = common(&self.delimiter[self.matched..], input);
            self.matched += same;
            *input = &input[same..];
            if self.matched == self.delimiter.len() {
                self.matched = 0;
                return Stretch::PartEnd;
            }
            if input.is_empty() {
                return Stretch::More;
            }
            let held = self.apart..self.matched;
            self.matched = 0;
            if !held.is_empty() {
                return Stretch::Held(held);
            }
        }
        let whole = *input;
        let mut from = 0;
        // A delimiter has one CR, its first byte: what was compared with it begins no other.
        while let Some(at) = carriage_return(&whole[from..]) {
            let (data, rest) = whole.split_at(from + at);
            let same = common(&self.delimiter, rest);
            if same == self.delimiter.len() {
                return match data {
                    [] => {
                        *input = &rest[same..];
                        Stretch::PartEnd
                    }
                    _ => {
                        *input = rest;
                        Stretch::Data(data)
                    }
                };
            }
            if same == rest.len() {
                (self.matched, self.apart) = (same, 0);
                *input = &[];
                return match data {
                    [] => Stretch::More,
                    _ => Stretch::Data(data),
                };
            }
            from = data.len() + same;
        }
        *input = &[];
        Stretch::Data(whole)
    }
}

/// The line end in front of a delimiter, in bytes.
const LINE_END_BYTES: usize = 2;

/// Bytes that are looked at together, so that the compiler can use vector instructions.
const BLOCK: usize = 32;

/// How many bytes at the start of both are the same.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Where the first CR is.
fn carriage_return(bytes: &[u8]) -> Option<usize> {
    let has_none = |block: &&[u8]| !block.iter().fold(false, |hit, &byte| hit | (byte == b'\r'));
    let blocks = bytes.chunks_exact(BLOCK).take_while(has_none).count();
    let rest = &bytes[blocks * BLOCK..];
    let at = rest.iter().position(|&byte| byte == b'\r')?;
    Some(blocks * BLOCK + at)
}

/// The boundary that a Content-Type names (RFC 2046 section 5.1.1). Not only a token, as it should
/// be, but all that a boundary can hold is taken without quotes: some agents send `=`.
fn boundary(content_type: &[u8]) -> Result<Vec<u8>, FormFault> {
    let (kind, parameters) = split(content_type);
    if !same_word(kind, "multipart/form-data") {
        return Err(FormFault::NoForm);
    }
    let mut found = None;
    for parameter in Parameters::new(parameters) {
        let (name, value) = parameter.ok_or(FormFault::BadBoundary)?;
        // Of two, or one in the form of RFC 2231, others might take another one.
        let is_other = same_word(name, "boundary*");
        if is_other || same_word(name, "boundary") && found.replace(value).is_some() {
            return Err(FormFault::BadBoundary);
        }
    }
    let boundary = found.ok_or(FormFault::BadBoundary)?;
    let is_good = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len())
        && boundary.iter().all(|&byte| is_boundary_byte(byte))
        && !boundary.ends_with(b" ");
    is_good.then_some(boundary).ok_or(FormFault::BadBoundary)
}

fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte)
}

#[cfg(test)]
mod tests;
