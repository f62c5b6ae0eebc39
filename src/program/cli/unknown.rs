//! Options that are none, and what they are called here: slips of the finger, and the names that
//! other servers have.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::address;
use super::flag::Flag;
use super::flags::flags;
use super::hints::{self, Endpoint, most_alike, shell};
use super::others::{EVERYWHERE, Meaning, Meaning::*, meaning};

/// Says that there is no such option, and what may be meant. `rest` is what was typed after it.
pub fn unknown(arg: &OsStr, rest: &VecDeque<OsString>) -> String {
    let hint = hint(arg, rest.front().map(OsString::as_os_str));
    let hint = hint.unwrap_or_else(|| "sprat --help lists them".into());
    format!("unknown option {arg:?} ({hint})")
}

/// What a word with one dash too few means: `-port`, `-help`, `-directory`.
pub fn one_dash(arg: &OsStr) -> bool {
    const LETTERS_MIN: usize = 3;
    let Some(text) = arg.to_str() else {
        return false;
    };
    let is_word = !text.starts_with("--") && text.len() > LETTERS_MIN;
    let name = format!("-{}", text.split('=').next().unwrap_or(text));
    is_word && (flags().any(|flag| flag.long == name) || meaning(&name).is_some())
}

fn hint(arg: &OsStr, next: Option<&OsStr>) -> Option<String> {
    let text = arg.to_str()?;
    let (name, attached) = match text.split_once('=') {
        Some((name, value)) => (name, Some(OsStr::new(value))),
        None => (text, None),
    };
    if !name.starts_with("--") {
        if one_dash(arg) {
            let dashed = OsString::from(format!("-{text}"));
            let exact = flags().find(|flag| dashed.as_bytes() == flag.long.as_bytes());
            return match exact {
                Some(flag) => Some(format!("did you mean {}?", flag.long)),
                None => hint(&dashed, next),
            };
        }
        return short(name, next);
    }
    let next = next.filter(|next| !next.as_bytes().starts_with(b"-"));
    match meaning(name) {
        Some(meaning) => Some(explained(meaning, attached.or(next))),
        None => similar(name),
    }
}

/// One dash and a letter, with its value perhaps attached.
fn short(text: &str, next: Option<&OsStr>) -> Option<String> {
    let letter = text.chars().nth(1)?;
    let (name, attached) = text.split_at(1 + letter.len_utf8());
    let attached = Some(OsStr::new(attached)).filter(|value| !value.is_empty());
    if let Some(meaning) = meaning(text).or_else(|| meaning(name)) {
        return Some(explained(meaning, attached.or(next)));
    }
    let other = flags().find(|flag| flag.short.eq_ignore_ascii_case(name))?;
    Some(did_you_mean(&[other]))
}

fn explained(meaning: &Meaning, value: Option<&OsStr>) -> String {
    let text = value.and_then(OsStr::to_str);
    let endpoint = text.and_then(Endpoint::of);
    let value = |word| shell(value.unwrap_or_default(), word);
    match (meaning, endpoint) {
        (Port | Address, Some(endpoint)) => {
            let line = endpoint.command();
            format!("the address is -b/--bind, and the port an argument without an option: {line}")
        }
        (AddressOr(_), Some(endpoint)) => format!("type {}", endpoint.command()),
        (Port, None) => match text.filter(|text| hints::is_number(text)) {
            Some(text) if hints::port_in(text).is_none() => "a port is 0 to 65535".into(),
            _ => hints::port(text.and_then(hints::port_in).unwrap_or("8000")),
        },
        (Address, None) if text.is_some_and(hints::is_number) => hints::port(&value("8000")),
        (Address, None) if text.is_some_and(address::means_all) => EVERYWHERE.into(),
        (Address, None) if text.is_some_and(address::is_interface) => {
            address::of_interface(text.unwrap_or_default())
        }
        (Address, None) => {
            format!("the address is -b/--bind: sprat -b {}", value("ADDRESS"))
        }
        (Directory, _) => {
            format!(
                "the directory is -d/--directory: sprat -d {}",
                value("DIRECTORY")
            )
        }
        (Phrase(phrase) | AddressOr(phrase), _) => (*phrase).into(),
    }
}

/// Options with this word in their name, or the one that looks most like it.
fn similar(name: &str) -> Option<String> {
    let bare = name.trim_start_matches('-');
    let is_part = |flag: &&Flag| flag.long.split('-').any(|part| part == bare);
    let parts: Vec<&Flag> = flags().filter(is_part).collect();
    if !bare.is_empty() && !parts.is_empty() {
        return Some(did_you_mean(&parts));
    }
    let find = |long: &str| flags().find(|flag| &flag.long[2..] == long);
    let lower = bare.to_ascii_lowercase().replace('_', "-");
    let names: Vec<&str> = flags().map(|flag| &flag.long[2..]).collect();
    let alike = most_alike(&lower, &names);
    // `--help-me`, `--cgi-bin`: a name, and a word too many.
    let is_start = |flag: &&Flag| {
        name.strip_prefix(flag.long)
            .is_some_and(|r| r.starts_with('-'))
    };
    let flag = match alike {
        Some((long, true)) => find(long),
        _ => flags().find(is_start).or_else(|| find(alike?.0)),
    };
    flag.map(|flag| did_you_mean(&[flag]))
}

fn did_you_mean(flags: &[&Flag]) -> String {
    let names: Vec<&str> = flags.iter().map(|flag| flag.long).collect();
    match &names[..] {
        [most @ .., last] if !most.is_empty() => {
            format!("did you mean {} or {last}?", most.join(", "))
        }
        _ => format!("did you mean {}?", names.concat()),
    }
}

#[cfg(test)]
mod tests;
