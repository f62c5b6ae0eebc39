//! Fuzz targets of listings: what hostile names do to a page.

use crate::files::listing::emit::{html_entry, json_entry};
use crate::files::listing::facts::Facts;
use crate::files::listing::names::{Mark, Names};
use crate::files::listing::order::Order;

/// Fuzz target: names, parted by slashes, are found back in both forms of a listing, whose own
/// marks they cannot write; and they come in one order, however they were gathered.
pub fn listing_names(input: &[u8]) {
    let names: Vec<&[u8]> = input
        .split(|&byte| byte == b'/' || byte == 0)
        .filter(|name| !name.is_empty() && *name != b"." && *name != b"..")
        .collect();
    const MARKS: [(Mark, &str, &str); 5] = [
        (Mark::File, "", ""),
        (Mark::Directory, "/", "/"),
        (Mark::Link, "", "@"),
        (Mark::LinkToDirectory, "/", "@"),
        (Mark::Other, "", ""),
    ];
    for (number, name) in names.iter().enumerate() {
        let (mark, slash, sign) = MARKS[number % MARKS.len()];
        check_html(name, mark, slash, sign);
        check_json(name, mark, slash);
    }
    let once = in_order(&names, usize::MAX);
    assert_eq!(in_order(&names, 1), once);
    assert_eq!(in_order(&names, 3), once);
    let (mut given, mut got) = (names, once.iter().map(Vec::as_slice).collect::<Vec<_>>());
    given.sort_unstable();
    got.sort_unstable();
    assert_eq!(got, given);
}

/// Fuzz target: a query says the order that a slow reading finds in it, last words first; and to
/// write that order, and nothing else, is to say the same.
pub fn listing_query(input: &[u8]) {
    let order = Order::parse(Some(input));
    let last = |name: &[u8], words: &[&'static str]| {
        let mut pairs = input.rsplit(|&byte| byte == b'&').map(slow_pair);
        pairs.find_map(|(other, value)| {
            let mut words = words.iter().filter(|word| word.as_bytes() == value);
            (other == name).then(|| words.next().copied())?
        })
    };
    let sort = last(b"sort", &["name", "size", "time"]);
    let direction = last(b"order", &["asc", "desc"]);
    let directories = last(b"dirs", &["first"]);
    assert_eq!(order.key.word(), sort);
    assert_eq!(order.is_descending, direction == Some("desc"));
    assert_eq!(order.directories_first, directories.is_some());
    let said = [("sort", sort), ("order", direction), ("dirs", directories)]
        .map(|(name, word)| word.map(|word| format!("{name}={word}")));
    let said: Vec<String> = said.into_iter().flatten().collect();
    assert_eq!(Order::parse(Some(said.join("&").as_bytes())), order);
}

/// A name and its value, both decoded byte by byte; what is no escape stays as it is.
fn slow_pair(pair: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let (mut name, mut value, mut is_value) = (Vec::new(), Vec::new(), false);
    let mut at = 0;
    while let Some(&byte) = pair.get(at) {
        at += 1;
        let escape = (byte == b'%').then(|| Some((digit(pair.get(at))?, digit(pair.get(at + 1))?)));
        let decoded = match escape.flatten() {
            Some((high, low)) => {
                at += 2;
                (16 * high + low) as u8
            }
            None if byte == b'=' && !is_value => {
                is_value = true;
                continue;
            }
            None => byte,
        };
        match is_value {
            true => value.push(decoded),
            false => name.push(decoded),
        }
    }
    (name, value)
}

fn in_order(names: &[&[u8]], per_run: usize) -> Vec<Vec<u8>> {
    let mut all = Names::default();
    for (number, name) in names.iter().enumerate() {
        if number % per_run == 0 && number > 0 {
            all.end_run();
        }
        all.push(name, Mark::File);
    }
    all.end_run();
    all.start_merge();
    let mut order = Vec::new();
    while let Some((name, ..)) = all.next() {
        order.push(name.to_vec());
    }
    order
}

fn check_href(href: &str, name: &[u8], slash: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    let encoded = href
        .strip_suffix(slash)
        .expect("a directory ends in a slash");
    assert!(encoded.bytes().all(plain), "{href}");
    let path = crate::http::target::UrlPath::decode(format!("/{encoded}").as_bytes());
    assert_eq!(path.expect("no NUL").relative(), name);
}

fn check_html(name: &[u8], mark: Mark, slash: &str, sign: &str) {
    let mut out = Vec::new();
    html_entry(name, mark, &mut out);
    let out = String::from_utf8(out).expect("UTF-8");
    let (href, text) = out
        .strip_prefix("<li><a href=\"")
        .and_then(|rest| rest.strip_suffix("</a></li>\n"))
        .and_then(|rest| rest.split_once("\">"))
        .expect("an entry's own marks");
    check_href(href, name, slash);
    assert!(!text.contains(['<', '>']) && !text.contains(|c: char| c.is_ascii_control()));
    let shown = text.strip_suffix(sign).expect("what it is");
    // A reference to a character, then the three of HTML, `&` last.
    let mut back = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("&#") {
        let (number, after) = after.split_once(';').expect("a reference ends");
        back.push_str(before);
        back.push(char::from(number.parse::<u8>().expect("a control")));
        rest = after;
    }
    back.push_str(rest);
    let back = back.replace("&lt;", "<").replace("&gt;", ">");
    assert_eq!(back.replace("&amp;", "&"), String::from_utf8_lossy(name));
}

fn check_json(name: &[u8], mark: Mark, slash: &str) {
    let mut out = Vec::new();
    json_entry(name, mark, Facts::default(), true, &mut out);
    let out = String::from_utf8(out).expect("UTF-8");
    let rest = out.strip_prefix("\n{\"name\":\"").expect("an object");
    let (shown, rest) = json_string(rest);
    assert_eq!(shown, String::from_utf8_lossy(name));
    let rest = rest.strip_prefix(",\"type\":\"").expect("its type");
    let (_, rest) = json_string(rest);
    let rest = rest.strip_prefix(",\"size\":null,\"mtime\":null,\"href\":\"");
    let (href, rest) = json_string(rest.expect("its sizes"));
    check_href(&href, name, slash);
    assert_eq!(rest, "}");
}

/// A JSON string without its first quote, and what follows it.
fn json_string(text: &str) -> (String, &str) {
    let mut string = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next().expect("a string ends") {
            '"' => return (string, rest.as_str()),
            '\\' => match rest.next() {
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).expect("four digits");
                    string.push(char::from_u32(code).expect("a character"));
                }
                other => string.extend(other),
            },
            letter => {
                assert!(!letter.is_control());
                string.push(letter);
            }
        }
    }
}

#[cfg(test)]
mod tests;
