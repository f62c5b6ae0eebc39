//! What lies at a place (a file, its page in Markdown, and both in codings), what peers accept of
//! it, and what is due to them: a slow reading of `--precompressed` and `--markdown`, which shares
//! no code with what it judges.

use std::rc::Rc;

/// What is behind a name, and its content coding.
const CODINGS: [(&str, &str); 4] = [("", ""), (".br", "br"), (".zst", "zstd"), (".gz", "gzip")];

/// The forms of a page, a count: the file in each coding, then its page in Markdown in each.
pub const FORMS: usize = 2 * CODINGS.len();

/// The first form in Markdown.
const MARKDOWN: usize = CODINGS.len();

/// Fields of Accept-Encoding, and the codings that they mean, the best first and those of one rank
/// together.
const ENCODINGS: [(&str, &[&[usize]]); 8] = [
    ("", &[&[0]]),
    ("Accept-Encoding: \r\n", &[&[0]]),
    (
        "Accept-Encoding: gzip, deflate, br, zstd\r\n",
        &[&[1, 2, 3], &[0]],
    ),
    ("Accept-Encoding: x-gzip\r\n", &[&[3], &[0]]),
    (
        "Accept-Encoding: br;q=0.5, gzip\r\nAccept-Encoding: identity;q=0.8\r\n",
        &[&[3], &[0], &[1]],
    ),
    ("Accept-Encoding: ZSTD, *;q=0\r\n", &[&[2]]),
    ("Accept-Encoding: *\r\n", &[&[0, 1, 2, 3]]),
    ("Accept-Encoding: *;q=0\r\n", &[]),
];

/// Of these no peer that sent one can be told that nothing suits.
const SILENT: usize = 2;

/// Fields of Accept, and whether they ask for Markdown.
const ACCEPTS: [(&str, bool); 4] = [
    ("", false),
    (
        "Accept: text/markdown, text/html;q=0.9, */*;q=0.1\r\n",
        true,
    ),
    ("Accept: text/html, text/*, */*\r\n", false),
    ("Accept: text/markdown;q=0.5, text/html\r\n", false),
];

/// A file as it was at some time.
#[derive(Clone)]
pub struct Edition {
    pub content: Rc<str>,
    /// Its mtime.
    pub second: usize,
}

/// The forms at a place; `None`: it is not there.
pub type Shelf = [Option<Edition>; FORMS];

/// The name of a form of a file.
pub fn name_of(name: &str, form: usize) -> String {
    let extension = CODINGS[form % MARKDOWN].0;
    match form < MARKDOWN {
        true => format!("{name}{extension}"),
        false => {
            let stem = name.strip_suffix(".html").unwrap_or(name);
            format!("{stem}.md{extension}")
        }
    }
}

/// The coding of a form, as Content-Encoding has it; empty if it has none.
pub fn coding_of(form: usize) -> &'static str {
    CODINGS[form % MARKDOWN].1
}

/// What a peer accepts; by default it does not say.
#[derive(Clone, Copy, Default)]
pub struct Palate {
    pub encoding: usize,
    pub accept: usize,
}

/// What an answer has to say.
#[derive(PartialEq, Eq, Debug)]
pub enum Due<'a> {
    Form(usize, &'a str),
    Missing,
    Unsuited,
}

impl Palate {
    pub const ENCODINGS: usize = ENCODINGS.len();
    pub const ACCEPTS: usize = ACCEPTS.len();

    /// The fields that say so.
    pub fn fields(self) -> String {
        [ENCODINGS[self.encoding].0, ACCEPTS[self.accept].0].concat()
    }

    /// What such a peer is to be answered with.
    pub fn due(self, shelf: &Shelf) -> Due<'_> {
        let markdown = ACCEPTS[self.accept]
            .1
            .then(|| self.due_from(shelf, MARKDOWN));
        match markdown {
            Some(form @ Due::Form(..)) => form,
            _ => self.due_from(shelf, 0),
        }
    }

    /// The same of the form without a coding, and those beside it.
    fn due_from(self, shelf: &Shelf, plain: usize) -> Due<'_> {
        let sent = |coding: usize| {
            let edition = shelf[plain + coding].as_ref()?;
            let is_stale = |plain: &Edition| edition.second < plain.second;
            let is_stale = shelf[plain].as_ref().is_some_and(is_stale);
            let is_sent = coding == 0 || (!edition.content.is_empty() && !is_stale);
            is_sent.then_some((plain + coding, &*edition.content))
        };
        for rank in ENCODINGS[self.encoding].1 {
            let forms = rank.iter().filter_map(|&coding| sent(coding));
            if let Some((form, content)) = forms.min_by_key(|(_, content)| content.len()) {
                return Due::Form(form, content);
            }
        }
        let is_any = (0..MARKDOWN).any(|coding| sent(coding).is_some());
        match is_any && self.encoding >= SILENT {
            true => Due::Unsuited,
            false => Due::Missing,
        }
    }
}
