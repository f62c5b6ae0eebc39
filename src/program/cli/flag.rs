//! One option: its names, what it takes, what it does; and the arguments without an option.

use std::ffi::OsString;
use std::path::PathBuf;

use super::values::{port, text};
use super::{Config, Show};

/// One option.
pub struct Flag {
    /// The long name with its dashes.
    pub long: &'static str,
    /// The short name with its dash, or nothing.
    pub short: &'static str,
    /// What its values are called. One that is `[=NAME]` may be left out, and is attached.
    pub values: &'static [&'static str],
    /// What holds without it, in words or as a value; empty if that goes without saying.
    pub default: &'static str,
    /// What it does, in a phrase.
    pub help: &'static str,
    /// More about it, in sentences, for the manual page.
    pub more: &'static str,
    /// What it does, in code.
    pub act: Act,
}

/// What an option does. A setter gets as many values as the option takes; one that may be left out
/// is there or not.
#[derive(Clone, Copy)]
pub enum Act {
    /// Prints something and ends.
    Show(Show),
    /// Changes the configuration, or says what is wrong with the values.
    Set(fn(&mut Config, &[OsString]) -> Result<(), String>),
}

/// Options that belong together.
pub struct Section {
    /// What they have in common.
    pub title: &'static str,
    /// The options.
    pub flags: &'static [Flag],
}

impl Flag {
    /// Whether its value may be left out. Then it is given by `=` alone: in `--cors 8000`, 8000 is
    /// the port.
    pub fn may_lack_value(&self) -> bool {
        self.values.iter().any(|value| value.starts_with("[="))
    }

    /// Its names with something between them: `-b/--bind`.
    pub fn names(&self, between: &str) -> String {
        match self.short {
            "" => self.long.into(),
            short => format!("{short}{between}{}", self.long),
        }
    }
}

/// The one argument without an option is a port, if it is a number, or else a directory.
pub static PORT: Flag = Flag {
    long: "PORT",
    short: "",
    values: &["PORT"],
    default: "8000",
    help: "the port to listen on; 0 takes any free one, which the startup line names",
    more: "All addresses have the same one. Unix sockets have none: beside them alone it is an \
           error.",
    act: Act::Set(|config, values| put(&mut config.port, text(&values[0]).and_then(port))),
};

/// See [`PORT`].
pub static DIRECTORY: Flag = Flag {
    long: "DIRECTORY",
    short: "",
    values: &["DIRECTORY"],
    default: "",
    help: "or the directory to serve, on the default port; a number is taken for a port",
    more: "With -d, both can be given, and a directory whose name is a number.",
    act: Act::Set(directory),
};

/// Sets the directory.
pub fn directory(config: &mut Config, values: &[OsString]) -> Result<(), String> {
    if values[0].is_empty() {
        return Err("is empty (this directory is -d .)".into());
    }
    config.directory = PathBuf::from(&values[0]);
    Ok(())
}

/// Sets a place to a value, if there is one.
pub fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}
