//! Every spelling that argparse takes. The arguments are split, in their order, into one group for
//! each option, under its full name, and pico-args takes the option and its values out of the
//! group. So the first mistake is reported first, and what is left over is a free argument.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use pico_args::Arguments;

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
enum ArgKind {
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
    /// Arguments without an option, which come before `args`.
    free: VecDeque<OsString>,
}

impl Words {
    /// Of these arguments.
    pub fn new(args: Vec<OsString>) -> Words {
        Words {
            args: args.into(),
            free: VecDeque::new(),
        }
    }

    /// What is up to the next option: its values, and free arguments. After `--` that is all.
    fn up_to_option(&mut self, group: &mut Vec<OsString>) {
        while let Some(arg) = self.args.pop_front() {
            if arg == "--" {
                group.extend(self.args.drain(..));
            } else if matches!(kind(&arg), Ok(ArgKind::Free)) {
                group.push(arg);
            } else {
                self.args.push_front(arg);
                return;
            }
        }
    }

    /// An option with its values. What is left of its group is free.
    fn option(&mut self, arg: &OsStr) -> Result<Word, UsageError> {
        let (flag, attached) = match kind(arg)? {
            ArgKind::Option(flag, attached) => (flag, attached),
            ArgKind::Free | ArgKind::Unknown => {
                return Err(UsageError(unknown::unknown(arg, &self.args)));
            }
        };
        // pico-args would take quotes off what is attached, and no empty value: it gets them apart.
        let mut group = vec![OsString::from(flag.long)];
        if flag.may_lack_value() {
            // What follows it is an argument of its own.
            let values: Vec<OsString> = attached.into_iter().collect();
            return Ok(Word::Option(flag, values));
        }
        match (attached, flag.values.len()) {
            (None, _) => {}
            (Some(attached), 0) => self.args.push_front(switches(flag, &attached)?),
            (Some(attached), 1) => group.push(attached),
            (Some(attached), _) => return Err(too_few(flag, &[attached])),
        }
        self.up_to_option(&mut group);
        let mut group = Arguments::from_vec(group);
        let values = take(flag, &mut group).map_err(|too_few| {
            // As in argparse, an ambiguous name in a value's place is reported.
            let next = self.args.front().map(|arg| kind(arg));
            next.and_then(Result::err).unwrap_or(too_few)
        })?;
        self.free = group.finish().into();
        Ok(Word::Option(flag, values))
    }
}

impl Iterator for Words {
    type Item = Result<Word, UsageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.free.is_empty() {
            let mut free = Vec::new();
            self.up_to_option(&mut free);
            self.free = free.into();
        }
        if let Some(arg) = self.free.pop_front() {
            return Some(Ok(Word::Free(arg)));
        }
        let arg = self.args.pop_front()?;
        Some(self.option(&arg))
    }
}

/// Takes an option and its values out of the group of arguments that it starts.
fn take(flag: &'static Flag, group: &mut Arguments) -> Result<Vec<OsString>, UsageError> {
    let owned = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    let mut values = Vec::with_capacity(flag.values.len());
    for at in 0..flag.values.len() {
        let value = match at {
            0 => group.value_from_os_str(flag.long, owned),
            _ => group.free_from_os_str(owned),
        };
        match value {
            Ok(value) => values.push(value),
            Err(_) => return Err(too_few(flag, &values)),
        }
    }
    if flag.values.is_empty() {
        group.contains(flag.long);
    }
    Ok(values)
}

/// `-qb ADDRESS` is `-q -b ADDRESS`: the option that is attached to one without a value.
fn switches(flag: &Flag, attached: &OsStr) -> Result<OsString, UsageError> {
    let next = OsString::from_vec([b"-", attached.as_bytes()].concat());
    match short(&next) {
        Some(_) => Ok(next),
        None => Err(takes_no_value(flag, attached)),
    }
}

fn takes_no_value(flag: &Flag, attached: &OsStr) -> UsageError {
    let hint = match attached.to_str() {
        Some(text) if hints::is_number(text) => format!(" ({})", hints::port(text)),
        Some(text) if flag.long == "--cgi" && text.starts_with('/') => {
            let list = hints::shell(attached, "LIST");
            format!(" (other places for scripts: --cgi-directories {list})")
        }
        _ => String::new(),
    };
    UsageError::of(
        flag,
        format_args!("takes no value, but got {attached:?}{hint}"),
    )
}

/// What follows an option whose value is attached, and is no argument of its own.
pub fn not_attached(flag: &Flag, value: &OsStr) -> UsageError {
    let shown = hints::shell(value, "VALUE");
    UsageError::of(
        flag,
        format_args!("its value is attached to it ({}={shown})", flag.long),
    )
}

/// An option lacks values; the last one may hold two, a name and its value.
fn too_few(flag: &Flag, given: &[OsString]) -> UsageError {
    let name = if flag.short.is_empty() {
        flag.long
    } else {
        flag.short
    };
    let lacks_one = given.len() + 1 == flag.values.len();
    let pair = given.last().filter(|_| lacks_one);
    let hint = pair.and_then(|pair| {
        let before = [&[name], &flag.values[..given.len() - 1]].concat();
        hints::header(&before.join(" "), pair.to_str()?, "")
    });
    let hint = hint.unwrap_or_else(|| format!("{name} {}", flag.values.join(" ")));
    UsageError::of(
        flag,
        match flag.values.len() {
            1 => format!("expected one argument ({hint})"),
            wanted => format!("expected {wanted} arguments ({hint})"),
        },
    )
}

fn kind(arg: &OsStr) -> Result<ArgKind, UsageError> {
    let bytes = arg.as_bytes();
    if !bytes.starts_with(b"-") || bytes.len() == 1 {
        return Ok(ArgKind::Free);
    }
    if unknown::one_dash(arg) {
        return Ok(ArgKind::Unknown);
    }
    let option = if bytes.starts_with(b"--") {
        long(arg)?
    } else {
        short(arg)
    };
    Ok(match option {
        Some((flag, attached)) => ArgKind::Option(flag, attached),
        // argparse takes these for values, since no option is a number or has a space.
        None if is_negative_number(bytes) || has_space(bytes) => ArgKind::Free,
        None => ArgKind::Unknown,
    })
}

type Matched = Option<(&'static Flag, Option<OsString>)>;

/// `--name`, `--name=value`, and any beginning of a name that no other name has.
fn long(arg: &OsStr) -> Result<Matched, UsageError> {
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
fn short(arg: &OsStr) -> Matched {
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
