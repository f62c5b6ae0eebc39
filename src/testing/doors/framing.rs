//! What parser tests and fuzz targets share: ways to cut input, targets, and the replay of seeds.
//! Not part of the library; this is the one file of this folder that reads files, in tests only.
//!
//! A fuzz target is a function of bytes that panics when a promise is broken. To add one: the
//! function; its name in `lib.rs` under `testing`; `fuzz/fuzz_targets/NAME.rs` and its `[[bin]]` in
//! `fuzz/Cargo.toml`; files in `fuzz/seeds/NAME/`; a test that calls `replay("NAME", function)`.

use std::fmt::Debug;
use std::mem::MaybeUninit;

use crate::http::body::{Decoder, Next};
use crate::http::fault::Fault;
use crate::http::framing::{self, BodyLen};
use crate::http::head::{Head, find_end, refuse_early};
use crate::http::limits::Limits;

/// Most two-way splits tried of one input, a count: each costs a whole parse.
const SPLITS_MAX: usize = 96;

/// Most bytes of which every prefix is tried, in bytes.
const PREFIXES_MAX: usize = 512;

/// What a resumable parser made of its input.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T, E = Fault> {
    /// It ended by itself, before the byte with this index.
    Complete {
        /// What it found.
        value: T,
        /// Bytes that belong to it.
        consumed: usize,
    },
    /// It wants more input.
    Incomplete,
    /// It refused the input.
    Failed(E),
}

/// Feeds `input` to a resumable parser in every way it may arrive: whole, a byte at a time, in
/// every two parts; and, where it is complete, with other bytes after it and with one byte less.
/// `feed` gives the pieces to a fresh parser in order, each as soon as it comes.
///
/// Returns the outcome of the whole, which all others must equal.
pub fn feed_every_way<T, E>(input: &[u8], feed: impl Fn(&[&[u8]]) -> Outcome<T, E>) -> Outcome<T, E>
where
    T: PartialEq + Debug,
    E: PartialEq + Debug,
{
    let whole = feed(&[input]);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(feed(&bytes), whole, "a byte at a time");
    for at in (1..input.len()).step_by(input.len() / SPLITS_MAX + 1) {
        let (first, second) = input.split_at(at);
        assert_eq!(feed(&[first, second]), whole, "split at {at}");
    }
    if let Outcome::Complete { consumed, .. } = whole {
        let (own, _) = input.split_at(consumed);
        for after in [
            &b""[..],
            b"\0",
            b"\n",
            b"\r\n\r\n",
            b"0\r\n\r\n",
            b"GET / HTTP/1.1\r\n",
        ] {
            let longer = [own, after].concat();
            assert_eq!(
                feed(&[&longer]),
                whole,
                "with {} after it",
                after.escape_ascii()
            );
            assert_eq!(
                feed(&[own, after]),
                whole,
                "before {}",
                after.escape_ascii()
            );
        }
        let shorter = feed(&[&own[..consumed.saturating_sub(1)]]);
        assert!(
            consumed == 0 || shorter == Outcome::Incomplete,
            "one byte less: {shorter:?}"
        );
    }
    whole
}

/// A request head's parts, copied out of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// The first line.
    pub line: Vec<u8>,
    /// Its method.
    pub method: String,
    /// Its target.
    pub target: Vec<u8>,
    /// Its version.
    pub version: &'static str,
    /// Names and values.
    pub fields: Vec<(String, Vec<u8>)>,
    /// What [`framing::decide`] says.
    pub framing: Result<framing::RequestFraming, Fault>,
}

impl Parts {
    fn of(head: &Head, buf: &[u8], limits: &Limits) -> Parts {
        let fields = head.headers(buf).iter();
        Parts {
            line: head.request_line(buf).to_vec(),
            method: head.method(buf).name().into(),
            target: head.target(buf).to_vec(),
            version: head.version().name(),
            fields: fields
                .map(|(name, value)| (name.into(), value.to_vec()))
                .collect(),
            framing: framing::decide(head, buf, limits),
        }
    }
}

/// Reads one request head from pieces, as a connection does.
pub fn read_head(pieces: &[&[u8]], limits: &Limits) -> Outcome<Parts> {
    let mut buf = Vec::new();
    let mut searched = 0;
    for piece in pieces {
        buf.extend_from_slice(piece);
        if let Some(end) = find_end(&buf, &mut searched) {
            let head = &buf[..end];
            return match Head::parse(head, limits) {
                Ok(parsed) => Outcome::Complete {
                    value: Parts::of(&parsed, head, limits),
                    consumed: end,
                },
                Err(fault) => Outcome::Failed(fault),
            };
        }
        if let Some(fault) = refuse_early(&buf, limits) {
            return Outcome::Failed(fault);
        }
    }
    Outcome::Incomplete
}

/// Decodes one chunked body from pieces, as a connection does whose body is taken by and by.
pub fn read_chunked(pieces: &[&[u8]]) -> Outcome<Vec<u8>> {
    const TAKEN_MAX: usize = 7;
    let mut decoder = Decoder::new(BodyLen::Chunked).expect("a chunked body has a decoder");
    let mut unread = Vec::new();
    let mut value = Vec::new();
    let mut consumed = 0;
    for piece in pieces {
        unread.extend_from_slice(piece);
        loop {
            let taken = match decoder.next(&unread) {
                Err(fault) => return Outcome::Failed(fault),
                Ok(Next::End { skip }) => {
                    consumed += skip;
                    return Outcome::Complete { value, consumed };
                }
                Ok(Next::More { skip }) => {
                    assert_eq!(skip, unread.len(), "framing is consumed as it comes");
                    consumed += skip;
                    unread.clear();
                    break;
                }
                Ok(Next::Data { skip, len }) => {
                    assert!(len > 0);
                    let taken = len.min(TAKEN_MAX);
                    value.extend_from_slice(&unread[skip..skip + taken]);
                    decoder.took(taken);
                    skip + taken
                }
            };
            unread.drain(..taken);
            consumed += taken;
        }
    }
    Outcome::Incomplete
}

/// The same, all that is there at once.
fn read_gathered(pieces: &[&[u8]]) -> Outcome<Vec<u8>> {
    let mut decoder = Decoder::new(BodyLen::Chunked).expect("a body");
    let (mut unread, mut value, mut consumed) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        unread.extend_from_slice(piece);
        loop {
            let got = match decoder.gather(&mut unread) {
                Err(fault) => return Outcome::Failed(fault),
                Ok(got) => got,
            };
            value.extend_from_slice(&unread[got.start..got.start + got.len]);
            unread.drain(..got.used);
            consumed += got.used;
            if got.len > 0 {
                continue;
            }
            if let Ok(Next::End { .. }) = decoder.next(&unread) {
                return Outcome::Complete { value, consumed };
            }
            break;
        }
    }
    Outcome::Incomplete
}

/// Fuzz target: a request head gives the same however it arrives, and agrees with httparse.
pub fn request_parser(input: &[u8]) {
    let small = Limits {
        head_bytes_max: 64,
        target_bytes_max: 0,
        ..Limits::default()
    };
    feed_every_way(input, |pieces| read_head(pieces, &small));
    let limits = Limits::default();
    let outcome = feed_every_way(input, |pieces| read_head(pieces, &limits));
    agrees_with_httparse(input);
    if let Outcome::Complete { value, consumed } = outcome {
        let parts = [value.method.as_bytes(), &value.target].join(&b' ');
        assert!(value.line.starts_with(&parts));
        assert!(consumed <= limits.head_bytes_max);
        equals_httparse(&input[..consumed], &value);
    }
}

/// Where [`find_end`] sees an end, httparse sees it too, and not before.
pub fn agrees_with_httparse(input: &[u8]) {
    let complete = |input: &[u8]| {
        let mut storage = [const { MaybeUninit::uninit() }; 256];
        httparse::Request::new(&mut []).parse_with_uninit_headers(input, &mut storage)
    };
    let end = find_end(input, &mut 0);
    if let Some(end) = end {
        let parsed = complete(&input[..end]);
        assert!(
            !matches!(parsed, Ok(httparse::Status::Partial)),
            "{}",
            input.escape_ascii()
        );
    }
    let end = end.unwrap_or(input.len() + 1);
    for len in 0..end.min(PREFIXES_MAX) {
        let parsed = complete(&input[..len]);
        assert!(
            !matches!(parsed, Ok(httparse::Status::Complete(_))),
            "{len}"
        );
    }
}

/// What httparse takes as it is, is taken over unchanged.
fn equals_httparse(head: &[u8], parts: &Parts) {
    let mut storage = [httparse::EMPTY_HEADER; 256];
    let mut request = httparse::Request::new(&mut storage);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(len)) if len == head.len()) {
        return;
    }
    assert_eq!(request.method, Some(&*parts.method));
    assert_eq!(request.path.map(str::as_bytes), Some(&*parts.target));
    assert_eq!(request.headers.len(), parts.fields.len());
    for (field, (name, value)) in request.headers.iter().zip(&parts.fields) {
        assert_eq!((field.name, field.value), (&**name, &**value));
    }
}

/// Fuzz target: a chunked body gives the same however it arrives, and no byte is lost.
pub fn chunked_decoder(input: &[u8]) {
    let outcome = feed_every_way(input, read_chunked);
    assert_eq!(outcome, feed_every_way(input, read_gathered));
    if let Outcome::Complete { value, consumed } = outcome {
        // The shortest framing: "N\r\n" and "\r\n" around the data, "0\r\n\r\n" after it.
        let least = if value.is_empty() {
            5
        } else {
            value.len() + 10
        };
        assert!(least <= consumed);
        assert!(input[..consumed].ends_with(b"\r\n"));
    }
}

/// A small generator of choices (SplitMix64), for properties.
#[cfg(test)]
pub(crate) struct Random(pub u64);

#[cfg(test)]
impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// One of `choices`.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// Calls a fuzz target with each of its seeds, in `fuzz/seeds/NAME/`.
#[cfg(test)]
pub(crate) fn replay(name: &str, target: fn(&[u8])) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    if !root.exists() {
        println!("skipped: the package on crates.io comes without fuzz targets");
        return;
    }
    // A target that cargo-fuzz does not build would only seem to be fuzzed.
    let source = std::fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs")));
    assert!(
        source
            .unwrap()
            .contains(&format!("sprat::testing::{name}("))
    );
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("name = \"{name}\"")));
    let seeds: Vec<_> = std::fs::read_dir(root.join("seeds").join(name))
        .unwrap()
        .collect();
    assert!(!seeds.is_empty());
    for seed in seeds {
        let path = seed.unwrap().path();
        println!("{}", path.display()); // shown when it fails
        target(&std::fs::read(path).unwrap());
    }
}

#[cfg(test)]
mod tests;
