//! Media types by file name: Python's table in front of mime_guess's.

use crate::http::coding::Coding;
use crate::http::grammar::same_word;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use table::TYPES_BYTES_MAX;

mod known;
mod table;

/// The types of Python's `mimetypes` where mime_guess has another or none, and what browsers need
/// besides (`.cjs`, `.map`, `.ts`, `.tsx`); sorted. They are Python 3.14's, but for `.wav`: not
/// every browser plays the `audio/vnd.wave` that 3.14 made of `audio/x-wav`. And what people of
/// today serve: registered (`.geojson` by RFC 7946, `.glb`, `.heic`, `.jxl`, `.parquet`,
/// `.pmtiles`, `.usdz`), named by its makers (`.ipynb` by Jupyter, `.jsonl` by jsonlines.org,
/// `.ndjson` by ndjson-spec), text that has no type (`.ftl`, of Fluent), or bytes for a program
/// (`.onnx`, `.safetensors`).
const OVERRIDES: &[(&str, &str)] = &[
    ("3g2", "audio/3gpp2"),
    ("3gp", "audio/3gpp"),
    ("3gpp", "audio/3gpp"),
    ("3gpp2", "audio/3gpp2"),
    ("a", "application/octet-stream"),
    ("aif", "audio/x-aiff"),
    ("aifc", "audio/x-aiff"),
    ("aiff", "audio/x-aiff"),
    ("ass", "audio/aac"),
    ("avi", "video/vnd.avi"),
    ("bat", "text/plain"),
    ("cdf", "application/x-netcdf"),
    ("cjs", "text/javascript"),
    ("deb", "application/x-debian-package"),
    ("dll", "application/octet-stream"),
    ("emf", "image/emf"),
    ("fits", "image/fits"),
    ("ftl", "text/plain"),
    ("h5", "application/x-hdf5"),
    ("ico", "image/vnd.microsoft.icon"),
    ("ipynb", "application/x-ipynb+json"),
    ("jsonl", "application/jsonl"),
    ("ksh", "text/plain"),
    ("loas", "audio/aac"),
    ("m2ts", "video/mp2t"),
    ("m3u", "application/vnd.apple.mpegurl"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("map", "application/json"),
    ("mif", "application/x-mif"),
    ("mjs", "text/javascript"),
    ("mk3d", "video/matroska-3d"),
    ("mka", "audio/matroska"),
    ("mkv", "video/matroska"),
    ("mod", "application/octet-stream"),
    ("mts", "video/mp2t"),
    ("ndjson", "application/x-ndjson"),
    ("o", "application/octet-stream"),
    ("obj", "application/octet-stream"),
    ("onnx", "application/octet-stream"),
    ("opus", "audio/opus"),
    ("otf", "font/otf"),
    ("pl", "text/plain"),
    ("pmtiles", "application/vnd.pmtiles"),
    ("py", "text/x-python"),
    ("pyc", "application/x-python-code"),
    ("pyo", "application/x-python-code"),
    ("ram", "application/x-pn-realaudio"),
    ("rar", "application/vnd.rar"),
    ("rdf", "application/xml"),
    ("rpm", "application/x-rpm"),
    ("rst", "text/x-rst"),
    ("rtf", "text/rtf"),
    ("safetensors", "application/octet-stream"),
    ("sgm", "text/x-sgml"),
    ("sgml", "text/x-sgml"),
    ("srt", "text/plain"),
    ("stl", "model/stl"),
    ("t38", "image/t38"),
    ("taz", "application/x-tar"),
    ("tbz2", "application/x-tar"),
    ("tfx", "image/tiff-fx"),
    ("tgz", "application/x-tar"),
    ("toml", "application/toml"),
    ("ts", "video/mp2t"),
    ("tsx", "text/plain"),
    ("txz", "application/x-tar"),
    ("tz", "application/x-tar"),
    ("usdz", "model/vnd.usdz+zip"),
    ("wav", "audio/x-wav"),
    ("wmf", "image/wmf"),
    ("woff", "font/woff"),
    ("wsdl", "application/xml"),
    ("xlb", "application/vnd.ms-excel"),
    ("xpdl", "application/xml"),
    ("xsl", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("z", "application/octet-stream"),
    ("zst", "application/zstd"),
];

/// Names without an extension that are text wherever they are found, in any case of letters, also
/// with a word behind a hyphen (`LICENSE-MIT`).
const TEXT_NAMES: [&str; 16] = [
    "authors",
    "changelog",
    "changes",
    "contributing",
    "contributors",
    "copying",
    "copyright",
    "install",
    "licence",
    "license",
    "maintainers",
    "makefile",
    "news",
    "notice",
    "readme",
    "todo",
];

/// The extensions of [`OVERRIDES`] as numbers in the same order, which one step compares.
const KEYS: [u64; OVERRIDES.len()] = {
    let mut keys = [0; OVERRIDES.len()];
    let mut at = 0;
    while at < keys.len() {
        keys[at] = key(OVERRIDES[at].0);
        at += 1;
    }
    keys
};

/// The first eight bytes of an extension as a number that is ordered as they are.
const fn key(extension: &str) -> u64 {
    let (bytes, mut key, mut at) = (extension.as_bytes(), 0, 0);
    while at < 8 {
        key = key << 8
            | if at < bytes.len() {
                bytes[at] as u64
            } else {
                0
            };
        at += 1;
    }
    key
}

/// The longest extension looked up, in bytes: longer than any that is known.
const EXTENSION_BYTES_MAX: usize = 32;

/// Text types whose full header value needs no memory of its own.
macro_rules! in_utf8 {
    ($($media_type:literal)*) => {
        [$(($media_type, concat!($media_type, "; charset=utf-8"))),*]
    };
}

/// The commonest text types and the same in UTF-8.
const TEXT_IN_UTF8: [(&str, &str); 7] = in_utf8!(
    "text/html" "text/css" "text/javascript" "text/plain" "text/markdown" "text/x-python" "text/csv"
);

/// Media types by the extension of a file's name, and what is added to them.
///
/// ```
/// let types = sprat::MimeMap::default().extension(".log", "text/x-log");
/// assert_eq!(types.guess(b"index.html"), "text/html; charset=utf-8");
/// assert_eq!(types.guess(b"photo.JPG"), "image/jpeg");
/// assert_eq!(types.guess(b"today.log"), "text/x-log; charset=utf-8");
/// assert_eq!(types.guess(b"LICENSE"), "text/plain; charset=utf-8");
/// assert_eq!(types.guess(b"data"), "application/octet-stream");
/// ```
#[derive(Clone, Debug)]
pub struct MimeMap {
    /// Those that were given, by extension in lower case.
    extra: BTreeMap<String, String>,
    default: String,
    charset: Option<String>,
}

impl Default for MimeMap {
    fn default() -> MimeMap {
        MimeMap {
            extra: BTreeMap::new(),
            default: "application/octet-stream".into(),
            charset: Some("utf-8".into()),
        }
    }
}

impl MimeMap {
    /// Gives an extension, with its dot or without, a type. It wins over every other, in any case
    /// of letters; the last one given wins.
    #[must_use]
    pub fn extension(mut self, extension: &str, media_type: &str) -> MimeMap {
        let extension = extension.strip_prefix('.').unwrap_or(extension);
        self.extra
            .insert(extension.to_ascii_lowercase(), media_type.to_owned());
        self
    }

    /// Gives the extensions of a table in the format of `mime.types` their types: a line is a type
    /// and its extensions, and a word that begins with `#` ends it. They are as if each was
    /// [given](Self::extension).
    ///
    /// # Errors
    /// `InvalidData` with the number of the line that is wrong, and what is wrong with it.
    pub fn types(self, table: &[u8]) -> io::Result<MimeMap> {
        let types = table::parse(table).map_err(|(line, what)| {
            let message = format!("line {line}: {what}");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        let give = |all: MimeMap, (extension, media_type): &(String, String)| {
            all.extension(extension, media_type)
        };
        Ok(types.iter().fold(self, give))
    }

    /// The same from a file of 1 MiB at most.
    ///
    /// # Errors
    /// Those of reading it, and of [`types`](Self::types); all name the file.
    pub fn types_of(self, path: &Path) -> io::Result<MimeMap> {
        let mut table = Vec::new();
        let read = File::open(path).and_then(|file| {
            let most = TYPES_BYTES_MAX as u64 + 1;
            file.take(most).read_to_end(&mut table)
        });
        let types = match read {
            Ok(bytes) if bytes > TYPES_BYTES_MAX => {
                let message = format!("longer than {TYPES_BYTES_MAX} bytes");
                Err(io::Error::new(io::ErrorKind::InvalidData, message))
            }
            Ok(_) => self.types(&table),
            Err(error) => Err(error),
        };
        types.map_err(|error| io::Error::new(error.kind(), format!("{path:?}: {error}")))
    }

    /// Sets the type of names with no extension or an unknown one: `application/octet-stream`
    /// unless set.
    #[must_use]
    pub fn default_type(mut self, media_type: &str) -> MimeMap {
        media_type.clone_into(&mut self.default);
        self
    }

    /// Sets the charset that text types are said to be in: `utf-8` unless set. `None` says nothing.
    #[must_use]
    pub fn charset(mut self, charset: Option<String>) -> MimeMap {
        self.charset = charset;
        self
    }

    /// The Content-Type of a file with this name, which may be a path and need not be UTF-8.
    ///
    /// Text types get the charset, but for one that has parameters already, and for XML, which
    /// says itself what it is in (and which a charset here would overrule, RFC 7303 section 3.2).
    pub fn guess(&self, name: &[u8]) -> Cow<'_, str> {
        let media_type = self.media_type(name);
        let Some(charset) = &self.charset else {
            return media_type.into();
        };
        if charset == "utf-8" {
            let known = TEXT_IN_UTF8.iter().find(|(text, _)| *text == media_type);
            if let Some((_, in_utf8)) = known {
                return Cow::Borrowed(in_utf8);
            }
        }
        let is_text = media_type
            .get(..5)
            .is_some_and(|top| same_word(top, "text/"));
        let is_complete = media_type.contains(';') || same_word(media_type, "text/xml");
        if !is_text || is_complete {
            return media_type.into();
        }
        format!("{media_type}; charset={charset}").into()
    }

    /// The same, but text is not said to be in UTF-8 that is not, as `is_utf8` tells.
    pub(crate) fn guess_of(&self, name: &[u8], is_utf8: impl FnOnce() -> bool) -> Cow<'_, str> {
        let (guess, plain) = (self.guess(name), self.media_type(name));
        let claims_utf8 = guess.len() > plain.len() && guess.ends_with("charset=utf-8");
        match claims_utf8 && !is_utf8() {
            true => plain.into(),
            false => guess,
        }
    }

    fn media_type(&self, name: &[u8]) -> &str {
        let Some((stem, extension)) = split_extension(name) else {
            return match is_text_name(name) {
                true => "text/plain",
                false => &self.default,
            };
        };
        let mut found = self.of_extension(extension);
        if found.is_none() && same_word(extension, b"br") {
            // Python looks through this one, but not through .gz, .bz2 and .xz.
            found = split_extension(stem).and_then(|(_, inner)| self.of_extension(inner));
        }
        found.unwrap_or(&self.default)
    }

    /// The Content-Encoding of a file with this name: that of `.svgz`, which is SVG and gzipped. An
    /// extension that was [given](Self::extension) a type has none.
    pub fn encoding(&self, name: &[u8]) -> Option<&'static str> {
        let (_, extension) = split_extension(name)?;
        let is_svgz = same_word(extension, b"svgz") && !self.extra.contains_key("svgz");
        is_svgz.then_some("gzip")
    }

    /// Whether a name says of itself that what it names is encoded: it is what it is.
    pub(crate) fn is_coded(&self, name: &[u8]) -> bool {
        let ends_with = |end: &str| {
            let start = name.len().checked_sub(end.len());
            start.is_some_and(|start| same_word(&name[start..], end))
        };
        let mut codings = Coding::ALL.iter();
        codings.any(|coding| ends_with(coding.extension())) || self.encoding(name).is_some()
    }

    fn given(&self, extension: &[u8]) -> Option<&str> {
        if self.extra.is_empty() {
            return None;
        }
        let lower = std::str::from_utf8(extension).ok()?.to_ascii_lowercase();
        self.extra.get(&lower).map(String::as_str)
    }

    fn of_extension(&self, extension: &[u8]) -> Option<&str> {
        if let Some(media_type) = self.given(extension) {
            return Some(media_type);
        }
        let mut room = [0; EXTENSION_BYTES_MAX];
        let lower = room.get_mut(..extension.len())?;
        lower.copy_from_slice(extension);
        lower.make_ascii_lowercase();
        let lower = std::str::from_utf8(lower).ok()?;
        match KEYS.binary_search(&key(lower)) {
            Ok(at) if OVERRIDES[at].0 == lower => Some(OVERRIDES[at].1),
            _ => known::media_type(lower),
        }
    }
}

/// Whether a file's name, or a path, ends in an extension.
pub fn has_extension(path: &[u8]) -> bool {
    split_extension(path).is_some()
}

/// Whether a file of this name is text by custom.
fn is_text_name(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let word = name.split(|&byte| byte == b'-').next().unwrap_or(name);
    TEXT_NAMES.iter().any(|text| same_word(text, word))
}

/// What stands before and after the last dot of a file's name. As in Python, dots that a name
/// starts with start no extension: `.gz` and `..gz` have none.
fn split_extension(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = path.rsplit(|&byte| byte == b'/').next()?;
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    let (stem, extension) = (&name[..dot], &name[dot + 1..]);
    (!extension.is_empty() && stem.iter().any(|&byte| byte != b'.')).then_some((stem, extension))
}

#[cfg(test)]
mod tests;
