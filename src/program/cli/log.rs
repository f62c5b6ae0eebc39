//! The options of the log.

use std::path::PathBuf;

use sprat::log::LogFormat;

use super::Config;
use super::flag::{Act, Flag, put};
use super::values::text;

/// How a log may look.
const FORMATS: &[(&str, LogFormat)] = &[
    ("python", LogFormat::Python),
    ("common", LogFormat::Common),
    ("combined", LogFormat::Combined),
    ("json", LogFormat::Json),
];

pub const LOG: &[Flag] = &[
    Flag {
        long: "--quiet",
        short: "-q",
        values: &[],
        default: "",
        help: "log nothing; the startup line is still printed",
        more: "Neither requests nor errors are logged.",
        act: Act::Set(|config, _| put(&mut config.quiet, Ok(true))),
    },
    Flag {
        long: "--log-format",
        short: "",
        values: &["python|common|combined|json"],
        default: "python",
        help: "how the log looks: as Python's, as Apache's common or combined, or a JSON object a \
               line",
        more: "Python's has a line when the status of a response is known, the others when the \
               response is over, with the bytes of its body that were sent. A JSON line has time, \
               peer, method, target, version, status, bytes, taken (of the request's body), \
               ttfb_us, duration_us, end (complete or cut), cause, host, referer, agent, scheme, \
               conn and req; one that tells an error has time, peer, level and message.",
        act: Act::Set(|config, values| {
            let value = text(&values[0])?;
            let known = FORMATS.iter().find(|(name, _)| *name == value);
            let format = known.map(|(_, format)| *format);
            let error = || format!("{value:?} is none of python, common, combined and json");
            put(&mut config.log_format, format.ok_or_else(error))
        }),
    },
    Flag {
        long: "--log-file",
        short: "",
        values: &["PATH"],
        default: "",
        help: "append the log to this file in place of stderr, and open it anew at SIGHUP",
        more: "Errors go there as well. A full disk stops nobody: what it does not take is \
               counted, and told when there is room again. Without a log file SIGHUP ends the \
               program.",
        act: Act::Set(|config, values| {
            if values[0].is_empty() {
                return Err("is empty".into());
            }
            config.log_file = Some(PathBuf::from(&values[0]));
            Ok(())
        }),
    },
];

/// Whether what was said about the log goes together.
pub fn check(config: &Config) -> Result<(), String> {
    if !config.quiet {
        return Ok(());
    }
    let other = match config {
        _ if config.log_file.is_some() => "--log-file",
        _ if config.log_format != LogFormat::Python => "--log-format",
        _ => return Ok(()),
    };
    Err(format!(
        "argument -q/--quiet: nothing is logged then, and {other} has no use (leave one out)"
    ))
}
