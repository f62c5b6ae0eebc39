//! Every spelling that argparse takes, read word by word: an option with its values, or a free
//! argument.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::UsageError;
use super::flag::Flag;
use super::flags::flags;
use super::{hints, unknown};

/// An option with as many values as it takes, or a free argument.
pub enum Word {
    /// An argument without an option.
    Free(OsString),
    /// An option.
    Option(&'static Flag, Vec<OsString>),
}

/// What one argument is.
enum Kind {
    /// A value, or a free argument.
    Free,
    /// An option, and the value attached to it.
    Option(&'static Flag, Option<OsString>),
    /// It looks like an option.
    Unknown,
}

/// The arguments not yet looked at. Each item may be an unknown or ambiguous option, or one with
/// too few or too many values; then the rest means nothing.
pub struct Words {
    args: VecDeque<OsString>,
    /// `--` was seen: what follows are no options.
    only_free: bool,
}

impl Words {
    /// Of these arguments.
    pub fn new(args: Vec<OsString>) -> Words {
        Words {
            args: args.into(),
            only_free: false,
        }
    }

    fn word(&mut self, arg: OsString) -> Result<Word, UsageError> {
        if self.only_free {
            return Ok(Word::Free(arg));
        }
        match kind(&arg)? {
            Kind::Free => Ok(Word::Free(arg)),
            Kind::Unknown => Err(UsageError(unknown::unknown(&arg, &self.args))),
            Kind::Option(flag, attached) => Ok(Word::Option(flag, self.values(flag, attached)?)),
        }
    }
}

impl Iterator for Words {
    type Item = Result<Word, UsageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut arg = self.args.pop_front()?;
        if !self.only_free && arg == "--" {
            self.only_free = true;
            arg = self.args.pop_front()?;
        }
        Some(self.word(arg))
    }
}

impl Words {
    /// As many values as the option takes.
    fn values(
        &mut self,
        flag: &Flag,
        attached: Option<OsString>,
    ) -> Result<Vec<OsString>, UsageError> {
        let wanted = flag.values.len();
        if let Some(attached) = attached {
            return match wanted {
                0 => self.more_switches(flag, attached),
                1 => Ok(vec![attached]),
                _ => Err(too_few(flag, Some(&attached))),
            };
        }
        let mut values = Vec::with_capacity(wanted);
        while values.len() < wanted {
            match self.value()? {
                Some(value) => values.push(value),
                None => return Err(too_few(flag, values.first())),
            }
        }
        Ok(values)
    }

    /// The next argument, if it is a value.
    fn value(&mut self) -> Result<Option<OsString>, UsageError> {
        if !self.only_free && self.args.front().is_some_and(|arg| arg == "--") {
            self.args.pop_front();
            self.only_free = true;
        }
        let Some(arg) = self.args.front() else {
            return Ok(None);
        };
        if !self.only_free && !matches!(kind(arg)?, Kind::Free) {
            return Ok(None);
        }
        Ok(self.args.pop_front())
    }

    /// `-qb ADDRESS` is `-q -b ADDRESS`.
    fn more_switches(
        &mut self,
        flag: &Flag,
        attached: OsString,
    ) -> Result<Vec<OsString>, UsageError> {
        let next = OsString::from_vec([b"-", attached.as_bytes()].concat());
        if short(&next).is_none() {
            return Err(takes_no_value(flag, &attached));
        }
        self.args.push_front(next);
        Ok(Vec::new())
    }
}

fn takes_no_value(flag: &Flag, attached: &OsStr) -> UsageError {
    let port = attached.to_str().filter(|text| hints::is_number(text));
    let hint = port.map_or_else(String::new, |port| format!(" ({})", hints::port(port)));
    UsageError::of(
        flag,
        format_args!("takes no value, but got {attached:?}{hint}"),
    )
}

/// An option lacks values; one of a pair may hold both.
fn too_few(flag: &Flag, first: Option<&OsString>) -> UsageError {
    let pair = first.and_then(|first| first.to_str());
    match (
        flag.values.len(),
        pair.and_then(|pair| hints::header(pair, "")),
    ) {
        (1, _) => UsageError::of(flag, "expected one argument"),
        (wanted, None) => UsageError::of(flag, format_args!("expected {wanted} arguments")),
        (wanted, Some(hint)) => {
            UsageError::of(flag, format_args!("expected {wanted} arguments ({hint})"))
        }
    }
}

fn kind(arg: &OsStr) -> Result<Kind, UsageError> {
    let bytes = arg.as_bytes();
    if !bytes.starts_with(b"-") || bytes.len() == 1 {
        return Ok(Kind::Free);
    }
    if unknown::one_dash(arg) {
        return Ok(Kind::Unknown);
    }
    let option = if bytes.starts_with(b"--") {
        long(arg)?
    } else {
        short(arg)
    };
    Ok(match option {
        Some((flag, attached)) => Kind::Option(flag, attached),
        // argparse takes these for values, since no option is a number or has a space.
        None if is_negative_number(bytes) || has_space(bytes) => Kind::Free,
        None => Kind::Unknown,
    })
}

type Found = Option<(&'static Flag, Option<OsString>)>;

/// `--name`, `--name=value`, and any beginning of a name that no other name has.
fn long(arg: &OsStr) -> Result<Found, UsageError> {
    let bytes = arg.as_bytes();
    let (name, attached) = match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    let attached = attached.map(|value| OsString::from_vec(value.to_vec()));
    let exact = flags().find(|flag| flag.long.as_bytes() == name);
    let likely: Vec<&Flag> = match exact {
        Some(flag) => vec![flag],
        None => flags()
            .filter(|flag| flag.long.as_bytes().starts_with(name))
            .collect(),
    };
    match (likely[..].as_ref(), attached) {
        ([], _) => Ok(None),
        ([flag], Some(attached)) if flag.values.is_empty() => Err(takes_no_value(flag, &attached)),
        ([flag], attached) => Ok(Some((flag, attached))),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|flag| flag.long).collect();
            Err(UsageError(format!(
                "ambiguous option: {:?} could match {}",
                OsStr::from_bytes(name),
                names.join(", ")
            )))
        }
    }
}

/// `-n`, `-nVALUE` and `-n=VALUE`.
fn short(arg: &OsStr) -> Found {
    let (name, attached) = arg.as_bytes().split_at_checked(2)?;
    let flag = flags().find(|flag| flag.short.as_bytes() == name)?;
    let attached = match attached {
        [] => None,
        [b'=', value @ ..] if !flag.values.is_empty() => Some(value),
        value => Some(value),
    };
    Some((
        flag,
        attached.map(|value| OsString::from_vec(value.to_vec())),
    ))
}

/// In what would be its name; a value attached may have spaces.
fn has_space(bytes: &[u8]) -> bool {
    let name = bytes.split(|&byte| byte == b'=').next();
    name.is_some_and(|name| name.contains(&b' '))
}

fn is_negative_number(bytes: &[u8]) -> bool {
    let number = &bytes[1..];
    let dots = number.iter().filter(|&&byte| byte == b'.').count();
    number.last().is_some_and(u8::is_ascii_digit)
        && dots <= 1
        && number
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
}
