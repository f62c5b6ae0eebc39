//! The head of a part of a form: its name, and that of its file (RFC 7578 section 4).

use percent_encoding::percent_decode;

use super::fault::FormFault;
use super::parameters::{Parameters, split};
use crate::http::grammar::{is_token, same_word};
use crate::http::headers::{FieldSpans, Headers, Span};
use crate::http::limits::{FORM_FIELDS_MAX, FORM_HEAD_BYTES_MAX};

/// Longest name of a file that [`FormPart::file_name`] gives, in bytes: that of most file systems.
const FILE_NAME_BYTES_MAX: usize = 255;

/// What a part of a form says of itself (RFC 7578 section 4).
#[derive(Default, Debug)]
pub struct FormPart {
    head: Vec<u8>,
    fields: Vec<FieldSpans>,
    name: String,
    sent_file_name: Option<String>,
}

impl FormPart {
    /// The name of the form's field. It may have come before, or be empty. What is not UTF-8 is
    /// U+FFFD.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that the sender gives to its file, as it is: it may be a path, hold control
    /// characters, or be empty, which is what browsers send where no file was chosen. `None` if the
    /// part is no file. What is not UTF-8 is U+FFFD.
    ///
    /// `%22`, `%0D` and `%0A` are the three characters that browsers send so (WHATWG HTML section
    /// 4.10.21.8). A `filename*` (RFC 5987), which nobody should send, is taken before `filename`.
    pub fn sent_file_name(&self) -> Option<&str> {
        self.sent_file_name.as_deref()
    }

    /// The same as the name of a file in a directory: the last segment of what was sent, after `/`
    /// or `\`. `None` also for what no upload should be called: nothing, a name with a dot in front
    /// (`..`, `.htaccess`) or with control characters, one of more than 255 bytes.
    ///
    /// Names that are there already, and those that a program gives a meaning to, are for the
    /// handler to mind.
    pub fn file_name(&self) -> Option<&str> {
        let name = self.sent_file_name()?.rsplit(['/', '\\']).next()?;
        let is_good = !name.is_empty()
            && name.len() <= FILE_NAME_BYTES_MAX
            && !name.starts_with('.')
            && !name.contains(char::is_control);
        is_good.then_some(name)
    }

    /// What the sender says the bytes are, with parameters; without one it is text (RFC 7578
    /// section 4.4).
    pub fn content_type(&self) -> Option<&[u8]> {
        self.headers().get("Content-Type")
    }

    /// All fields of its head.
    pub fn headers(&self) -> Headers<'_> {
        Headers {
            buf: &self.head,
            fields: &self.fields,
        }
    }

    /// Begins the next one.
    pub(super) fn clear(&mut self) {
        self.head.clear();
        self.fields.clear();
    }

    /// Takes bytes of the head off the front of `input`. True when it is complete.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<bool, FormFault> {
        while let Some(at) = input.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = input.split_at(at + 1);
            self.push(line)?;
            *input = rest;
            if !self.head.ends_with(b"\r\n") {
                return Err(FormFault::BadHead);
            }
            if self.head.len() == 2 || self.head.ends_with(b"\r\n\r\n") {
                self.read_fields()?;
                return Ok(true);
            }
        }
        self.push(input)?;
        *input = &[];
        Ok(false)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), FormFault> {
        if bytes.len() > FORM_HEAD_BYTES_MAX - self.head.len() {
            return Err(FormFault::HeadTooLarge);
        }
        self.head.extend_from_slice(bytes);
        Ok(())
    }

    fn read_fields(&mut self) -> Result<(), FormFault> {
        let mut storage = [httparse::EMPTY_HEADER; FORM_FIELDS_MAX];
        let fields = match httparse::parse_headers(&self.head, &mut storage) {
            Ok(httparse::Status::Complete((_, fields))) => fields,
            Err(httparse::Error::TooManyHeaders) => return Err(FormFault::FieldsTooMany),
            Ok(httparse::Status::Partial) | Err(_) => return Err(FormFault::BadHead),
        };
        let span = |part| Span::within(&self.head, part);
        let spans = fields
            .iter()
            .map(|field| (span(field.name.as_bytes()), span(field.value)));
        self.fields.extend(spans);
        if !self.is_verbatim() {
            return Err(FormFault::Encoded);
        }
        if self.headers().get_all("Content-Type").count() > 1 {
            return Err(FormFault::BadHead);
        }
        let mut dispositions = self.headers().get_all("Content-Disposition");
        let (Some(disposition), None) = (dispositions.next(), dispositions.next()) else {
            return Err(FormFault::NoName);
        };
        let names = names(disposition)?;
        drop(dispositions);
        (self.name, self.sent_file_name) = names;
        Ok(())
    }

    /// Whether its bytes are what they are: encodings are history (RFC 7578 section 4.7), but three
    /// that change nothing are still named.
    fn is_verbatim(&self) -> bool {
        const VERBATIM: [&str; 3] = ["7bit", "8bit", "binary"];
        let mut encodings = self.headers().get_all("Content-Transfer-Encoding");
        encodings.all(|encoding| VERBATIM.iter().any(|word| same_word(encoding, word)))
    }
}

/// The names in a Content-Disposition: that of the field, and that of a file.
fn names(disposition: &[u8]) -> Result<(String, Option<String>), FormFault> {
    let (kind, parameters) = split(disposition);
    if !same_word(kind, "form-data") {
        return Err(FormFault::NoName);
    }
    let (mut name, mut file, mut extended) = (None, None, None);
    for parameter in Parameters::new(parameters) {
        let (word, value) = parameter.ok_or(FormFault::BadHead)?;
        let (place, text) = match word {
            _ if same_word(word, "name") => (&mut name, text(&unescaped(&value))),
            _ if same_word(word, "filename") => (&mut file, text(&unescaped(&value))),
            _ if same_word(word, "filename*") => {
                (&mut extended, decoded(&value).ok_or(FormFault::BadHead)?)
            }
            // It is for files alone (RFC 7578 section 4.2).
            _ if same_word(word, "name*") => return Err(FormFault::BadHead),
            _ => continue,
        };
        // Of two that differ, others might take the other one.
        if place.replace(text).is_some() {
            return Err(FormFault::BadHead);
        }
    }
    Ok((name.ok_or(FormFault::NoName)?, extended.or(file)))
}

/// A name without the three escapes of browsers, which escape nothing else, no percent sign either.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [byte, after @ ..] = rest {
        let (byte, after) = match rest {
            [b'%', b'2', b'2', after @ ..] => (b'"', after),
            [b'%', b'0', b'd' | b'D', after @ ..] => (b'\r', after),
            [b'%', b'0', b'a' | b'A', after @ ..] => (b'\n', after),
            _ => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    bytes
}

/// What stands in an extended parameter (RFC 5987): UTF-8, as all know it.
fn decoded(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    if !is_token(value) || !same_word(charset, "UTF-8") {
        return None;
    }
    let text = percent_decode(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}
