//! The page that people like: Python's entries, each in its line, with sizes and times behind them.
//!
//! All that reads Python's page reads this one: `wget -r`, `pip --find-links`, `grep -o href=`. So
//! nothing but entries is a link. Parents and orders are the buttons of forms, which work without a
//! script and by keyboard, and which no robot presses.

use super::emit::{Parts, escaped, href, plain, signs};
use super::facts::Facts;
use super::figures::{Dates, grouped, size};
use super::names::Mark;
use super::order::{Order, SortKey};
use crate::http::grammar::{DECIMAL_BYTES, decimal};

/// The look: no script, nothing from elsewhere. Text has a contrast of 7:1 or more, light and dark.
/// A name is isolated from what follows it, and shows its spaces; the columns become two lines on
/// a phone. An empty string for a bullet keeps the list a list for screen readers.
const STYLE: &str = "\
:root {
color-scheme: light dark;
--text: #1b1b1b; --page: #fff; --dim: #555; --line: #ddd; --link: #0645ad; --seen: #6b2c91;
}
@media (prefers-color-scheme: dark) {
:root { --text: #e8e8e8; --page: #161616; --dim: #b0b0b0; --line: #3a3a3a; --link: #9ecbff; \
--seen: #d3b0f5; }
}
body {
font-family: system-ui, sans-serif;
line-height: 1.5;
max-width: 60em;
margin: 1em auto;
padding: 0 1em;
color: var(--text);
background: var(--page);
overflow-wrap: anywhere;
}
h1 { font-size: 1.3em; }
form { display: inline-block; margin: .2em .8em .2em 0; color: var(--dim); }
button {
font: inherit;
color: var(--link);
background: none;
border: 1px solid var(--line);
border-radius: .3em;
padding: .2em .6em;
max-width: 100%;
overflow-wrap: anywhere;
white-space: pre-wrap;
cursor: pointer;
unicode-bidi: isolate;
}
button[aria-current], button[aria-pressed=true] {
color: var(--text);
border-color: var(--text);
font-weight: bold;
}
ul { list-style: \"\"; margin: 1em 0; padding: 0; border-top: 1px solid var(--line); }
li {
display: grid;
grid-template-columns: 1fr 6em 9.5em;
gap: 0 1em;
padding: .3em 0;
border-bottom: 1px solid var(--line);
}
a { color: var(--link); white-space: pre-wrap; unicode-bidi: isolate; min-width: 0; }
a:visited { color: var(--seen); }
a ~ *, footer { color: var(--dim); font-variant-numeric: tabular-nums; }
a ~ * { text-align: right; white-space: nowrap; }
@media (max-width: 40em) {
li { grid-template-columns: 1fr auto; }
a { grid-column: 1 / -1; padding: .2em 0; }
a + * { text-align: left; }
}
";

/// An icon of nothing, or browsers ask for `/favicon.ico`, and complain that it is missing. With a
/// space, which HTML allows, for `grep -o href=` finds entries, and no more.
const NO_ICON: &str = "<link rel=\"icon\" href =\"data:,\">\n";

/// Most bytes of a path that are shown, in bytes: the end of it. A name has 255 at most.
const PATH_BYTES_MAX: usize = 2 * 1024;

/// Most parents that have a button, a count: the nearest, and the root, unless it is 680 levels up.
const PARENTS_MAX: usize = 32;

/// A page that is being made: what its last line tells, and the date at hand.
#[derive(Default)]
pub struct Page {
    dates: Dates,
    entries: u64,
    bytes: u64,
}

impl Page {
    /// Appends all that comes before the first entry. `path` is decoded.
    pub fn head(path: &[u8], order: Order, parts: Parts, out: &mut Vec<u8>) {
        let (cut, shown) = shown_path(path);
        out.extend_from_slice(
            b"<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        );
        out.extend_from_slice(
            b"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        );
        out.extend_from_slice(NO_ICON.as_bytes());
        out.extend_from_slice(b"<style>\n");
        out.extend_from_slice(STYLE.as_bytes());
        out.extend_from_slice(b"</style>\n<title>Directory listing for ");
        out.extend_from_slice(cut.as_bytes());
        text(shown, out);
        out.extend_from_slice(b"</title>\n</head>\n<body>\n");
        parents(path, out);
        out.extend_from_slice(b"<h1>Directory listing for ");
        out.extend_from_slice(cut.as_bytes());
        text(shown, out);
        out.extend_from_slice(b"</h1>\n");
        buttons(order, out);
        if parts == Parts::Several {
            out.extend_from_slice(
                b"<p>Too many names to sort at once: each part below is in order.</p>\n",
            );
        }
        out.extend_from_slice(b"<ul>\n");
    }

    /// Appends the line of one entry.
    pub fn entry(&mut self, name: &[u8], mark: Mark, facts: Facts, out: &mut Vec<u8>) {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(facts.len.unwrap_or(0));
        let (slash, sign) = signs(mark);
        out.extend_from_slice(b"<li><a href=\"");
        // Most names are the same twice.
        match plain(name) {
            Some(name) => {
                out.extend_from_slice(name);
                out.extend_from_slice(slash.as_bytes());
                out.extend_from_slice(b"\">");
                out.extend_from_slice(name);
            }
            None => {
                href(name, out);
                out.extend_from_slice(slash.as_bytes());
                out.extend_from_slice(b"\">");
                text(name, out);
            }
        }
        out.extend_from_slice(sign.as_bytes());
        match facts.len {
            Some(len) => {
                out.extend_from_slice(b"</a> <data value=\"");
                number_and_size(len, out);
                out.extend_from_slice(b"</data> ");
            }
            None => out.extend_from_slice(b"</a> <span>-</span> "),
        }
        let dates = &mut self.dates;
        if !facts.modified.is_some_and(|at| dates.time(at, out)) {
            out.extend_from_slice(b"<span>-</span>");
        }
        out.extend_from_slice(b"</li>\n");
    }

    /// Appends all that comes after the last entry.
    pub fn tail(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"</ul>\n<footer>");
        grouped(self.entries, out);
        let noun = if self.entries == 1 {
            " entry, "
        } else {
            " entries, "
        };
        out.extend_from_slice(noun.as_bytes());
        out.extend_from_slice(b"<data value=\"");
        number_and_size(self.bytes, out);
        out.extend_from_slice(b"</data>. Times are UTC.</footer>\n</body>\n</html>\n");
    }
}

/// Appends an exact size and the end of the attribute that it is for, and how it is shown.
fn number_and_size(bytes: u64, out: &mut Vec<u8>) {
    let mut room = [0; DECIMAL_BYTES];
    let digits = decimal(bytes, &mut room);
    out.extend_from_slice(digits);
    out.extend_from_slice(b"\">");
    size(bytes, digits, out);
}

/// What of a path is shown, and what stands for the rest.
fn shown_path(path: &[u8]) -> (&'static str, &[u8]) {
    match path.len().checked_sub(PATH_BYTES_MAX) {
        None | Some(0) => ("", path),
        Some(cut) => ("\u{2026}", &path[cut..]),
    }
}

/// Appends a button for each parent, the root first. They are relative, so that they also work
/// behind a proxy that serves this under a path of its own.
fn parents(path: &[u8], out: &mut Vec<u8>) {
    let inner = path.strip_prefix(b"/").unwrap_or(path);
    let names: Vec<&[u8]> = inner
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
        .collect();
    let Some((_, above)) = names.split_last() else {
        return;
    };
    out.extend_from_slice(b"<nav aria-label=\"Parent directories\"><form>");
    // Its reference grows with the depth.
    if "../".len() * names.len() <= PATH_BYTES_MAX {
        parent(names.len(), b"", out);
    }
    let (mut first, mut bytes) = (above.len(), 0);
    while first > 0 && above.len() - first < PARENTS_MAX - 1 {
        bytes += above[first - 1].len();
        if bytes > PATH_BYTES_MAX {
            break;
        }
        first -= 1;
    }
    if first > 0 {
        out.extend_from_slice(" \u{2026}".as_bytes());
    }
    for (number, name) in above.iter().enumerate().skip(first) {
        parent(above.len() - number, name, out);
    }
    out.extend_from_slice(b"</form></nav>\n");
}

fn parent(steps: usize, name: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b" <button formaction=\"");
    for _ in 0..steps {
        out.extend_from_slice(b"../");
    }
    out.extend_from_slice(b"\">");
    text(name, out);
    out.extend_from_slice(b"/</button>");
}

/// Appends the forms that ask for another order. What was chosen is kept by each of the others.
fn buttons(order: Order, out: &mut Vec<u8>) {
    let sort = order.key.word().map(|word| ("sort", word));
    let descending = order.is_descending.then_some(("order", "desc"));
    let first = order.directories_first.then_some(("dirs", "first"));
    out.extend_from_slice(b"<form>Sort by");
    for key in [SortKey::Name, SortKey::Size, SortKey::Time] {
        let word = key.word().unwrap_or_default();
        out.extend_from_slice(b" <button name=\"sort\" value=\"");
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(match key == order.key {
            true => b"\" aria-current=\"true\">",
            false => b"\">",
        });
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(b"</button>");
    }
    keep([descending, first], out);
    out.extend_from_slice(b"<form>");
    out.extend_from_slice(match order.is_descending {
        true => b"<button name=\"order\" value=\"asc\" aria-pressed=\"true\">",
        false => b"<button name=\"order\" value=\"desc\" aria-pressed=\"false\">",
    });
    out.extend_from_slice(b"descending</button>");
    keep([sort, first], out);
    out.extend_from_slice(b"<form>");
    out.extend_from_slice(match order.directories_first {
        true => b"<button aria-pressed=\"true\">",
        false => b"<button name=\"dirs\" value=\"first\" aria-pressed=\"false\">",
    });
    out.extend_from_slice(b"directories first</button>");
    keep([sort, descending], out);
}

/// Appends the end of a form that sends these, too.
fn keep(fields: [Option<(&str, &str)>; 2], out: &mut Vec<u8>) {
    for (name, value) in fields.into_iter().flatten() {
        for part in [
            "<input type=\"hidden\" name=\"",
            name,
            "\" value=\"",
            value,
            "\">",
        ] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.extend_from_slice(b"</form>\n");
}

/// Appends a name for people. What HTML does not allow is replaced: controls by their pictures, so
/// that a name stays on its line, and what is no character.
fn text(name: &[u8], out: &mut Vec<u8>) {
    escaped(name, is_not_for_html, out, |letter, out| {
        let picture = match u32::from(letter) {
            code @ 0..=0x1F => char::from_u32(0x2400 + code),
            0x7F => Some('\u{2421}'),
            _ => None,
        };
        out.push(picture.unwrap_or(char::REPLACEMENT_CHARACTER));
    });
}

/// Controls, and code points that stand for no character (HTML 13.2.3.5 "noncharacters").
fn is_not_for_html(letter: char) -> bool {
    let code = u32::from(letter);
    letter.is_control() || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests;
