//! The option table as text: `--help`, the manual page (roff, man(7)), README's table.

use std::fmt::Write;

use super::flag::{DIRECTORY, Flag, PORT};
use super::flags::{SECTIONS, flags};

/// Widest line of `--help`, in columns.
const WIDTH: usize = 80;
/// Where the explanations start, in columns.
const INDENT: usize = 30;

/// Widest line of the manual page's source, in columns.
const SOURCE_WIDTH: usize = 78;
/// When the table's words were changed last in a way that matters to whoever has the page.
const PAGE_DATE: &str = "2026-11-29";

const ABOUT: &str = "Serves a directory over HTTP/1.1, as python3 -m http.server does.";

const EXIT: [(&str, &str); 4] = [
    (
        "0",
        "ended by a signal, had only to print something, or --check got 2xx",
    ),
    (
        "1",
        "it could not listen, or could not go on, or --check got no 2xx",
    ),
    (
        "2",
        "the arguments are wrong, or the directory cannot be opened",
    ),
    (
        "3",
        "--once, and it was ended before anybody had taken the whole file",
    ),
];

/// Command lines to begin with, as README's tour has them, and what each is for.
const EXAMPLES: [(&str, &str); 5] = [
    ("sprat", "the current directory, on port 8000"),
    ("sprat public", "another directory"),
    ("sprat -b localhost", "for this machine alone"),
    ("sprat -d public 9000", "both a directory and a port"),
    ("sprat -d report.pdf", "this file and nothing else"),
];

const SIGNALS: &str = "SIGINT (Ctrl-C) ends the server at once. SIGTERM lets running responses \
finish for up to 8 seconds (--drain-timeout), while no new connections are accepted; a second \
signal ends it at once. The exit status is 0 for both.";

/// What `--help` prints.
pub fn help() -> String {
    let mut out = usage();
    let _ = write!(out, "\n{ABOUT}\n\nArguments:\n");
    help_entry(&mut out, "  PORT", &PORT);
    help_entry(&mut out, "  DIRECTORY", &DIRECTORY);
    for section in SECTIONS {
        let _ = write!(out, "\n{}:\n", section.title);
        for flag in section.flags {
            let start = match flag.short {
                "" => format!("      {}", synopsis(flag.long, flag)),
                short => format!("  {short}, {}", synopsis(flag.long, flag)),
            };
            help_entry(&mut out, &start, flag);
        }
    }
    out.push_str("\nExamples:\n");
    for (line, meaning) in EXAMPLES {
        let _ = writeln!(out, "  {line:width$}{meaning}", width = INDENT - 2);
    }
    out.push_str("\nExit status:\n");
    for (code, meaning) in EXIT {
        let _ = writeln!(out, "  {code}  {meaning}");
    }
    out
}

fn usage() -> String {
    let start = "usage: sprat";
    let parts = flags().map(|flag| {
        let name = if flag.short.is_empty() {
            flag.long
        } else {
            flag.short
        };
        format!("[{}]", synopsis(name, flag))
    });
    let mut out = String::from(start);
    let mut column = start.len();
    for part in parts.chain(["[PORT | DIRECTORY]".into()]) {
        if column + 1 + part.len() > WIDTH {
            let _ = write!(out, "\n{:width$}", "", width = start.len());
            column = start.len();
        }
        let _ = write!(out, " {part}");
        column += 1 + part.len();
    }
    out.push('\n');
    out
}

/// A name with what its values are called: `--header NAME VALUE`, `--cors[=ORIGIN]`.
fn synopsis(name: &str, flag: &Flag) -> String {
    let between = if flag.may_lack_value() { "" } else { " " };
    [&[name], flag.values].concat().join(between)
}

fn help_entry(out: &mut String, start: &str, flag: &Flag) {
    let text = match flag.default {
        "" => flag.help.to_owned(),
        default => format!("{} (default: {default})", flag.help),
    };
    out.push_str(start);
    let mut column = start.len();
    if column + 2 > INDENT {
        out.push('\n');
        column = 0;
    }
    let _ = write!(out, "{:width$}", "", width = INDENT - column);
    column = INDENT;
    for (number, word) in text.split(' ').enumerate() {
        if column + 1 + word.len() > WIDTH {
            let _ = write!(out, "\n{:INDENT$}", "");
            column = INDENT;
        } else if number > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push('\n');
}

/// What `--man` prints: a manual page for section 1.
pub fn man() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!(".TH SPRAT 1 \"{PAGE_DATE}\" \"sprat {version}\" \"User Commands\"\n");
    let _ = write!(
        out,
        ".SH NAME\nsprat \\- serve a directory over HTTP\n.SH SYNOPSIS\n.B sprat\n"
    );
    for flag in flags() {
        let name = if flag.short.is_empty() {
            flag.long
        } else {
            flag.short
        };
        let _ = writeln!(out, "{}", man_synopsis("[", &[name], flag, "]"));
    }
    let _ = write!(
        out,
        "[\\fIPORT\\fR | \\fIDIRECTORY\\fR]\n.SH DESCRIPTION\n{}\n",
        roff(ABOUT)
    );
    out.push_str(".SH ARGUMENTS\n.TP\n\\fIPORT\\fR\n");
    man_entry(&mut out, &PORT);
    out.push_str(".TP\n\\fIDIRECTORY\\fR\n");
    man_entry(&mut out, &DIRECTORY);
    out.push_str(".SH OPTIONS\n");
    for section in SECTIONS {
        let _ = writeln!(out, ".SS {}", section.title);
        for flag in section.flags {
            let names: Vec<&str> = [flag.short, flag.long]
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect();
            let _ = writeln!(out, ".TP\n{}", man_synopsis("", &names, flag, ""));
            man_entry(&mut out, flag);
        }
    }
    let _ = write!(out, ".SH SIGNALS\n{}\n.SH EXIT STATUS\n", roff(SIGNALS));
    for (code, meaning) in EXIT {
        let _ = writeln!(out, ".TP\n{code}\n{}", roff(meaning));
    }
    out.push_str(".SH EXAMPLES\n");
    for (line, meaning) in EXAMPLES {
        let _ = writeln!(
            out,
            ".TP\n\\fB{}\\fR\n{}",
            roff(line),
            roff(&capitalized(meaning))
        );
    }
    out.push_str(".SH SEE ALSO\n.BR curl (1),\n.BR python3 (1)\n");
    out
}

fn man_synopsis(before: &str, names: &[&str], flag: &Flag, after: &str) -> String {
    let bold = |name: &&str| format!("\\fB{}\\fR", roff(name));
    let names: Vec<String> = names.iter().map(bold).collect();
    let mut out = format!("{before}{}", names.join(", "));
    for value in flag.values {
        let _ = match value.strip_prefix("[=") {
            Some(rest) => {
                let name = rest.trim_end_matches(']');
                write!(out, "[=\\fI{}\\fR]", roff(name))
            }
            None => write!(out, " \\fI{}\\fR", roff(value)),
        };
    }
    out + after
}

fn man_entry(out: &mut String, flag: &Flag) {
    let _ = writeln!(out, "{}.", roff(&capitalized(flag.help)));
    if !flag.default.is_empty() {
        let _ = writeln!(out, "(Default: {})", roff(flag.default));
    }
    if !flag.more.is_empty() {
        let _ = writeln!(out, "{}", roff(flag.more));
    }
}

fn capitalized(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// Text that roff takes literally: no escapes, no requests at the start of a line. Its lines are
/// short, and a sentence begins a new one, as is the custom.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let ends = column > 0 && out.ends_with(['.', ':', '!', '?']);
        if column > 0 && (ends || column + 1 + word.len() > SOURCE_WIDTH) {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        if column == 0 && word.starts_with(['.', '\'']) {
            out.push_str("\\&");
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// What README's tour has to show.
#[cfg(all(test, feature = "cgi"))]
pub fn example_lines() -> impl Iterator<Item = &'static str> {
    EXAMPLES.into_iter().map(|(line, _)| line)
}

/// The table in README.md.
#[cfg(all(test, feature = "cgi"))]
pub fn readme_table() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let row = |names: String, flag: &Flag| {
        let default = match flag.default {
            "" => String::new(),
            words if words.contains(' ') => words.into(),
            value => format!("`{}`", cell(value)),
        };
        format!("| {names} | {default} | {} |\n", cell(flag.help))
    };
    let mut out = String::from("| option | default | what it does |\n| --- | --- | --- |\n");
    out += &row("`PORT`".into(), &PORT);
    out += &row("`DIRECTORY`".into(), &DIRECTORY);
    for flag in flags() {
        let long = format!("`{}`", cell(&synopsis(flag.long, flag)));
        let names = match flag.short {
            "" => long,
            short => format!("`{short}`, {long}"),
        };
        out += &row(names, flag);
    }
    out += "\nExit status:\n\n| status | means |\n| --- | --- |\n";
    for (code, meaning) in EXIT {
        let _ = writeln!(out, "| {code} | {meaning} |");
    }
    out
}
