//! Every spelling that argparse takes, brought to one that pico-args cannot misread.
//!
//! pico-args looks for an option anywhere among the arguments, so a value that looks like an option
//! would be taken for one, and it knows neither `-H NAME VALUE` nor `--`. After this pass an option
//! is its long name followed by one argument with its values, which starts with `=`, as free
//! arguments do; no option's name does.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::flags::{Act, Flag, flags};
use super::{Show, UsageError};

/// Arguments in the one spelling.
#[derive(PartialEq, Eq, Debug)]
pub enum Spelled {
    /// An option that ends the reading of arguments came first.
    Show(Show),
    /// Options with their values.
    Arguments(Vec<OsString>),
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

/// Brings arguments to the one spelling.
///
/// # Errors
/// An unknown or ambiguous option, and too few or too many values.
pub fn unify(args: Vec<OsString>) -> Result<Spelled, UsageError> {
    let mut rest = Rest {
        args: args.into(),
        only_free: false,
    };
    let mut options = Vec::new();
    let mut free = Vec::new();
    while let Some(arg) = rest.args.pop_front() {
        if rest.only_free {
            free.push(joined([arg]));
            continue;
        }
        if arg == "--" {
            rest.only_free = true;
            continue;
        }
        match kind(&arg)? {
            Kind::Free => free.push(joined([arg])),
            Kind::Unknown => {
                return Err(UsageError(format!(
                    "unknown option {arg:?} (sprat --help lists them)"
                )));
            }
            Kind::Option(flag, attached) => {
                let values = rest.values(flag, attached)?;
                if let Act::Show(show) = flag.act {
                    return Ok(Spelled::Show(show));
                }
                options.push(OsString::from(flag.long));
                if !values.is_empty() {
                    options.push(joined(values));
                }
            }
        }
    }
    options.append(&mut free);
    Ok(Spelled::Arguments(options))
}

/// The arguments not yet looked at.
struct Rest {
    args: VecDeque<OsString>,
    /// `--` was seen: what follows are no options.
    only_free: bool,
}

impl Rest {
    /// As many values as the option takes.
    fn values(
        &mut self,
        flag: &Flag,
        attached: Option<OsString>,
    ) -> Result<Vec<OsString>, UsageError> {
        let wanted = flag.values.len();
        let expected = || match wanted {
            1 => UsageError::of(flag, "expected one argument"),
            _ => UsageError::of(flag, format_args!("expected {wanted} arguments")),
        };
        if let Some(attached) = attached {
            return match wanted {
                0 => self.more_switches(flag, attached),
                1 => Ok(vec![attached]),
                _ => Err(expected()),
            };
        }
        let mut values = Vec::with_capacity(wanted);
        while values.len() < wanted {
            values.push(self.value()?.ok_or_else(expected)?);
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
    UsageError::of(flag, format_args!("takes no value, but got {attached:?}"))
}

/// Several values as one argument. No argument of a process holds a NUL, so it can divide them.
fn joined(values: impl IntoIterator<Item = OsString>) -> OsString {
    let mut bytes = Vec::new();
    for value in values {
        bytes.push(if bytes.is_empty() { b'=' } else { 0 });
        bytes.extend_from_slice(value.as_bytes());
    }
    OsString::from_vec(bytes)
}

fn kind(arg: &OsStr) -> Result<Kind, UsageError> {
    let bytes = arg.as_bytes();
    if !bytes.starts_with(b"-") || bytes.len() == 1 {
        return Ok(Kind::Free);
    }
    let option = if bytes.starts_with(b"--") {
        long(arg)?
    } else {
        short(arg)
    };
    Ok(match option {
        Some((flag, attached)) => Kind::Option(flag, attached),
        // argparse takes these for values, since no option is a number or has a space.
        None if is_negative_number(bytes) || bytes.contains(&b' ') => Kind::Free,
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

fn is_negative_number(bytes: &[u8]) -> bool {
    let number = &bytes[1..];
    let dots = number.iter().filter(|&&byte| byte == b'.').count();
    number.last().is_some_and(u8::is_ascii_digit)
        && dots <= 1
        && number
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
}
