//! The page that people like: Python's entries, each in its line, with sizes and times behind them.
//!
//! All that reads Python's page reads this one: `wget -r`, `pip --find-links`, `grep -o href=`. So
//! nothing but entries is a link. Parents and orders are the buttons of forms, which work without a
//! script and by keyboard, and which no robot presses.

use super::emit::{Parts, escaped, href, plain, signs};
use super::facts::Facts;
use super::figures::{Dates, grouped, number, size};
use super::names::Mark;
use super::order::{Order, SortKey};

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
    pub fn head(path: &[u8], order: Order, parts: Parts, out: &mut String) {
        let (cut, shown) = shown_path(path);
        out.push_str("<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        out.push_str(NO_ICON);
        out.push_str("<style>\n");
        out.push_str(STYLE);
        out.push_str("</style>\n<title>Directory listing for ");
        out.push_str(cut);
        text(shown, out);
        out.push_str("</title>\n</head>\n<body>\n");
        parents(path, out);
        out.push_str("<h1>Directory listing for ");
        out.push_str(cut);
        text(shown, out);
        out.push_str("</h1>\n");
        buttons(order, out);
        if parts == Parts::Several {
            out.push_str("<p>Too many names to sort at once: each part below is in order.</p>\n");
        }
        out.push_str("<ul>\n");
    }

    /// Appends the line of one entry.
    pub fn entry(&mut self, name: &[u8], mark: Mark, facts: Facts, out: &mut String) {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(facts.len.unwrap_or(0));
        let (slash, sign) = signs(mark);
        out.push_str("<li><a href=\"");
        // Most names are the same twice.
        match plain(name) {
            Some(name) => {
                out.push_str(name);
                out.push_str(slash);
                out.push_str("\">");
                out.push_str(name);
            }
            None => {
                href(name, out);
                out.push_str(slash);
                out.push_str("\">");
                text(name, out);
            }
        }
        out.push_str(sign);
        match facts.len {
            Some(len) => {
                out.push_str("</a> <data value=\"");
                number(len, out);
                out.push_str("\">");
                size(len, out);
                out.push_str("</data> ");
            }
            None => out.push_str("</a> <span>-</span> "),
        }
        let dates = &mut self.dates;
        if !facts.modified.is_some_and(|at| dates.time(at, out)) {
            out.push_str("<span>-</span>");
        }
        out.push_str("</li>\n");
    }

    /// Appends all that comes after the last entry.
    pub fn tail(&self, out: &mut String) {
        out.push_str("</ul>\n<footer>");
        grouped(self.entries, out);
        out.push_str(if self.entries == 1 {
            " entry, "
        } else {
            " entries, "
        });
        out.push_str("<data value=\"");
        number(self.bytes, out);
        out.push_str("\">");
        size(self.bytes, out);
        out.push_str("</data>. Times are UTC.</footer>\n</body>\n</html>\n");
    }
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
fn parents(path: &[u8], out: &mut String) {
    let inner = path.strip_prefix(b"/").unwrap_or(path);
    let names: Vec<&[u8]> = inner
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
        .collect();
    let Some((_, above)) = names.split_last() else {
        return;
    };
    out.push_str("<nav aria-label=\"Parent directories\"><form>");
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
        out.push_str(" \u{2026}");
    }
    for (number, name) in above.iter().enumerate().skip(first) {
        parent(above.len() - number, name, out);
    }
    out.push_str("</form></nav>\n");
}

fn parent(steps: usize, name: &[u8], out: &mut String) {
    out.push_str(" <button formaction=\"");
    for _ in 0..steps {
        out.push_str("../");
    }
    out.push_str("\">");
    text(name, out);
    out.push_str("/</button>");
}

/// Appends the forms that ask for another order. What was chosen is kept by each of the others.
fn buttons(order: Order, out: &mut String) {
    let sort = order.key.word().map(|word| ("sort", word));
    let descending = order.is_descending.then_some(("order", "desc"));
    let first = order.directories_first.then_some(("dirs", "first"));
    out.push_str("<form>Sort by");
    for key in [SortKey::Name, SortKey::Size, SortKey::Time] {
        let word = key.word().unwrap_or_default();
        out.push_str(" <button name=\"sort\" value=\"");
        out.push_str(word);
        out.push_str(match key == order.key {
            true => "\" aria-current=\"true\">",
            false => "\">",
        });
        out.push_str(word);
        out.push_str("</button>");
    }
    keep([descending, first], out);
    out.push_str("<form>");
    out.push_str(match order.is_descending {
        true => "<button name=\"order\" value=\"asc\" aria-pressed=\"true\">",
        false => "<button name=\"order\" value=\"desc\" aria-pressed=\"false\">",
    });
    out.push_str("descending</button>");
    keep([sort, first], out);
    out.push_str("<form>");
    out.push_str(match order.directories_first {
        true => "<button aria-pressed=\"true\">",
        false => "<button name=\"dirs\" value=\"first\" aria-pressed=\"false\">",
    });
    out.push_str("directories first</button>");
    keep([sort, descending], out);
}

/// Appends the end of a form that sends these, too.
fn keep(fields: [Option<(&str, &str)>; 2], out: &mut String) {
    for (name, value) in fields.into_iter().flatten() {
        for part in [
            "<input type=\"hidden\" name=\"",
            name,
            "\" value=\"",
            value,
            "\">",
        ] {
            out.push_str(part);
        }
    }
    out.push_str("</form>\n");
}

/// Appends a name for people. What HTML does not allow is replaced: controls by their pictures, so
/// that a name stays on its line, and what is no character.
fn text(name: &[u8], out: &mut String) {
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
